// The files that lie in a folder on a disk in memory, but for the daemon's own.
import { hash } from 'node:crypto';
import type { FileInode, Inode } from './memory-tree.ts';
import type { MemoryUser } from './memory-user.ts';

/** By path below the root. */
export function* filesBelow(user: MemoryUser, root: string): Generator<readonly [path: string, file: FileInode]> {
  const top = user.follow(root, 'open');
  if (top.kind !== 'dir') return;
  for (const [name, { inode }] of top.children) if (name !== '.syncd') yield* filesAt(inode, name);
}

function* filesAt(inode: Inode, path: string): Generator<readonly [path: string, file: FileInode]> {
  if (inode.kind === 'file') yield [path, inode];
  if (inode.kind === 'dir') for (const [name, child] of inode.children) yield* filesAt(child.inode, `${path}/${name}`);
}

export function sha256({ content, size }: FileInode): string {
  return hash('sha256', content.subarray(0, size));
}
