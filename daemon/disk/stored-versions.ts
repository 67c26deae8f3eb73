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

/** A directory of the store; '' is the store itself. */
export interface StorePlace {
  readonly dir: DirPath;
  /** Names up to this one were listed before. */
  readonly after?: string;
}

export interface StoredPage {
  readonly versions: readonly StoredVersion[];
  /** What is still to be listed: directories in these, and what there was no room for. */
  readonly places: readonly StorePlace[];
}

/** What these places hold, no more than `atMost` entries of them. Gone ones hold nothing. */
export const listStored: Job<
  { readonly tree: TreeRef; readonly places: readonly StorePlace[]; readonly atMost: number },
  StoredPage
> = {
  name: 'listStored',
  run(fs, { tree: ref, places, atMost }) {
    return withTree(fs, ref, (tree) => {
      const versions: StoredVersion[] = [];
      const left: StorePlace[] = [];
      let room = atMost;
      for (const place of places) {
        if (room <= 0) {
          left.push(place);
          continue;
        }
        const { dir, after = '' } = place;
        const store = openIn(tree, dir);
        if (store === undefined) continue;
        try {
          const names = store.list().flatMap(({ name }) => (name > after ? name : []));
          const page = names.sort().slice(0, room);
          room -= page.length;
          const last = page.at(-1);
          if (page.length < names.length && last !== undefined) left.push({ dir, after: last });
          for (const name of page) look(store, dir, name, versions, left);
        } finally {
          store.close();
        }
      }
      return { versions, places: left };
    });
  },
};

function look(store: Directory, dir: DirPath, name: string, versions: StoredVersion[], below: StorePlace[]): void {
  const storedAs = dir === '' ? name : `${dir}/${name}`;
  const stat = store.lstat(name);
  if (stat.kind === 'dir') {
    const parsed = parseRelativePath(storedAs);
    if (parsed.ok) below.push({ dir: parsed.path });
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
