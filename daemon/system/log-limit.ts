// How often the log says the same: a few times at once, then once a second for each cause (I10), with the number of those
// that were left out. A cause is a message and whom it is about, so that what one peer does hides nothing of another.
import type { LogFields } from '../ports/log.ts';
import type { LogLevel } from './log-record.ts';

const EVERY_MS = 1_000;
const AT_ONCE = 10;
/** Changes of files come in batches of this many lines: see folder/chronicle.ts. */
const CHANGES_AT_ONCE = 100;
/** Causes that are remembered; of more, the one that has been quiet for longest is forgotten. */
const MAX_CAUSES = 1_000;

interface Cause {
  readonly atOnce: number;
  /** Lines that may be written now. */
  left: number;
  sinceMs: number;
  leftOut: number;
}

export class LogLimit {
  /** The one that was heard of last at the end. */
  readonly #causes = new Map<string, Cause>();

  /**
   * Whether this record is to be written.
   * @param nowMs monotonic
   * @returns undefined: it is left out. Else how many like it were left out since the last that was written.
   */
  admit(level: LogLevel, message: string, fields: LogFields, nowMs: number): number | undefined {
    const cause = this.#causeOf(level, message, fields, nowMs);
    const earned = Math.floor(Math.max(0, nowMs - cause.sinceMs) / EVERY_MS);
    cause.left = Math.min(cause.atOnce, cause.left + earned);
    cause.sinceMs = cause.left === cause.atOnce ? nowMs : cause.sinceMs + earned * EVERY_MS;
    if (cause.left === 0) {
      cause.leftOut++;
      return undefined;
    }
    cause.left--;
    const { leftOut } = cause;
    cause.leftOut = 0;
    return leftOut;
  }

  #causeOf(level: LogLevel, message: string, fields: LogFields, nowMs: number): Cause {
    // What a peer may choose is no part of it: it would be another cause each time.
    const key = JSON.stringify([level, message, fields['peer'] ?? fields['folder'] ?? null]);
    const atOnce = level === 'info' && 'path' in fields ? CHANGES_AT_ONCE : AT_ONCE;
    const cause = this.#causes.get(key) ?? { atOnce, left: atOnce, sinceMs: nowMs, leftOut: 0 };
    this.#causes.delete(key);
    this.#causes.set(key, cause);
    const [quietest] = this.#causes.keys();
    if (this.#causes.size > MAX_CAUSES && quietest !== undefined) this.#causes.delete(quietest);
    return cause;
  }
}
