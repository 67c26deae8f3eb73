// A copy of all that lies in a folder, and the folder as it was then: by other inodes, with the old times, as cp -a does.
import type { DirInode, Inode } from './memory-tree.ts';
import type { MemoryUser } from './memory-user.ts';

type Copied =
  | { readonly kind: 'dir'; readonly mode: number }
  | { readonly kind: 'file'; readonly mode: number; readonly mtimeUs: bigint; readonly content: Uint8Array }
  | { readonly kind: 'symlink'; readonly target: string };

export type Backup = ReadonlyMap<string, Copied>;

/** By path below the root, directories before what is in them. */
export function backUp(user: MemoryUser, root: string): Backup {
  const copies = new Map<string, Copied>();
  const visit = (dir: DirInode, above: string): void => {
    for (const [name, { inode }] of dir.children) {
      const path = above + name;
      const copied = copyOf(inode);
      if (copied !== undefined) copies.set(path, copied);
      if (inode.kind === 'dir') visit(inode, `${path}/`);
    }
  };
  const top = user.follow(root, 'open');
  if (top.kind === 'dir') visit(top, '');
  return copies;
}

function copyOf(inode: Inode): Copied | undefined {
  switch (inode.kind) {
    case 'dir':
      return { kind: 'dir', mode: inode.mode };
    case 'file': {
      const content = inode.content.slice(0, inode.size);
      return { kind: 'file', mode: inode.mode, mtimeUs: inode.mtimeNs / 1000n, content };
    }
    case 'symlink':
      return { kind: 'symlink', target: inode.target };
    case 'other':
      return undefined;
  }
}

/** What lies there now goes. */
export function putBack(user: MemoryUser, root: string, backup: Backup): void {
  const top = user.follow(root, 'open');
  if (top.kind === 'dir') for (const name of [...top.children.keys()]) user.remove(`${root}/${name}`);
  for (const [path, copied] of backup) {
    const at = `${root}/${path}`;
    if (copied.kind === 'symlink') user.symlink(at, copied.target);
    else {
      if (copied.kind === 'dir') user.mkdir(at);
      else user.write(at, copied.content);
      user.chmod(at, copied.mode);
      if (copied.kind === 'file') user.touch(at, copied.mtimeUs);
    }
  }
}
