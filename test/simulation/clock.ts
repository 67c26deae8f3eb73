// Time that passes only when a test says so. Timers fire in the order of their time, then of their setting.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../../daemon/ports/clock.ts';

/** 2026-01-01T00:00:00Z: later than every made-up time in tests, earlier than the present. */
const START_MS = Date.UTC(2026, 0, 1);

interface Waiting {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class SimulatedClock implements Clock {
  #elapsedMs = 0;
  #wallMs: number;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(startMs: number = START_MS) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return Math.trunc(this.#wallMs + this.#elapsedMs);
  }

  nowUs(): number {
    return Math.round((this.#wallMs + this.#elapsedMs) * 1000);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const waiting: Waiting = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#waiting.add(waiting);
    return { cancel: () => void this.#waiting.delete(waiting) };
  }

  /** Sets the wall clock forwards or backwards; durations and timers do not notice. */
  jump(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** How many timers are set. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the next timer is due, in the time of `monotonicMs`. */
  get nextDueMs(): number | undefined {
    return this.#next()?.dueMs;
  }

  /** Goes on to the next timer and fires it. False when there is none, or none up to `limitMs`. */
  fireNext(limitMs: number = Number.POSITIVE_INFINITY): boolean {
    const next = this.#next();
    if (next === undefined || next.dueMs > limitMs) return false;
    this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
    this.#waiting.delete(next);
    next.callback();
    return true;
  }

  /**
   * Lets time pass, or as much of it as goes by until `enough` says so. After each timer all promises that can settle do
   * so before time goes on.
   */
  async advance(byMs: number, enough: () => boolean = () => false): Promise<void> {
    const until = this.#elapsedMs + byMs;
    await turn();
    while (!enough()) {
      if (!this.fireNext(until)) {
        this.#elapsedMs = until;
        return;
      }
      await turn();
    }
  }

  #next(): Waiting | undefined {
    let first: Waiting | undefined;
    for (const one of this.#waiting)
      if (first === undefined || one.dueMs < first.dueMs || (one.dueMs === first.dueMs && one.order < first.order))
        first = one;
    return first;
  }
}
