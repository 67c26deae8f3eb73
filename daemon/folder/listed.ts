// A directory as it is on the disk, beside what the index has of it: what has gone, what must be looked at closely, and
// what is left alone and named.
import { type SeenStat, looksSame } from '../core/observation.ts';
import type { DirPath, RelativePath } from '../core/path.ts';
import { type Entry, isLive } from '../core/record.ts';
import type { ListedEntry, Listing } from '../disk/scan.ts';
import type { Row } from '../index/file-state.ts';
import { isOtherwiseHere } from '../index/wanted.ts';
import type { FolderContext } from './context.ts';
import type { Deletions } from './deletions.ts';
import type { Filtering } from './filtering.ts';
import type { Hints } from './hints.ts';
import type { Refused } from './refused.ts';
import type { SkippedPaths } from './skipped.ts';
import type { Unsynced } from './unsynced.ts';

/** So many rows of one directory are found quicker together. */
const MANY_TOLD = 100;

/** What is looked at together is one transaction: few, where they are large, so that an edit does not wait for long. */
const BATCH = 1024;
const LARGE_BATCH = 256;
const LARGE_BATCH_BYTES = 16 << 20;

export interface ListedParts {
  readonly hints: Hints;
  readonly skipped: SkippedPaths;
  readonly deletions: Deletions;
  readonly filtering: Filtering;
  readonly unsynced: Unsynced;
  readonly refused: Refused;
}

/** What a listing shows to be other than the index has it, and how it was listed. */
export interface Different {
  readonly path: RelativePath;
  readonly seen?: SeenStat;
}

/** How many of them, from the first on, are looked at together. */
export function batchOf(different: readonly Different[]): number {
  let [count, bytes] = [0, 0];
  for (const { seen } of different) {
    bytes += seen?.size ?? 0;
    if (count === BATCH || (count >= LARGE_BATCH && bytes > LARGE_BATCH_BYTES)) break;
    count++;
  }
  return count;
}

export class Listed {
  readonly #context: FolderContext;
  readonly #parts: ListedParts;
  readonly #onDirectory: (entry: ListedEntry, row: Row | undefined) => void;

  /** `onDirectory`: it is to be listed too. */
  constructor(
    context: FolderContext,
    parts: ListedParts,
    onDirectory: (entry: ListedEntry, row: Row | undefined) => void,
  ) {
    this.#context = context;
    this.#parts = parts;
    this.#onDirectory = onDirectory;
  }

  /** Answers with what must be looked at closely; what has vanished begins to rest. */
  compare(listing: Listing): Different[] {
    const { skipped, deletions, hints } = this.#parts;
    switch (listing.kind) {
      case 'absent':
        return listing.dir === '' ? [] : [{ path: listing.dir }];
      case 'unknown':
        this.tellSkipped(
          skipped.set(listing.dir === '' ? '.' : listing.dir, listing.code)
            ? [{ path: listing.dir, code: listing.code }]
            : [],
        );
        return [];
      case 'whole': {
        const own = listing.dir === '' ? '.' : listing.dir;
        skipped.comesIntoReach(own);
        if (listing.dir === '' || !(this.waits(listing.dir) || skipped.code(own) === 'E_ROLE')) skipped.clear(own);
        const dirs = listing.entries.filter(({ seen }) => seen.kind === 'dir');
        const there = new Set<string>([...dirs.map(({ path }) => path), ...listing.unknown]);
        const named = listing.skipped.filter(({ path }) => !this.#isIgnored(path as RelativePath, 'file'));
        this.tellSkipped(skipped.replaceIn(listing.dir, named, there, (path) => this.waits(path)));
        const rows = this.#rowsOf(listing);
        const look: Different[] = [];
        for (const entry of listing.entries) {
          const row = rows.get(entry.path);
          rows.delete(entry.path);
          if (row?.keptLocally === true) skipped.set(entry.path, 'E_DIR_KEPT');
          const { kind } = this.#context.filter().decide(entry.path, entry.seen);
          if (kind === 'ignored') {
            if (row !== undefined) look.push(entry);
            continue;
          }
          if (kind === 'passage' && !isLive(row?.record)) {
            // Looked at only where something in it is.
            this.#onDirectory(entry, row);
            continue;
          }
          if (this.#parts.unsynced.stays(row, entry.path, entry.seen))
            this.#parts.unsynced.keep(entry.path, entry.seen);
          else if (!this.#isKnown(row, entry) || hints.isStale(entry.path)) look.push(entry);
          else if (deletions.isPending(entry.path)) deletions.reappeared(entry.path);
          if (entry.seen.kind === 'dir') this.#onDirectory(entry, row);
        }
        // Named, but not to be looked at: nothing is concluded.
        for (const path of listing.unknown) rows.delete(path);
        for (const row of rows.values()) {
          if (this.#isIgnored(row.record.path, row.record.entry.kind)) continue;
          if (isLive(row.record)) deletions.vanished(row);
          else if (row.keptLocally) look.push({ path: row.record.path });
        }
        return look;
      }
    }
  }

  /**
   * What the listing of a directory is to be compared with. Undefined: with all rows here, because more than names and stats
   * decides: what is held or rests may be back as it was, and what peers could not have is read again.
   */
  expectedIn(dir: DirPath): string | undefined {
    const { filtering, deletions, hints } = this.#parts;
    const asRowsSay = filtering.isSettled && deletions.resting === 0 && deletions.hold.held === undefined;
    return asRowsSay && !hints.hasStale ? this.#context.index.expectedIn(dir) : undefined;
  }

  /** What the index has of what is told. */
  #rowsOf({ dir, entries, gone }: Extract<Listing, { kind: 'whole' }>): Map<RelativePath, Row> {
    const { index } = this.#context;
    const told = gone === undefined ? undefined : new Set([...entries.map(({ path }) => path), ...gone]);
    if (told !== undefined && told.size < MANY_TOLD) return index.rows(told);
    const rows = index.children(dir).filter(({ record }) => told?.has(record.path) !== false);
    return new Map(rows.map((row) => [row.record.path, row]));
  }

  #isIgnored(path: RelativePath, kind: Entry['kind']): boolean {
    return this.#context.filter().decide(path, { kind: kind === 'absent' ? undefined : kind }).kind === 'ignored';
  }

  /** What is to be there or gone cannot be so yet: it stays named, however well the path itself can be read. */
  waits(path: RelativePath, row = this.#context.index.row(path)): boolean {
    const { index } = this.#context;
    const want = index.wanted(path);
    if (this.#parts.filtering.isRefused(path)) return true;
    if (this.#parts.refused.has(path)) return true;
    if (row?.keptLocally === true) return true;
    return want !== undefined && (want.why === 'skipped' || want.again || isOtherwiseHere(want));
  }

  #isKnown(row: Row | undefined, entry: ListedEntry): boolean {
    return row !== undefined && isLive(row.record) && !row.racy && looksSame(row.seen, entry.seen);
  }

  tellSkipped(found: readonly { readonly path: string; readonly code: string }[]): void {
    for (const { path, code } of found.slice(0, 20)) this.#context.log.warn('left alone', { path, code });
    if (found.length > 20) this.#context.log.warn(`and ${found.length - 20} more in this directory`);
  }
}
