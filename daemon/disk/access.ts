// Whether this process may do what a folder needs: read its files, and in its directories read, make and remove names.
// Asked of the kernel, so that access lists and read-only mounts count; nothing is opened or written.
import type { ErrorCode } from '../../protocol/errors.ts';
import { type DirPath, type RelativePath, nameOf, parentOf } from '../core/path.ts';
import { type FileSystem, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';
import type { Tree } from './tree.ts';
import { type UnclaimedRef, withUnclaimed } from './unclaimed.ts';

export interface AskedPath {
  readonly path: DirPath;
  readonly kind: 'file' | 'dir';
}

export interface NoAccess {
  readonly path: DirPath;
  readonly cannot: 'read' | 'write' | 'read and write';
  readonly code: ErrorCode;
}

/** Those that are not as a folder needs them; what has gone meanwhile is left out. */
export const checkAccess: Job<{ readonly tree: UnclaimedRef; readonly paths: readonly AskedPath[] }, NoAccess[]> = {
  name: 'checkAccess',
  run(fs, { tree: ref, paths }) {
    return withUnclaimed(fs, ref, (tree) => paths.flatMap((asked) => accessTo(fs, tree, asked) ?? []));
  },
};

/** Whether a new directory could be made at this path: what is there of the way to it can be written. */
export const mayMake: Job<{ readonly path: string }, boolean> = {
  name: 'mayMake',
  run(fs, { path }) {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      try {
        const dir = fs.openRoot(at);
        try {
          return fs.mayUse(dir).write;
        } finally {
          dir.close();
        }
      } catch (error) {
        // A file in the way is no room for a directory.
        if (errnoOf(error) !== 'ENOENT' || at === '/') throw error;
      }
    }
  },
};

function accessTo(fs: FileSystem, tree: Tree, { path, kind }: AskedPath): NoAccess | undefined {
  try {
    const { read, write } =
      path === '' ? fs.mayUse(tree.open('')) : fs.mayUse(tree.open(parentOf(path)), nameOf(path as RelativePath));
    const needsWrite = kind === 'dir' && !write;
    if (read && !needsWrite) return undefined;
    const cannot = read ? 'write' : needsWrite ? 'read and write' : 'read';
    return { path, cannot, code: 'E_ACCESS' };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { path, cannot: 'read', code };
  }
}
