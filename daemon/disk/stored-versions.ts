// What lies in the version store, directory by directory: to find what a killed run filed there and did not write down.
import { type VersionId, parseVersionId } from '../core/ids.ts';
import type { SeenStat } from '../core/observation.ts';
import { type DirPath, type RelativePath, parseRelativePath } from '../core/path.ts';
import type { Directory } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { isAbsent } from './errno.ts';
import { type Tree, type TreeRef, VERSIONS, seenOf, withTree } from './tree.ts';

export interface StoredVersion {
  readonly id: VersionId;
  /** Of what it is a version. A name that had to be shortened is the shortened one: nobody knows the rest. */
  readonly path: RelativePath;
  readonly storedAs: string;
  readonly seen: SeenStat;
}

/** What these directories of the store hold; '' is the store itself. Gone ones hold nothing. */
export const listStored: Job<
  { tree: TreeRef; dirs: readonly DirPath[] },
  { readonly versions: readonly StoredVersion[]; readonly dirs: readonly RelativePath[] }
> = {
  name: 'listStored',
  run(fs, { tree: ref, dirs }) {
    return withTree(fs, ref, (tree) => {
      const versions: StoredVersion[] = [];
      const below: RelativePath[] = [];
      for (const dir of dirs) {
        const store = openIn(tree, dir);
        if (store === undefined) continue;
        try {
          for (const { name } of store.list()) look(store, dir, name, versions, below);
        } finally {
          store.close();
        }
      }
      return { versions, dirs: below };
    });
  },
};

function look(store: Directory, dir: DirPath, name: string, versions: StoredVersion[], below: RelativePath[]): void {
  const storedAs = dir === '' ? name : `${dir}/${name}`;
  const stat = store.lstat(name);
  if (stat.kind === 'dir') {
    const parsed = parseRelativePath(storedAs);
    if (parsed.ok) below.push(parsed.path);
    return;
  }
  const tilde = storedAs.lastIndexOf('~');
  const id = parseVersionId(storedAs.slice(tilde + 1));
  const path = parseRelativePath(storedAs.slice(0, Math.max(0, tilde)));
  const seen = seenOf(stat);
  // What somebody else has put there is left alone.
  if (id !== undefined && path.ok && seen !== undefined) versions.push({ id, path: path.path, storedAs, seen });
}

function openIn(tree: Tree, dir: DirPath): Directory | undefined {
  let at = tree.own(VERSIONS);
  try {
    for (const name of dir === '' ? [] : dir.split('/')) {
      const next = at.openDir(name);
      at.close();
      at = next;
    }
    return at;
  } catch (error) {
    at.close();
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
