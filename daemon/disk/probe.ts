// Tries whether a folder's file system still takes anything: after an error the kernel makes it read-only, and answers much
// as if nothing were.
import type { ErrorCode } from '../../protocol/errors.ts';
import { OWN_DIR } from '../core/path.ts';
import { type Directory, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';

/** In the folder's own directory; one that a killed run left is taken for ours. */
const PROBE = 'written';
/** The disk has failed, not somebody's rights or the room on it. */
const FAILURES: ReadonlySet<string | undefined> = new Set(['EIO', 'EROFS']);

export interface ProbedRoot {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Why nothing can be written into it. */
  readonly code: ErrorCode | undefined;
}

/** Whether the folder can be written to, and how much room there is. */
export const probeRoot: Job<{ root: string }, ProbedRoot> = {
  name: 'probeRoot',
  run(fs, { root }) {
    const dir = fs.openRoot(root);
    try {
      const { freeBytes, totalBytes } = fs.space(dir);
      const failure = failureOf(dir);
      if (failure === undefined) return { freeBytes, totalBytes, code: undefined };
      const code = codeOf(failure);
      if (code === undefined) throw failure;
      return { freeBytes, totalBytes, code };
    } finally {
      dir.close();
    }
  },
};

export interface SyncTree {
  readonly root: string;
  /** Other work goes on meanwhile: it is not to take the last thread from it. */
  readonly beside: boolean;
}

/** syncfs(2) on the folder's file system. False when the disk has failed: then nothing is known to be durable. */
export const syncTree: Job<SyncTree, boolean> = {
  name: 'syncTree',
  isLong: ({ beside }) => beside,
  run(fs, { root }) {
    const dir = fs.openRoot(root);
    try {
      fs.sync(dir);
      return !FAILURES.has(errnoOf(failureOf(dir)));
    } catch (error) {
      if (FAILURES.has(errnoOf(error))) return false;
      throw error;
    } finally {
      dir.close();
    }
  },
};

/** The type of the mount that the folder is on. */
export const mountTypeOf: Job<{ root: string }, string | undefined> = {
  name: 'mountTypeOf',
  run(fs, { root }) {
    const dir = fs.openRoot(root);
    try {
      return fs.mountType(dir);
    } finally {
      dir.close();
    }
  },
};

/** Which file system is at a path, or at what is left of the way to it. */
export const deviceAt: Job<{ path: string }, bigint> = {
  name: 'deviceAt',
  run(fs, { path }) {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      try {
        const dir = fs.openRoot(at);
        try {
          return dir.lstat().dev;
        } finally {
          dir.close();
        }
      } catch (error) {
        if (!isAbsent(error) || at === '/') throw error;
      }
    }
  },
};

function failureOf(root: Directory): Error | undefined {
  try {
    const own = root.openDir(OWN_DIR);
    try {
      removeProbe(own);
      own.openFile(PROBE, 'create').close();
      own.remove(PROBE, 'file');
    } finally {
      own.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function removeProbe(own: Directory): void {
  try {
    own.remove(PROBE, 'file');
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
