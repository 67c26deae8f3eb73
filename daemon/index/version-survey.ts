// Which of the kept versions are known, old, crowded on one path, or below a directory: what finding, letting go and
// restoring ask.
import type Database from 'better-sqlite3';
import type { VersionId } from '../core/ids.ts';
import type { DirPath, RelativePath } from '../core/path.ts';
import { keysBelow } from './paging.ts';
import { lazily } from '../core/lazily.ts';

/** A version that may be let go. */
export interface OldVersion {
  readonly id: VersionId;
  readonly storedAs: string;
  readonly sizeBytes: number;
}

/** How many versions, and what they hold together. */
export interface Taken {
  readonly count: number;
  readonly bytes: number;
}

/** Runs a question; failures of the database become coded ones. */
type Ask = <T>(question: () => T) => T;

export class VersionSurvey {
  readonly #ask: Ask;
  readonly #statements;

  constructor(db: Database.Database, ask: Ask) {
    this.#ask = ask;
    this.#statements = lazily({
      has: () => db.prepare<[VersionId], 1>('SELECT 1 FROM version WHERE id = ?').pluck(),
      between: () =>
        db.prepare<[number, number, number], OldVersion>(`SELECT id, storedAs, sizeBytes FROM version
      WHERE replacedMs >= ? AND replacedMs < ? ORDER BY replacedMs LIMIT ? + 0`),
      crowded: () =>
        db
          .prepare<[string, number, number], RelativePath>(
            // In the order of the index by path: it stops at the limit.
            `SELECT path FROM version WHERE path > ? AND replacedMs <= ? GROUP BY path HAVING count(*) > 1
        ORDER BY path LIMIT ? + 0`,
          )
          .pluck(),
      ofPath: () =>
        db.prepare<[RelativePath, number, number], Taken>(
          `SELECT count(*) AS count, total(sizeBytes) AS bytes FROM
        (SELECT sizeBytes FROM version WHERE path = ? AND replacedMs > ? ORDER BY replacedMs DESC LIMIT ? + 0)`,
        ),
      below: () =>
        db
          .prepare<[string, string | Buffer, number, string, number], RelativePath>(
            `SELECT DISTINCT path FROM version WHERE path >= ? AND path < ? AND replacedMs > ? AND path > ?
        ORDER BY path LIMIT ? + 0`,
          )
          .pluck(),
    });
  }

  has(id: VersionId): boolean {
    return this.#ask(() => this.#statements.has.get(id) !== undefined);
  }

  /** Replaced from `sinceMs` on and before `beforeMs`, oldest first. */
  between(sinceMs: number, beforeMs: number, limit: number): OldVersion[] {
    return this.#ask(() => this.#statements.between.all(sinceMs, beforeMs, limit));
  }

  /** Paths behind `after`, in order, that have more than one version that was replaced up to this time. */
  crowded(untilMs: number, after: string, limit: number): RelativePath[] {
    return this.#ask(() => this.#statements.crowded.all(after, untilMs, limit));
  }

  /** What is kept of one path that was replaced after this time: the last `limit` versions. */
  ofPath(path: RelativePath, replacedAfterMs: number, limit: number): Taken {
    return this.#ask(() => this.#statements.ofPath.get(path, replacedAfterMs, limit)) ?? { count: 0, bytes: 0 };
  }

  /** Paths below a directory, behind `after`, in order, of which something is kept that was replaced after this time. */
  below(dir: DirPath, replacedAfterMs: number, after: string, limit: number): RelativePath[] {
    const { from, to } = keysBelow(dir);
    return this.#ask(() => this.#statements.below.all(from, to, replacedAfterMs, after, limit));
  }
}
