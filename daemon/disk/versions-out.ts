// Takes contents out of the version store: to look at them, and to copy them elsewhere. What is kept stays kept.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { LiveEntry } from '../core/record.ts';
import { errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { copyWithHoles } from './holes.ts';
import { hashFile, toMicroseconds } from './observe.ts';
import { type TreeRef, withTree } from './tree.ts';
import { atVersion } from './versions.ts';

/** What a stored version is now; undefined where it is gone. */
export const lookAtVersion: Job<
  { tree: TreeRef; storedAs: string },
  Extract<LiveEntry, { kind: 'file' | 'symlink' }> | undefined
> = {
  name: 'lookAtVersion',
  run(fs, { tree: ref, storedAs }) {
    return withTree(fs, ref, (tree) =>
      atVersion(tree, storedAs, (dir, name) => {
        const stat = dir.lstat(name);
        if (stat.kind === 'symlink') return { kind: 'symlink' as const, target: dir.readlink(name) };
        const file = dir.openFile(name, 'read');
        try {
          const sha256 = hashFile(file, stat.size);
          if (sha256 === undefined) return undefined;
          const { size, mode, mtimeNs } = stat;
          return { kind: 'file' as const, size, sha256, mode: mode & 0o777, mtimeUs: toMicroseconds(mtimeNs) };
        } finally {
          file.close();
        }
      }),
    );
  },
};

export interface CopyVersionOut {
  readonly tree: TreeRef;
  readonly storedAs: string;
  /** Absolute; must exist. */
  readonly toDir: string;
  readonly toName: string;
}

/** Copies a stored version to a new file outside of the folder. Nothing is replaced. */
export const copyVersionOut: Job<CopyVersionOut, 'done' | 'gone' | 'exists' | ErrorCode> = {
  name: 'copyVersionOut',
  run(fs, { tree: ref, storedAs, toDir, toName }) {
    return withTree(fs, ref, (tree) => {
      try {
        const target = fs.openRoot(toDir);
        try {
          const copied = atVersion(tree, storedAs, (dir, name) => {
            const stat = dir.lstat(name);
            if (stat.kind === 'symlink') {
              target.symlink(toName, dir.readlink(name));
              return true;
            }
            const from = dir.openFile(name, 'read');
            try {
              const to = target.openFile(toName, 'create');
              try {
                copyWithHoles(from, to);
              } finally {
                to.close();
              }
            } finally {
              from.close();
            }
            target.setAttributes(toName, { mode: stat.mode & 0o777, mtimeUs: toMicroseconds(stat.mtimeNs) });
            return true;
          });
          return copied === true ? 'done' : 'gone';
        } finally {
          target.close();
        }
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return 'exists';
        const code = codeOf(error);
        if (code === undefined) throw error;
        return code;
      }
    });
  },
};
