// Who waits for this folder to be in sync. They are answered between two turns of the loop, when nothing is half done.
import type { Clock } from '../ports/clock.ts';
import type { WaitResult } from './view.ts';
import type { WaitNow } from './waiting.ts';

interface Waiter {
  /** Set when all that was written before `wait` was called has been marked. */
  ready: boolean;
  answer(result: WaitResult): void;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * @param marked resolves when what was written before is marked
   * @param late what to say when the time is over, and whether all of it was marked by then
   */
  wait(
    marked: Promise<void>,
    timeoutMs: number,
    signal: AbortSignal,
    late: (isMarked: boolean) => WaitResult,
  ): Promise<WaitResult> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(waiter);
        timer.cancel();
        signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        ready: false,
        answer: (result) => {
          end();
          resolve(result);
        },
      };
      const abort = (): void => {
        end();
        resolve({ kind: 'not in time', why: 'E_TIMEOUT', message: 'nobody waits any more' });
      };
      const timer = this.#clock.after(timeoutMs, () => waiter.answer(late(waiter.ready)));
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
      marked.then(
        () => {
          waiter.ready = true;
          this.#wake();
        },
        (error: unknown) => {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
      this.#wake();
      if (signal.aborted) abort();
    });
  }

  /** Answers those for whom the time has come. */
  check(standing: () => WaitNow): void {
    if (this.#waiting.size === 0) return;
    const now = standing();
    for (const waiter of [...this.#waiting]) {
      if (now.kind === 'needs attention') waiter.answer(now);
      else if (now.kind === 'in sync' && waiter.ready) waiter.answer(now);
    }
  }
}
