// The directory in which a hub makes the folders that its peers bring: is it one, and can folders be made in it?
import type { Job } from '../ports/workers.ts';
import { type Directory, errnoOf } from '../ports/file-system.ts';
import { rootChain } from './root.ts';

/** Made and removed again at once; one that a killed run left is taken for ours. */
const PROBE = '.syncd-try';

/** Why no folder can be made there; undefined: nothing is in the way. */
export const lookAtStorage: Job<{ path: string }, string | undefined> = {
  name: 'lookAtStorage',
  run(fs, { path }) {
    let dir: Directory;
    try {
      dir = fs.openRoot(path);
    } catch (error) {
      return reasonOf(error);
    }
    try {
      const [inner] = rootChain.run(fs, { root: `${path}/${PROBE}` }).roots;
      if (inner !== undefined) return 'is a folder itself, or lies in one';
      return tryMaking(dir);
    } finally {
      dir.close();
    }
  },
};

function tryMaking(dir: Directory): string | undefined {
  try {
    dir.mkdir(PROBE, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') return reasonOf(error);
  }
  dir.remove(PROBE, 'dir');
  return undefined;
}

function reasonOf(error: unknown): string {
  switch (errnoOf(error)) {
    case undefined:
      throw error;
    case 'ENOENT':
      return 'does not exist';
    case 'ENOTDIR':
      return 'is not a directory';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be written to by the daemon';
    case 'EROFS':
      return 'is on a file system that is mounted read-only';
    default:
      return `cannot be used (${errnoOf(error)})`;
  }
}
