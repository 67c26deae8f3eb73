// What `syncctl doctor` wants to know of a whole index. Each question reads every row: asked rarely, and by people.
import type Database from 'better-sqlite3';
import type { RelativePath } from '../core/path.ts';
import { lazily } from '../core/lazily.ts';

export interface Surveyed {
  readonly directories: number;
  /** Databases that a program has open: their log lies beside them. The first few. */
  readonly openDatabases: readonly RelativePath[];
  /** Made by a clock that was more than an hour ahead of ours. The first few. */
  readonly fromTheFuture: readonly RelativePath[];
}

const FEW = 10;
const AHEAD_MS = 60 * 60 * 1000;

export class Survey {
  readonly #statements;

  constructor(db: Database.Database) {
    // SQLite names the log of a database so while somebody has it open (sqlite.org, Write-Ahead Logging).
    this.#statements = lazily({
      directories: () => db.prepare<[], number>("SELECT count(*) FROM file_state WHERE kind = 'dir'").pluck(),
      openDatabases: () =>
        db
          .prepare<[number], RelativePath>(
            "SELECT path FROM file_state WHERE kind = 'file' AND substr(path, -4) = '-wal' AND size > 0 LIMIT ? + 0",
          )
          .pluck(),
      stampedAfter: () =>
        db
          .prepare<[number, number], RelativePath>(
            "SELECT path FROM file_state WHERE stamp > ? AND kind != 'absent' LIMIT ? + 0",
          )
          .pluck(),
    });
  }

  of(nowMs: number): Surveyed {
    return {
      directories: this.#statements.directories.get() ?? 0,
      openDatabases: this.#statements.openDatabases.all(FEW),
      fromTheFuture: this.#statements.stampedAfter.all(nowMs + AHEAD_MS, FEW),
    };
  }
}
