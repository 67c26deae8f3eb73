// Which directories are not as they were when they were listed: a name that comes or goes changes a directory's ctime,
// which nobody can set (inode(7)).
import type { DirPath } from '../core/path.ts';
import type { Job } from '../ports/workers.ts';
import { type Tree, type TreeRef, withTree } from './tree.ts';

export interface ListedAt {
  readonly dir: DirPath;
  readonly ctimeNs: bigint;
}

/** Answers with those to list again: other than they were, gone, or out of reach. */
export const changedDirectories: Job<{ tree: TreeRef; dirs: readonly ListedAt[] }, DirPath[]> = {
  name: 'changedDirectories',
  isPlain: true,
  run(fs, { tree: ref, dirs }) {
    return withTree(fs, ref, (tree) =>
      dirs.filter(({ dir, ctimeNs }) => ctimeOf(tree, dir) !== ctimeNs).map(({ dir }) => dir),
    );
  },
};

/** Undefined where it cannot be told: the listing says why. */
function ctimeOf(tree: Tree, dir: DirPath): bigint | undefined {
  try {
    return (dir === '' ? tree.root.lstat() : tree.look(dir))?.ctimeNs;
  } catch {
    return undefined;
  }
}
