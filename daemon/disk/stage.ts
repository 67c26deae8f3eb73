// What is being received: `.syncd/staging/`. A content is written whole, verified, given its mode and time, and only then
// has the name under which it can take its place. `NAME.part` is unfinished; `NAME` is whole.
import { createHash, hash } from 'node:crypto';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Sha256 } from '../core/ids.ts';
import { type SeenStat, looksSame } from '../core/observation.ts';
import { type RelativePath, stagingKey } from '../core/path.ts';
import type { Entry, FileEntry } from '../core/record.ts';
import { type Directory, type OpenFile, errnoOf } from '../ports/file-system.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';
import { copyWithHoles } from './holes.ts';
import { hashFile } from './observe.ts';
import { withPlain } from './pack.ts';
import { partOf } from './part-file.ts';
import { STAGING, type Tree, type TreeRef, seenOf, withTree } from './tree.ts';
import { atVersion, hashText, moveWithoutReplacing } from './versions.ts';

/** Derived from path and content: after a crash it can be told whose it is. */
export function stagedName(path: RelativePath, content: Sha256 | `link ${Sha256}` | 'none'): string {
  return hash('sha256', stagingKey(path, content), 'hex').slice(0, 40);
}

/** The name in staging of whatever is to be at a path. Two that are different never share one. */
export function stagedNameOf(path: RelativePath, entry: Entry): string {
  switch (entry.kind) {
    case 'file':
      return stagedName(path, entry.sha256);
    case 'symlink':
      // Not as a file that reads so: one may lie there when the other is to take the place.
      return stagedName(path, `link ${hashText(entry.target)}`);
    case 'dir':
    case 'absent':
      return stagedName(path, 'none');
  }
}

/** Where a content is to come from. */
export type Source =
  /** What a peer sent, or what was merged here. `packed`: with zstd; unpacked it is as long as the entry says. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly packed?: boolean }
  /** Another file of this folder with the same content. */
  | { readonly kind: 'copy'; readonly from: RelativePath; readonly seen: SeenStat }
  | { readonly kind: 'version'; readonly storedAs: string }
  /** The unfinished file, all of which has arrived. `hashed`: while it was written, and the hash was the right one. */
  | { readonly kind: 'part'; readonly hashed: boolean };

export interface StageItem {
  readonly staged: string;
  readonly entry: FileEntry;
  readonly source: Source;
}

export type Staged =
  | { readonly kind: 'ready' }
  /** The source is not what it should be: gone, changed, or of another hash. Nothing is left of it. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'problem'; readonly code: ErrorCode };

/** So few are not worth a listing. */
const FEW = 8;

/** Stages contents; one answer an item, in their order. */
export const stage: Job<{ tree: TreeRef; items: readonly StageItem[] }, Staged[]> = {
  name: 'stage',
  isLong: ({ items }) => items.some(({ entry, source }) => entry.size > LONG_BYTES && !isHashed(source)),
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      try {
        // One listing tells of all: most contents are new, and asking for each of their names in vain costs as much as writing.
        const there = items.length < FEW ? undefined : new Set(staging.list().map(({ name }) => name));
        return items.map((item) => stageOne(tree, staging, item, there));
      } finally {
        staging.close();
      }
    });
  },
};

/**
 * Removes contents that are not wanted any more, whole or in part. Under a content's name may lie what an exchange took
 * out, which was somebody's: only bytes that are what the name says are removed.
 */
export const unstage: Job<{ tree: TreeRef; items: readonly Omit<StageItem, 'source'>[] }, void> = {
  name: 'unstage',
  run(fs, { tree: ref, items }) {
    withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      try {
        for (const { staged, entry } of items) {
          discard(staging, partOf(staged));
          if (verify(staging, staged, entry)) discard(staging, staged);
        }
      } finally {
        staging.close();
      }
    });
  },
};

/** `there`: the names in staging; undefined where they have not been listed. */
function stageOne(tree: Tree, staging: Directory, item: StageItem, there: ReadonlySet<string> | undefined): Staged {
  try {
    return write(tree, staging, item, there);
  } catch (error) {
    // It has come since the listing.
    if (there !== undefined && errnoOf(error) === 'EEXIST') return stageOne(tree, staging, item, undefined);
    const code = codeOf(error);
    if (code === undefined) throw error;
    // What arrived in chunks stays: it need not come again.
    if (item.source.kind !== 'part') discardIfPossible(staging, partOf(item.staged));
    return { kind: 'problem', code };
  }
}

