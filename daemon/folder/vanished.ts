// What has vanished from the disk rests here before it is believed: a move, an editor or a mass deletion is so seen whole.
import type { RelativePath } from '../core/path.ts';
import type { FileInode } from '../index/below.ts';
import type { Row } from '../index/file-state.ts';

/** A deletion is believed when nothing more has vanished for so long … */
export const REST_MS = 250;
/** … or after this at the latest. */
export const REST_AT_MOST_MS = 2000;
/** What a move has brought elsewhere may take long to read. A scan that takes longer than this is not waited for. */
const SCAN_AT_MOST_MS = 10 * 60 * 1000;
/** Files that a move is recognised for; of more, the rest are deletions and creations of the same content. */
const MAX_INODES = 100_000;

export interface Rested {
  readonly rows: ReadonlyMap<RelativePath, Row>;
  /** In directories among them, as far as they were looked through. */
  readonly inConflict: ReadonlyMap<RelativePath, Row>;
}

export class Vanished {
  readonly #paths = new Map<RelativePath, Row>();
  readonly #byInode = new Map<bigint, RelativePath>();
  /** What was in a conflict when a directory above it vanished. */
  readonly #inConflict = new Map<RelativePath, Row>();
  #firstMs = 0;
  #lastMs = 0;

  get size(): number {
    return this.#paths.size;
  }

  has(path: RelativePath): boolean {
    return this.#paths.has(path);
  }

  /** For a directory, `files` are those that the index has in it, and `inConflict` what in it is in a conflict. */
  add(row: Row, files: Iterable<FileInode>, inConflict: Iterable<Row>, nowMs: number): void {
    const { path } = row.record;
    if (this.#paths.has(path)) return;
    if (this.#paths.size === 0) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    this.#paths.set(path, row);
    for (const one of inConflict) this.#inConflict.set(one.record.path, one);
    if (row.seen?.kind === 'file' && row.seen.nlink === 1) this.#byInode.set(row.seen.ino, path);
    for (const { path: file, ino } of files) {
      if (this.#byInode.size >= MAX_INODES) break;
      this.#byInode.set(ino, file);
    }
  }

  /** It is there again. */
  remove(path: RelativePath): void {
    const row = this.#paths.get(path);
    if (row?.seen !== undefined) this.#byInode.delete(row.seen.ino);
    this.#paths.delete(path);
  }

  /** Where the vanished file was that had this inode: the same one, if its content is the same too. */
  byInode(inode: bigint): RelativePath | undefined {
    return this.#byInode.get(inode);
  }

  /** When the present ones may be believed, on the monotonic clock. */
  get dueMs(): number | undefined {
    return this.#paths.size === 0 ? undefined : Math.min(this.#lastMs + REST_MS, this.#firstMs + REST_AT_MOST_MS);
  }

  /** Takes all, when they have rested: as they were when they vanished. */
  take(nowMs: number, scanning: boolean): Rested {
    const due = this.dueMs;
    const mustRest = due === undefined || nowMs < due || (scanning && nowMs - this.#firstMs < SCAN_AT_MOST_MS);
    if (mustRest) return { rows: new Map(), inConflict: new Map() };
    const rested = { rows: new Map(this.#paths), inConflict: new Map(this.#inConflict) };
    this.#paths.clear();
    this.#byInode.clear();
    this.#inConflict.clear();
    return rested;
  }
}
