// Small rules of Linux about names and inodes, for the tree in memory.
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import type { DirInode, Inode } from './memory-tree.ts';

const MAX_NAME_BYTES = 255;

/** Whether a directory is this one, or somewhere in it. */
export function isWithin(dir: DirInode, top: DirInode): boolean {
  for (let at: DirInode | undefined = dir; at !== undefined; at = at.entry?.dir) if (at === top) return true;
  return false;
}

/** ENOTEMPTY where something is in it. */
export function checkEmpty(inode: Inode, call: string, name: string): void {
  if (inode.kind === 'dir' && inode.children.size > 0) throw new FileSystemError('ENOTEMPTY', call, name);
}

/** ENAMETOOLONG */
export function checkLength(name: string, call: string): void {
  // A code unit is three bytes at most.
  if (name.length * 3 <= MAX_NAME_BYTES) return;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new FileSystemError('ENAMETOOLONG', call, name);
}

/** As `st_size` says. */
export function sizeOf(inode: Inode): number {
  switch (inode.kind) {
    case 'file':
      return inode.size;
    case 'dir':
      return 4096;
    case 'symlink':
      return Buffer.byteLength(inode.target);
    case 'other':
      return 0;
  }
}
