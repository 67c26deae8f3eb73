// What has vanished from the disk rests here before it is believed: a move, an editor or a mass deletion is so seen whole.
import type { RelativePath } from '../core/path.ts';
import type { FileInode } from '../index/below.ts';
import type { Row } from '../index/file-state.ts';
import type { Reported } from './reported.ts';

/** A deletion is believed when nothing more has vanished for so long … */
export const REST_MS = 250;
/** … or, each by itself, when nothing was told of it for so long: what is renamed to and fro all the time is told of again. */
export const REST_AT_MOST_MS = 2000;
/** What a move has brought elsewhere may take long to read. A scan that takes longer than this is not waited for. */
const SCAN_AT_MOST_MS = 10 * 60 * 1000;
/** Of so many at once the watcher is asked whether it has told of all: it may be behind with where they are now. */
const MANY = 64;
/** What is found gone again and again, by a watcher that cannot answer, does not rest longer than this. */
const ASKED_AT_MOST_MS = 5000;
/** Files that a move is recognised for; of more, the rest are deletions and creations of the same content. */
const MAX_INODES = 100_000;

export interface Rested {
  readonly rows: ReadonlyMap<RelativePath, Row>;
  /** In directories among them, as far as they were looked through. */
  readonly inConflict: ReadonlyMap<RelativePath, Row>;
}

interface Gone {
  readonly row: Row;
  /** When it was first found to be gone, and last. */
  readonly sinceMs: number;
  readonly atMs: number;
  /** So many hints there had been until then. */
  readonly marked: number;
}

export class Vanished {
  /** The one that nothing was told of for the longest time first. */
  readonly #paths = new Map<RelativePath, Gone>();
  readonly #byInode = new Map<bigint, RelativePath>();
  /** What was in a conflict when a directory above it vanished. */
  readonly #inConflict = new Map<RelativePath, Row>();
  /** When something vanished first, and last. */
  #firstMs = 0;
  #lastMs = 0;
  /** When any of them was found to be gone, also once more. */
  #foundMs = 0;
  readonly #reported: Reported;

  constructor(reported: Reported) {
    this.#reported = reported;
  }

  get size(): number {
    return this.#paths.size;
  }

  has(path: RelativePath): boolean {
    return this.#paths.has(path);
  }

  /**
   * For a directory, `files` are those that the index has in it, and `inConflict` what in it is in a conflict.
   * @param now.marked so many hints there have been
   */
  add(
    row: Row,
    files: Iterable<FileInode>,
    inConflict: Iterable<Row>,
    { nowMs, marked }: { readonly nowMs: number; readonly marked: number },
  ): void {
    const { path } = row.record;
    this.#foundMs = nowMs;
    const known = this.#paths.get(path);
    if (known !== undefined) {
      this.#paths.delete(path);
      this.#paths.set(path, { ...known, atMs: nowMs });
      return;
    }
    if (this.#paths.size === 0) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    this.#paths.set(path, { row, sinceMs: nowMs, atMs: nowMs, marked });
    for (const one of inConflict) this.#inConflict.set(one.record.path, one);
    if (row.seen?.kind === 'file' && row.seen.nlink === 1) this.#byInode.set(row.seen.ino, path);
    for (const { path: file, ino } of files) {
      if (this.#byInode.size >= MAX_INODES) break;
      this.#byInode.set(ino, file);
    }
  }

  /** It is there again. */
  remove(path: RelativePath): void {
    const gone = this.#paths.get(path);
    if (gone?.row.seen !== undefined) this.#byInode.delete(gone.row.seen.ino);
    this.#paths.delete(path);
  }

  /** Where the vanished file was that had this inode: the same one, if its content is the same too. */
  byInode(inode: bigint): RelativePath | undefined {
    return this.#byInode.get(inode);
  }

  /** When the next ones may be believed, on the monotonic clock; undefined also where the watcher's answer comes first. */
  get dueMs(): number | undefined {
    const untilMs = this.#restsUntilMs;
    if (untilMs === undefined || this.#paths.size < MANY) return untilMs;
    return this.#foundMs > this.#reported.untilMs ? undefined : Math.max(untilMs, this.#foundMs + REST_MS);
  }

  get #restsUntilMs(): number | undefined {
    const [longest] = this.#paths.values();
    return longest && Math.min(this.#lastMs + REST_MS, longest.atMs + REST_AT_MOST_MS);
  }

  /**
   * Takes those that have rested: as they were when they vanished.
   * @param looked so many of the hints have been looked at: what moved somewhere else was marked there as well
   */
  take(nowMs: number, scanning: boolean, looked: number): Rested {
    const rows = new Map<RelativePath, Row>();
    const areMany = this.#paths.size >= MANY;
    if (areMany && this.#foundMs > this.#reported.toldMs) this.#reported.ask();
    const untilMs = this.#restsUntilMs;
    const mustRest = untilMs === undefined || nowMs < untilMs || (scanning && nowMs - this.#firstMs < SCAN_AT_MOST_MS);
    if (mustRest) return { rows, inConflict: new Map() };
    const allRest = nowMs >= this.#lastMs + REST_MS;
    const toldMs = this.#reported.untilMs;
    for (const [path, gone] of this.#paths) {
      const hasRested = allRest || nowMs >= gone.atMs + REST_AT_MOST_MS;
      if (gone.marked > looked || !hasRested || (areMany && !isToldOf(gone, toldMs, nowMs))) continue;
      rows.set(path, gone.row);
    }
    const rested = { rows, inConflict: new Map(this.#inConflict) };
    if (rows.size < this.#paths.size) {
      for (const path of rows.keys()) this.remove(path);
      if (rows.size > 0) this.#firstMs = nowMs;
      return rested;
    }
    this.#paths.clear();
    this.#byInode.clear();
    this.#inConflict.clear();
    return rested;
  }
}

/** Whether the watcher, which has told of all before `toldMs`, has told where it is now, were it anywhere. */
function isToldOf({ sinceMs, atMs }: Gone, toldMs: number, nowMs: number): boolean {
  if (atMs <= toldMs && nowMs >= atMs + REST_MS) return true;
  return sinceMs <= toldMs && nowMs >= sinceMs + ASKED_AT_MOST_MS;
}
