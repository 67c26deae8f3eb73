// Looks at a directory that is no folder yet: what a join would find in it. It only reads, and leaves nothing behind.
import type { Observation } from '../core/observation.ts';
import type { DirPath, RelativePath } from '../core/path.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { lookIntoOne } from './look-into.ts';
import { observePath } from './observe.ts';
import { type RulesText, readRulesIn } from './read-rules.ts';
import { type Listing, scanDirectory } from './scan.ts';
import { Tree } from './tree.ts';

/** The directory, and which ones in it are mount points, as far as they were seen. */
export interface UnclaimedRef {
  readonly root: string;
  readonly boundaries: readonly RelativePath[];
}

export interface ListUnclaimed {
  readonly tree: UnclaimedRef;
  readonly dirs: readonly DirPath[];
  /** Gives up where they hold more together. */
  readonly maxEntries: number;
}

/** One listing a directory, in their order; undefined where they hold too much. */
export const listUnclaimed: Job<ListUnclaimed, Listing[] | undefined> = {
  name: 'listUnclaimed',
  run(fs, { tree: ref, dirs, maxEntries }) {
    return withUnclaimed(fs, ref, (tree) => {
      const listings: Listing[] = [];
      let left = maxEntries;
      for (const dir of dirs) {
        const listing = scanDirectory(tree, dir);
        if (listing.kind === 'whole') left -= listing.entries.length;
        if (left < 0) return undefined;
        listings.push(listing);
      }
      return listings;
    });
  },
};

/** One observation a path, in their order. */
export const readUnclaimed: Job<{ tree: UnclaimedRef; paths: readonly RelativePath[] }, Observation[]> = {
  name: 'readUnclaimed',
  run(fs, { tree: ref, paths }) {
    return withUnclaimed(fs, ref, (tree) => paths.map((path) => observePath(tree, path, undefined, false)));
  },
};

/** The `.syncignore` files of these directories, in their order. */
export const readUnclaimedRules: Job<{ tree: UnclaimedRef; dirs: readonly DirPath[] }, RulesText[]> = {
  name: 'readUnclaimedRules',
  run(fs, { tree: ref, dirs }) {
    return withUnclaimed(fs, ref, (tree) => dirs.map((dir) => readRulesIn(tree, dir)));
  },
};

/** Whether these files are text, in their order; what cannot be looked at counts as text. */
export const areUnclaimedTexts: Job<{ tree: UnclaimedRef; paths: readonly RelativePath[] }, boolean[]> = {
  name: 'areUnclaimedTexts',
  run(fs, { tree: ref, paths }) {
    return withUnclaimed(fs, ref, (tree) =>
      paths.map((path) => {
        const found = lookIntoOne(tree, { path, text: true });
        return found.kind !== 'there' || found.isText;
      }),
    );
  },
};

/** Rejects with the error of the root where that cannot be opened. */
export function withUnclaimed<T>(fs: FileSystem, { root: path, boundaries }: UnclaimedRef, work: (tree: Tree) => T): T {
  const root = fs.openRoot(path);
  try {
    const tree = new Tree(fs, root, boundaries);
    try {
      return work(tree);
    } finally {
      tree.forget();
    }
  } finally {
    root.close();
  }
}
