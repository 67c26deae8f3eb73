// All content that goes through this device, both ways: one place, because limits hold over all folders and peers together.
import type { Clock } from '../ports/clock.ts';
import { type TrafficSettings, Turns } from './turns.ts';

export class Traffic {
  /** What peers ask for here. */
  readonly up: Turns;
  /** What is asked of peers: what comes is limited by asking for no more. */
  readonly down: Turns;

  constructor(clock: Clock) {
    this.up = new Turns(clock, 'up');
    this.down = new Turns(clock, 'down');
  }

  configure(settings: TrafficSettings): void {
    this.up.configure(settings);
    this.down.configure(settings);
  }
}
