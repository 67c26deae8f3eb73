// What is on the disk below a directory, as far as a deletion asks: without reading the rows whole.
import type Database from 'better-sqlite3';
import { lazily } from '../core/lazily.ts';
import type { DirPath, RelativePath } from '../core/path.ts';
import { type KeyRange, PAGE_ROWS, keysBelow, paged } from './paging.ts';
import { parseStatText } from './rows.ts';

/** A file of one name alone, as lstat last showed it. */
export interface FileInode {
  readonly path: RelativePath;
  readonly ino: bigint;
}

export interface CountedBelow {
  readonly files: number;
  readonly entries: number;
}

const ON_THE_DISK = `FROM file_state WHERE path > ? AND path < ? AND kind <> 'absent' AND seen IS NOT NULL`;

export class Below {
  readonly #ask: <T>(question: () => T) => T;
  readonly #statements;

  /** `ask` runs a question and gives its failure a code. */
  constructor(db: Database.Database, ask: <T>(question: () => T) => T) {
    this.#ask = ask;
    this.#statements = lazily({
      files: () =>
        db.prepare<[KeyRange['from'], KeyRange['to'], number], { path: RelativePath; seen: string }>(
          `SELECT path, seen ${ON_THE_DISK} AND kind = 'file' ORDER BY path LIMIT ? + 0`,
        ),
      counts: () =>
        db.prepare<[KeyRange['from'], KeyRange['to']], CountedBelow>(
          `SELECT count(*) AS entries, count(iif(kind = 'file', 1, NULL)) AS files ${ON_THE_DISK}`,
        ),
    });
  }

  /** Files of one name alone: all that a move of the directory is known by. Commits may happen between two steps. */
  *inodes(dir: DirPath): Generator<FileInode> {
    const page = ({ from, to }: KeyRange) => this.#ask(() => this.#statements.files.all(from, to, PAGE_ROWS));
    for (const { path, seen } of paged(keysBelow(dir), page, (row) => row.path)) {
      const stat = parseStatText(seen);
      if (stat?.kind === 'file' && stat.nlink === 1) yield { path, ino: stat.ino };
    }
  }

  /** How much of what lives there is on the disk. */
  count(dir: DirPath): CountedBelow {
    const { from, to } = keysBelow(dir);
    return this.#ask(() => this.#statements.counts.get(from, to)) ?? { files: 0, entries: 0 };
  }
}
