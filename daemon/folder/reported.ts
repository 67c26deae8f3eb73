// Whether the watcher has told of all that was changed before a time, and whether that has been looked at: a watcher that is
// behind tells late of where a file is now.
import type { Clock } from '../ports/clock.ts';
import type { Hints } from './hints.ts';
import type { Watching } from './watching.ts';

export class Reported {
  readonly #clock: Clock;
  readonly #hints: Hints;
  readonly #watching: Pick<Watching, 'settled'>;
  readonly #wake: () => void;
  #asking = false;
  /** What was changed before `ms` is among the first `marked` hints. */
  #last = { ms: Number.NEGATIVE_INFINITY, marked: 0 };

  /** @param wake the watcher has answered */
  constructor(clock: Clock, hints: Hints, watching: Pick<Watching, 'settled'>, wake: () => void) {
    this.#clock = clock;
    this.#hints = hints;
    this.#watching = watching;
    this.#wake = wake;
  }

  /** All that was changed before this was told of: monotonic ms. */
  get toldMs(): number {
    return this.#last.ms;
  }

  /** All that was changed before this was told of and looked at: monotonic ms. */
  get untilMs(): number {
    const { taken, areListings } = this.#hints;
    return taken >= this.#last.marked && !areListings ? this.#last.ms : Number.NEGATIVE_INFINITY;
  }

  /** Asks the watcher, one question at a time. */
  ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    const ms = this.#clock.monotonicMs();
    const answered = (): void => {
      this.#last = { ms, marked: this.#hints.marked };
      this.#asking = false;
      this.#wake();
    };
    // A watcher that is being closed has nothing more to tell; another one begins with a scan.
    this.#watching.settled().then(answered, answered);
  }
}
