// The machine's clocks and timers.
import type { Clock, Timer } from '../ports/clock.ts';

/** Node calls back at once for anything longer than it can count: 24.8 days. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** A millisecond more is nothing to a timeout of this many, and saves the process from waking twice for it. */
const LONG_MS = 200;

export class RealClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  nowUs(): number {
    return Date.now() * 1000;
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(delayMs: number, callback: () => void): Timer {
    const dueMs = this.monotonicMs() + delayMs;
    let timeout: NodeJS.Timeout;
    const wait = (remainingMs: number): void => {
      const spareMs = remainingMs >= LONG_MS ? 1 : 0;
      timeout = setTimeout(arrived, Math.min(Math.ceil(remainingMs) + spareMs, LONGEST_TIMEOUT_MS));
      timeout.unref();
    };
    // A timeout may come part of a millisecond early, and one that was cut short comes far too early.
    const arrived = (): void => {
      const remainingMs = dueMs - this.monotonicMs();
      if (remainingMs > 0) wait(remainingMs);
      else callback();
    };
    wait(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(timeout) };
  }
}
