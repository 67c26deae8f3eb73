// Calls of the daemon that fail: each spell with one errno, at some calls, at some paths, now and then.
import type { Call, MemoryFileSystem } from './memory-file-system.ts';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import type { SeededRandom } from './random.ts';

/** Every call that may change or read the disk. */
export const CALLS: readonly Call[] = [
  'openRoot',
  'openDir',
  'list',
  'lstat',
  'openFile',
  'mkdir',
  'remove',
  'symlink',
  'readlink',
  'rename',
  'link',
  'setAttributes',
  'stat',
  'read',
  'write',
  'truncate',
  'space',
  'sync',
];

export interface Spell {
  readonly errno: 'EIO' | 'EACCES' | 'ENOSPC' | 'EMFILE' | 'EROFS' | 'EDQUOT' | 'ENOMEM' | 'ESTALE';
  /** Undefined: any. */
  readonly call: Call | undefined;
  /** Paths that end so; undefined: any. */
  readonly path: string | undefined;
  readonly oneIn: number;
}

/** Casts a spell on a disk, until the answer is called. */
export function cast(fs: MemoryFileSystem, spell: Spell, random: SeededRandom): () => void {
  const { errno, call, path, oneIn } = spell;
  const calls = call === undefined ? CALLS : [call];
  const concerns = (at: string): boolean => (path === undefined || at.endsWith(path)) && random.oneIn(oneIn);
  const undo = calls.map((one) =>
    fs.before(one, concerns, () => {
      throw new FileSystemError(errno, one, 'injected');
    }),
  );
  return () => {
    for (const one of undo) one();
  };
}
