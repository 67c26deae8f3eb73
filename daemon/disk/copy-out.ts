// Copies what a directory of a folder held to a new directory outside of it. What is in the folder stays as it is.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileEntry, LiveEntry } from '../core/record.ts';
import { type Directory, type FileSystem, errnoOf } from '../ports/file-system.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { type Source, fill } from './stage.ts';
import { type Tree, type TreeRef, openOrMake, withTree } from './tree.ts';

/** Mode while things are put into it; the right one comes last. */
const PRIVATE = 0o700;

/** Makes the new directory; what is above it must be there. */
export const makeTarget: Job<{ dir: string; name: string }, 'done' | 'exists' | ErrorCode> = {
  name: 'makeTarget',
  run(fs, { dir, name }) {
    try {
      const above = fs.openRoot(dir);
      try {
        above.mkdir(name, PRIVATE);
        return 'done';
      } finally {
        above.close();
      }
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return 'exists';
      return known(error);
    }
  },
};

export interface CopiedEntry {
  /** Below the new directory. */
  readonly path: RelativePath;
  readonly entry: LiveEntry;
  /** Of a file, where its content is; undefined where nobody has it. */
  readonly source: Exclude<Source, { kind: 'part' }> | undefined;
}

/** Copies these, a directory before what is in it; one answer each, in their order. */
export const copyOut: Job<
  { tree: TreeRef; target: string; entries: readonly CopiedEntry[] },
  ('done' | 'gone' | ErrorCode)[]
> = {
  name: 'copyOut',
  isLong: ({ entries }) => entries.some(({ entry }) => entry.kind === 'file' && entry.size > LONG_BYTES),
  run(fs, { tree: ref, target, entries }) {
    return withTree(fs, ref, (tree) => entries.map((entry) => inParent(fs, target, entry.path, copyTo(tree, entry))));
  },
};

/** Gives directories their modes, the deepest first: in one that may not be written to nothing can be put any more. */
export const finishDirectories: Job<
  { target: string; directories: readonly { readonly path: RelativePath; readonly mode: number }[] },
  ('done' | 'gone' | ErrorCode)[]
> = {
  name: 'finishDirectories',
  run: (fs, { target, directories }) =>
    directories.map(({ path, mode }) =>
      inParent(fs, target, path, (dir, name) => {
        dir.setAttributes(name, { mode });
        return 'done';
      }),
    ),
};

type Act = (dir: Directory, name: string) => 'done' | 'gone';

function copyTo(tree: Tree, { entry, source }: CopiedEntry): Act {
  return (dir, name) => {
    switch (entry.kind) {
      case 'dir':
        openOrMake(dir, name, PRIVATE).close();
        return 'done';
      case 'symlink':
        dir.symlink(name, entry.target);
        return 'done';
      case 'file':
        return source === undefined ? 'gone' : copyFile(tree, dir, name, entry, source);
    }
  };
}

function copyFile(
  tree: Tree,
  dir: Directory,
  name: string,
  entry: FileEntry,
  source: Exclude<Source, { kind: 'part' }>,
): 'done' | 'gone' {
  try {
    return fill(tree, dir, name, entry, source) ? 'done' : 'gone';
  } catch (error) {
    // The disk is full, for one: half a file is worse than none. What is there already is not ours.
    if (errnoOf(error) !== 'EEXIST') dir.remove(name, 'file');
    throw error;
  }
}

function inParent(fs: FileSystem, target: string, path: RelativePath, act: Act): 'done' | 'gone' | ErrorCode {
  const names = path.split('/');
  const name = names.pop() ?? '';
  let dir: Directory | undefined;
  try {
    dir = fs.openRoot(target);
    for (const one of names) {
      const next = openOrMake(dir, one, PRIVATE);
      dir.close();
      dir = next;
    }
    return act(dir, name);
  } catch (error) {
    return known(error);
  } finally {
    dir?.close();
  }
}

function known(error: unknown): ErrorCode {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return code;
}
