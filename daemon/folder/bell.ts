// What wakes a folder's loop: rung as often as anybody likes, heard once.
import type { Clock } from '../ports/clock.ts';

export class Bell {
  readonly #clock: Clock;
  #rung = false;
  #hear: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung = true;
    this.#hear?.();
  }

  /** Resolves when it is rung, or was since the last time, or after `atMostMs`. */
  async heard(atMostMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(atMostMs, resolve);
        this.#hear = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#hear = undefined;
    this.#rung = false;
  }
}