function write(tree: Tree, staging: Directory, item: StageItem, there: ReadonlySet<string> | undefined): Staged {
  const { staged, entry, source } = item;
  const part = partOf(staged);
  const isThere = (name: string): boolean => there === undefined || there.has(name);
  if (isThere(staged) && isStagedAlready(staging, staged, entry)) {
    discard(staging, part);
    return { kind: 'ready' };
  }
  if (source.kind === 'part') {
    if (!source.hashed && !verify(staging, part, entry)) return { kind: 'wrong' };
    staging.setAttributes(part, { mode: entry.mode, mtimeUs: entry.mtimeUs });
  } else {
    if (isThere(part)) discard(staging, part);
    if (!fill(tree, staging, part, entry, source)) return { kind: 'wrong' };
  }
  if (isThere(staged)) setAside(staging, staged);
  moveWithoutReplacing(staging, part, staging, staged);
  return { kind: 'ready' };
}

function isHashed(source: Source): boolean {
  return source.kind === 'part' && source.hashed;
}

/** On a file system that has become read-only nothing can be removed either; the first failure is the one to tell. */
export function discardIfPossible(staging: Directory, name: string): void {
  try {
    discard(staging, name);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Another content under this name is what an exchange took out and could not file: the next start does (recover.ts). */
function setAside(staging: Directory, staged: string): void {
  try {
    moveWithoutReplacing(staging, staged, staging, `${staged}.kept`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** A whole content from before. */
function isStagedAlready(staging: Directory, staged: string, entry: FileEntry): boolean {
  if (!verify(staging, staged, entry)) return false;
  staging.setAttributes(staged, { mode: entry.mode, mtimeUs: entry.mtimeUs });
  return true;
}

function verify(staging: Directory, name: string, entry: FileEntry): boolean {
  const file = openOrNothing(staging, name);
  if (file === undefined) return false;
  try {
    return file.stat().size === entry.size && hashFile(file, entry.size) === entry.sha256;
  } finally {
    file.close();
  }
}

function openOrNothing(dir: Directory, name: string): OpenFile | undefined {
  try {
    return dir.openFile(name, 'read');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function fillWith(to: OpenFile, source: Extract<Source, { kind: 'bytes' }>, entry: FileEntry): boolean {
  return withPlain(source, entry.size, (bytes) => bytes !== undefined && writeVerified(to, bytes, entry));
}

/**
 * Writes the source into a new file of any directory, compares its hash and gives it mode and time; what is wrong is
 * removed again. EEXIST where something has the name.
 */
export function fill(
  tree: Tree,
  staging: Directory,
  part: string,
  entry: FileEntry,
  source: Exclude<Source, { kind: 'part' }>,
): boolean {
  const to = staging.openFile(part, 'create');
  let right = false;
  try {
    switch (source.kind) {
      case 'bytes':
        right = fillWith(to, source, entry);
        break;
      case 'copy': {
        const { dir, name } = tree.place(source.from);
        right = copyVerified(dir, name, to, entry, source.seen);
        break;
      }
      case 'version':
        right = atVersion(tree, source.storedAs, (dir, name) => copyVerified(dir, name, to, entry, undefined)) ?? false;
        break;
    }
    if (right) to.setAttributes({ mode: entry.mode, mtimeUs: entry.mtimeUs });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  } finally {
    to.close();
  }
  if (!right) discard(staging, part);
  return right;
}

function writeVerified(to: OpenFile, bytes: Uint8Array, entry: FileEntry): boolean {
  if (bytes.length !== entry.size) return false;
  if (hash('sha256', bytes, 'hex') !== entry.sha256) return false;
  to.write(bytes, 0);
  return true;
}

function copyVerified(
  dir: Directory,
  name: string,
  to: OpenFile,
  entry: FileEntry,
  known: SeenStat | undefined,
): boolean {
  const from = dir.openFile(name, 'read');
  try {
    const seen = seenOf(from.stat());
    if (seen?.size !== entry.size || (known !== undefined && !looksSame(known, seen))) return false;
    const copied = createHash('sha256');
    copyWithHoles(from, to, entry.size, (bytes) => copied.update(bytes));
    return copied.digest('hex') === entry.sha256;
  } finally {
    from.close();
  }
}

export function discard(staging: Directory, name: string): void {
  try {
    staging.remove(name, 'file');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
