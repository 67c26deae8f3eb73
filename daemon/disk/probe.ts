// Tries whether a folder's file system takes anything at all.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { STAGING, type TreeRef, withTree } from './tree.ts';

export interface ProbedRoot {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Why nothing can be written into it. */
  readonly code: ErrorCode | undefined;
}

/** Whether the folder can be written to: a file is made and removed in its own directory. */
export const probeRoot: Job<{ tree: TreeRef; name: string }, ProbedRoot> = {
  name: 'probeRoot',
  run(fs, { tree: ref, name }) {
    return withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      try {
        const { freeBytes, totalBytes } = fs.space(staging);
        try {
          staging.openFile(name, 'create').close();
          staging.remove(name, 'file');
          return { freeBytes, totalBytes, code: undefined };
        } catch (error) {
          const code = codeOf(error);
          if (code === undefined) throw error;
          return { freeBytes, totalBytes, code };
        }
      } finally {
        staging.close();
      }
    });
  },
};
