// What lies in the version store, directory by directory: to find what a killed run filed there and did not write down.
import { type VersionId, parseVersionId } from '../core/ids.ts';
import type { SeenStat } from '../core/observation.ts';
import { type DirPath, type RelativePath, parseRelativePath } from '../core/path.ts';
import type { Directory } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { isAbsent } from './errno.ts';
import { lookAt } from './outcome.ts';
import { type Tree, type TreeRef, VERSIONS, seenOf, withTree } from './tree.ts';

export interface StoredVersion {
  readonly id: VersionId;
  /** Of what it is a version. A name that had to be shortened is the shortened one: nobody knows the rest. */
  readonly path: RelativePath;
  readonly storedAs: string;
  readonly seen: SeenStat;
}

/** The names in a directory of the store; '' is the store itself. */
export interface StoredNames {
  readonly dir: DirPath;
  readonly names: readonly string[];
}

/** What is in these directories, until there are `atMost` names or more; the others are left. Gone ones hold nothing. */
export const listStored: Job<
  { readonly tree: TreeRef; readonly dirs: readonly DirPath[]; readonly atMost: number },
  { readonly listed: readonly StoredNames[]; readonly left: readonly DirPath[] }
> = {
  name: 'listStored',
  run(fs, { tree: ref, dirs, atMost }) {
    return withTree(fs, ref, (tree) => {
      const listed: StoredNames[] = [];
      const left: DirPath[] = [];
      let count = 0;
      for (const dir of dirs) {
        if (count >= atMost) left.push(dir);
        else {
          const names = inStore(tree, dir, (store) => store.list().map(({ name }) => name)) ?? [];
          listed.push({ dir, names });
          count += names.length;
        }
      }
      return { listed, left };
    });
  },
};

/** What these names in one directory are: versions, and directories of it. Anything else is somebody's, and left alone. */
export const lookAtStored: Job<
  StoredNames & { readonly tree: TreeRef },
  { readonly versions: readonly StoredVersion[]; readonly dirs: readonly DirPath[] }
> = {
  name: 'lookAtStored',
  run(fs, { tree: ref, dir, names }) {
    return withTree(fs, ref, (tree) => {
      const versions: StoredVersion[] = [];
      const dirs: DirPath[] = [];
      inStore(tree, dir, (store) => {
        for (const name of names) look(store, dir, name, versions, dirs);
      });
      return { versions, dirs };
    });
  },
};

function look(store: Directory, dir: DirPath, name: string, versions: StoredVersion[], dirs: DirPath[]): void {
  const stat = lookAt(store, name);
  const storedAs = below(dir, name);
  if (stat?.kind === 'dir') {
    const parsed = parseRelativePath(storedAs);
    if (parsed.ok) dirs.push(parsed.path);
    return;
  }
  const stored = parseStoredName(dir, name);
  const seen = stat && seenOf(stat);
  if (stored !== undefined && seen !== undefined) versions.push({ ...stored, storedAs, seen });
}

/** Of what a name in the store says to be a version, and which; undefined for what is none of ours. */
export function parseStoredName(
  dir: DirPath,
  name: string,
): { readonly id: VersionId; readonly path: RelativePath } | undefined {
  const tilde = name.lastIndexOf('~');
  const id = parseVersionId(name.slice(tilde + 1));
  const path = parseRelativePath(below(dir, name.slice(0, Math.max(0, tilde))));
  return id !== undefined && path.ok ? { id, path: path.path } : undefined;
}

function below(dir: DirPath, name: string): string {
  return dir === '' ? name : `${dir}/${name}`;
}

/** Undefined where there is no such directory. */
function inStore<T>(tree: Tree, dir: DirPath, use: (store: Directory) => T): T | undefined {
  const store = openIn(tree, dir);
  try {
    return store && use(store);
  } finally {
    store?.close();
  }
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
