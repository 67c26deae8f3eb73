// The machine's clock, only faster: half a minute of silence in a second and a half.
import type { Clock, Timer } from '../../daemon/ports/clock.ts';
import { RealClock } from '../../daemon/system/clock.ts';

export class FastClock implements Clock {
  readonly #real = new RealClock();
  readonly #times: number;

  constructor(times: number) {
    this.#times = times;
  }

  nowMs(): number {
    return this.#real.nowMs();
  }
  nowUs(): number {
    return this.#real.nowUs();
  }
  monotonicMs(): number {
    return this.#real.monotonicMs() * this.#times;
  }
  after(delayMs: number, callback: () => void): Timer {
    return this.#real.after(delayMs / this.#times, callback);
  }
}
