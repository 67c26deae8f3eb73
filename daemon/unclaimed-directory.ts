// Compares a directory that is no folder yet with a digest. Workers do it in small pieces, so that running folders are not
// kept waiting; only what both sides have is read.
import { type Compared, Comparison, type FolderDigest } from './core/digest.ts';
import type { DirPath, RelativePath } from './core/path.ts';
import type { FilterSettings } from './core/settings.ts';
import { isAbsent } from './disk/errno.ts';
import { type UnclaimedRef, listUnclaimed, readUnclaimed } from './disk/unclaimed.ts';
import { hashText } from './disk/versions.ts';
import type { Clock } from './ports/clock.ts';
import type { Workers } from './ports/workers.ts';
import { UnclaimedFilter } from './unclaimed-filter.ts';

export interface Bounds {
  readonly maxEntries: number;
  readonly maxMs: number;
}

/** How much may still be looked at, and until when. */
export class Allowance {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #deadlineMs: number;
  #entries: number;

  constructor(clock: Clock, bounds: Bounds, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#deadlineMs = clock.monotonicMs() + bounds.maxMs;
    this.#entries = bounds.maxEntries;
  }

  get entries(): number {
    return this.#entries;
  }

  /** False when that is too much, or too late. */
  take(entries: number): boolean {
    this.#entries -= entries;
    return this.#entries >= 0 && !this.#signal.aborted && this.#clock.monotonicMs() < this.#deadlineMs;
  }
}

const JOB_DIRS = 64;
const JOB_FILES = 256;
const JOB_BYTES = 64 << 20;
/** A job cannot be ended early: this is a second of a fast disk, and ten of a slow one. */
const MAX_FILE_BYTES = 1 << 30;

/** Nothing is there that could be sent, or the directory itself is not there. */
export async function isEmptyDirectory(workers: Workers, root: string): Promise<boolean> {
  try {
    const tree: UnclaimedRef = { root, boundaries: [] };
    const [listing] = (await workers.run(listUnclaimed, { tree, dirs: [''], maxEntries: 0 })) ?? [];
    return listing?.kind === 'whole';
  } catch (error) {
    return isAbsent(error);
  }
}

/** Undefined where there is more than may be looked at. `filtered`: something is ignored here. Rejects with the error of a root that cannot be opened. */
export async function compareDirectory(
  workers: Workers,
  root: string,
  theirs: FolderDigest,
  settings: FilterSettings,
  allowance: Allowance,
): Promise<(Compared & { readonly filtered: boolean }) | undefined> {
  const comparison = new Comparison(theirs, hashText);
  const found = await findBoth(workers, root, comparison, settings, allowance);
  if (found === undefined) return undefined;
  for (const files of pieces(found.both)) {
    if (!allowance.take(0)) return undefined;
    const paths = files.map(({ path }) => path);
    const observations = await workers.run(readUnclaimed, { tree: found.tree, paths });
    for (const [i, observation] of observations.entries()) {
      const path = paths[i];
      if (path === undefined || observation.kind === 'absent') continue;
      if (observation.kind !== 'present') comparison.addUnread();
      else if (observation.entry.kind !== 'dir') comparison.add(path, observation.entry);
    }
  }
  return { ...comparison.result, filtered: found.filtered };
}

interface SizedPath {
  readonly path: RelativePath;
  readonly size: number;
}

/** Counts what is only here, and answers with what is on both sides. */
async function findBoth(
  workers: Workers,
  root: string,
  comparison: Comparison,
  settings: FilterSettings,
  allowance: Allowance,
): Promise<
  { readonly tree: UnclaimedRef; readonly both: readonly SizedPath[]; readonly filtered: boolean } | undefined
> {
  const both: SizedPath[] = [];
  const boundaries: RelativePath[] = [];
  const tree: UnclaimedRef = { root, boundaries };
  const filter = new UnclaimedFilter(workers, tree, settings);
  const waiting: DirPath[] = [''];
  while (waiting.length > 0) {
    const asked = { tree, dirs: waiting.splice(-JOB_DIRS), maxEntries: allowance.entries };
    const listings = await workers.run(listUnclaimed, asked);
    // What cannot be listed cannot be synced either.
    const decided = listings === undefined ? undefined : await filter.decide(listings);
    if (decided === undefined || !allowance.take(decided.length)) return undefined;
    for (const [{ path, seen, boundary }, decision] of decided) {
      if (decision === 'ignored') {
        comparison.addIgnored(path);
        continue;
      }
      if (boundary) boundaries.push(path);
      if (seen.kind === 'dir') waiting.push(path);
      else if (!comparison.has(path)) comparison.addOnlyHere();
      else if (seen.size > MAX_FILE_BYTES) return undefined;
      else both.push({ path, size: seen.size });
    }
  }
  return { tree, both, filtered: !filter.isOpen };
}

function* pieces(files: readonly SizedPath[]): Generator<readonly SizedPath[]> {
  let piece: SizedPath[] = [];
  let bytes = 0;
  for (const file of files) {
    piece.push(file);
    bytes += file.size;
    if (piece.length < JOB_FILES && bytes < JOB_BYTES) continue;
    yield piece;
    piece = [];
    bytes = 0;
  }
  if (piece.length > 0) yield piece;
}
