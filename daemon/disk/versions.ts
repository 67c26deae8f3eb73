// The version store: `.syncd/versions/`, plain files under their own paths with a suffix. What is filed here was in the
// folder; it is moved by rename, never copied and never overwritten.
import { hash } from 'node:crypto';
import type { Sha256, VersionId } from '../core/ids.ts';
import type { SeenStat } from '../core/observation.ts';
import { MAX_NAME_BYTES, type RelativePath, nameOf, parentOf } from '../core/path.ts';
import { type Directory, FileSystemError, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { DiskRefusal, isAbsent } from './errno.ts';
import { hashFile } from './observe.ts';
import { type Tree, type TreeRef, VERSIONS, seenOf, withTree } from './tree.ts';

/** Content that was moved into the store. */
export interface Filed {
  readonly id: VersionId;
  readonly path: RelativePath;
  /** Relative to the store. */
  readonly storedAs: string;
  readonly seen: SeenStat;
}

/** The name of a version: the file's own, shortened where the suffix would make it too long, at a character's border. */
export function versionName(name: string, id: VersionId): string {
  const suffix = `~${id}`;
  let base = name;
  while (new TextEncoder().encode(base).length + suffix.length > MAX_NAME_BYTES) base = [...base].slice(0, -1).join('');
  return base + suffix;
}

/** Moves `name` in `dir` into the store, as a version of `path`. EEXIST where that version is there already. */
export function file(tree: Tree, dir: Directory, name: string, path: RelativePath, id: VersionId): Filed {
  const parent = parentOf(path);
  const store = tree.store(parent);
  const stored = versionName(nameOf(path), id);
  moveIntoStore(dir, name, store, stored);
  const seen = seenOf(store.lstat(stored));
  if (seen === undefined) throw new DiskRefusal('E_KIND', `${path} is neither a file nor a link`);
  return { id, path, storedAs: parent === '' ? stored : `${parent}/${stored}`, seen };
}

/**
 * Where there is no renameat2, a plain rename to a name that nobody else gives: a link and an unlink would remove what
 * somebody puts at the old name in between.
 */
function moveIntoStore(dir: Directory, name: string, store: Directory, stored: string): void {
  try {
    dir.rename(name, store, stored, 'noreplace');
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    if (isThere(store, stored)) throw new FileSystemError('EEXIST', 'rename', stored);
    dir.rename(name, store, stored, 'replace');
  }
}

function isThere(dir: Directory, name: string): boolean {
  try {
    dir.lstat(name);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** renameat2 with NOREPLACE; where there is none, a hard link, which cannot replace either, and an unlink. */
export function moveWithoutReplacing(from: Directory, name: string, to: Directory, toName: string): void {
  try {
    from.rename(name, to, toName, 'noreplace');
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    from.link(name, to, toName);
    from.remove(name, 'file');
  }
}

/** Opens the directory of a stored version and hands over its name there; undefined where it is gone. */
export function atVersion<T>(tree: Tree, storedAs: string, use: (dir: Directory, name: string) => T): T | undefined {
  const names = storedAs.split('/');
  const name = names.pop() as string;
  let dir = tree.own(VERSIONS);
  try {
    for (const one of names) {
      const next = dir.openDir(one);
      dir.close();
      dir = next;
    }
    return use(dir, name);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  } finally {
    dir.close();
  }
}

export interface LookAtVersions {
  readonly tree: TreeRef;
  readonly versions: readonly { readonly storedAs: string; readonly seen: SeenStat }[];
}

/** For each version that somebody went on writing into through an open handle: its new stat and hash. */
export const lookAtVersions: Job<
  LookAtVersions,
  ({ storedAs: string; seen: SeenStat; sha256: Sha256 | undefined } | undefined)[]
> = {
  name: 'lookAtVersions',
  run(fs, { tree: ref, versions }) {
    return withTree(fs, ref, (tree) =>
      versions.map(({ storedAs, seen: known }) =>
        atVersion(tree, storedAs, (dir, name) => {
          const seen = seenOf(dir.lstat(name));
          if (seen === undefined || (seen.size === known.size && seen.mtimeNs === known.mtimeNs)) return undefined;
          if (seen.kind !== 'file') return { storedAs, seen, sha256: undefined };
          const content = dir.openFile(name, 'read');
          try {
            return { storedAs, seen, sha256: hashFile(content, seen.size) };
          } finally {
            content.close();
          }
        }),
      ),
    );
  },
};

/** Removes stored versions for good, and the directories that this empties. Gone ones are no error. */
export const dropVersions: Job<{ tree: TreeRef; stored: readonly string[] }, null> = {
  name: 'dropVersions',
  run(fs, { tree: ref, stored }) {
    return withTree(fs, ref, (tree) => {
      for (const storedAs of stored) {
        atVersion(tree, storedAs, (dir, name) => dir.remove(name, 'file'));
        removeEmptyAbove(tree, storedAs);
      }
      return null;
    });
  },
};

function removeEmptyAbove(tree: Tree, storedAs: string): void {
  let slash = storedAs.lastIndexOf('/');
  while (slash > 0) {
    const above = storedAs.slice(0, slash);
    try {
      atVersion(tree, above, (dir, name) => dir.remove(name, 'dir'));
    } catch {
      return; // not empty: others are kept there
    }
    slash = above.lastIndexOf('/');
  }
}

/** Names a link's content by its target. */
export function hashText(text: string): Sha256 {
  return hash('sha256', text, 'hex') as Sha256;
}
