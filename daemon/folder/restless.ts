// Files that do not rest: those that change while they are read, and those that somebody has just emptied to write them
// anew. They are looked at again, with growing pauses; what never rests is taken as it was at one moment after 30 s.
import type { RelativePath } from '../core/path.ts';
import type { Entry } from '../core/record.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hints } from './hints.ts';
import type { SkippedPaths } from './skipped.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** An emptied file is believed when it has been empty for so long. */
const EMPTY_REST_MS = 2_000;
/** From then on one consistent read up to the size at open counts. */
const GROWING_AFTER_MS = 30_000;
/** From then on status says so. */
const SAY_AFTER_MS = 5_000;
const MAX_TRACKED = 10_000;

export class Restless {
  readonly #clock: Clock;
  readonly #since = new Map<RelativePath, { sinceMs: number; pauseMs: number }>();
  readonly #emptied = new Map<RelativePath, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isGrowing(path: RelativePath): boolean {
    const known = this.#since.get(path);
    return known !== undefined && this.#clock.monotonicMs() - known.sinceMs > GROWING_AFTER_MS;
  }

  /** It was read whole, or is gone. */
  forget(path: RelativePath): void {
    this.#since.delete(path);
  }

  lookAgain(path: RelativePath, hints: Hints, skipped: SkippedPaths): void {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#since.get(path) ?? { sinceMs: nowMs, pauseMs: FIRST_PAUSE_MS };
    if (this.#since.size < MAX_TRACKED || this.#since.has(path))
      this.#since.set(path, { ...known, pauseMs: Math.min(known.pauseMs * 2, LONGEST_PAUSE_MS) });
    if (nowMs - known.sinceMs > SAY_AFTER_MS) skipped.set(path, 'E_CHANGING');
    hints.addLater(path, nowMs + known.pauseMs);
  }

  /** True while a file that had content and is now empty has not been so for long: most are about to be written. */
  mustRest(path: RelativePath, before: Entry | undefined, after: Entry, hints: Hints): boolean {
    const emptied = before?.kind === 'file' && before.size > 0 && after.kind === 'file' && after.size === 0;
    if (!emptied) {
      this.#emptied.delete(path);
      return false;
    }
    const nowMs = this.#clock.monotonicMs();
    const since = this.#emptied.get(path) ?? nowMs;
    if (nowMs - since >= EMPTY_REST_MS || this.#emptied.size >= MAX_TRACKED) {
      this.#emptied.delete(path);
      return false;
    }
    this.#emptied.set(path, since);
    hints.addLater(path, since + EMPTY_REST_MS);
    return true;
  }
}
