// The other side of a disk in memory: somebody who edits the folder while the daemon works on it. Paths are absolute and
// links on the way are followed, as they are for every program.
import { hash } from 'node:crypto';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import { type DirInode, type Entry, type FileInode, type Inode, type MemoryTree, dirPathOf } from './memory-tree.ts';

const MAX_LINKS = 40;
const SHORT = 64;
const encoder = new TextEncoder();

interface Place {
  readonly dir: DirInode;
  readonly name: string;
  readonly entry: Entry | undefined;
}

export class MemoryUser {
  readonly #tree: MemoryTree;

  constructor(tree: MemoryTree) {
    this.#tree = tree;
  }

  /** Writes a file in place, as `echo > path` does; makes it, 0644, and the directories above it where they are missing. */
  write(path: string, content: string | Uint8Array): void {
    const { dir, name, entry } = this.#placeForNew(path);
    const bytes = typeof content === 'string' ? encoder.encode(content) : content;
    if (entry?.inode.kind === 'symlink') {
      // What is written is what the link leads to, and so says inotify(7).
      this.follow(path, 'open');
      const { target } = entry.inode;
      this.write(target.startsWith('/') ? target : `${dirPathOf(dir)}/${target}`, content);
      return;
    }
    const target = entry ?? this.#tree.addFile(dir, name, 0o644, 'user');
    const { inode } = target;
    if (inode.kind !== 'file') throw new FileSystemError('EISDIR', 'open', path);
    this.#tree.truncate(inode, 0, path);
    try {
      this.#tree.write(inode, bytes, 0, path);
    } finally {
      this.#tree.tell(target, 'changed', 'user');
    }
  }

  /** Adds to the end, as `echo >> path` does. */
  append(path: string, content: string): void {
    const { inode } = this.#lookUp(path, 'open');
    if (inode.kind !== 'file') throw new FileSystemError('EISDIR', 'open', path);
    try {
      this.#tree.write(inode, encoder.encode(content), inode.size, path);
    } finally {
      // A full disk takes a part of it.
      this.#tree.tell(this.#lookUp(path, 'open'), 'changed', 'user');
    }
  }

  /** cp, or with the times cp -p. */
  copy(path: string, to: string, keepTime: boolean): void {
    const { inode } = this.#lookUp(path, 'open');
    if (inode.kind !== 'file') throw new FileSystemError('EISDIR', 'open', path);
    const { mtimeNs } = inode;
    this.write(to, inode.content.slice(0, inode.size));
    if (keepTime) this.touch(to, mtimeNs / 1000n);
  }

  /** A new file renamed over the old one, as most editors save: another inode. */
  save(path: string, content: string | Uint8Array): void {
    const temporary = `${path}.saving`;
    this.write(temporary, content);
    this.rename(temporary, path);
  }

  read(path: string): string {
    return Buffer.from(this.readBytes(path)).toString();
  }

  readBytes(path: string): Uint8Array {
    const inode = this.follow(path, 'open');
    if (inode.kind !== 'file') throw new FileSystemError('EISDIR', 'read', path);
    return inode.content.slice(0, inode.size);
  }

  exists(path: string): boolean {
    try {
      this.#lookUp(path, 'lstat');
      return true;
    } catch (error) {
      if (error instanceof FileSystemError) return false;
      throw error;
    }
  }

  /** mkdir -p; new directories have the mode 0755. */
  mkdir(path: string): void {
    const place = this.#placeForNew(path);
    if (place.entry === undefined) {
      if (place.name !== '') this.#tree.addDir(place.dir, place.name, 0o755, 'user');
    } else if (this.follow(path, 'mkdir').kind !== 'dir') throw new FileSystemError('EEXIST', 'mkdir', path);
  }

  symlink(path: string, target: string): void {
    const { dir, name } = this.#placeForNew(path);
    this.#tree.addSymlink(dir, name, target, 'user');
  }

  /** A pipe, a socket or a device. */
  mknod(path: string): void {
    const { dir, name } = this.#placeForNew(path);
    this.#tree.addOther(dir, name, 'user');
  }

  link(path: string, newPath: string): void {
    const from = this.#lookUp(path, 'link');
    const to = this.#placeForNew(newPath);
    this.#tree.link(from.dir, from.name, to.dir, to.name, 'user');
  }

  /** rename(2): replaces a file or an empty directory. */
  rename(path: string, newPath: string): void {
    const from = this.#lookUp(path, 'rename');
    const to = this.#placeForNew(newPath);
    this.#tree.rename(from.dir, from.name, to.dir, to.name, 'replace', 'user');
  }

  /** rm -r */
  remove(path: string): void {
    const { dir, name, inode } = this.#lookUp(path, 'unlink');
    if (inode.kind === 'dir') for (const child of [...inode.children.keys()]) this.remove(`${path}/${child}`);
    this.#tree.remove(dir, name, inode.kind === 'dir' ? 'dir' : 'file', 'user');
  }

  /** Special bits too, unlike the daemon. */
  chmod(path: string, mode: number): void {
    const entry = this.#lookUp(path, 'chmod');
    this.#tree.noteAttributes(entry.inode);
    entry.inode.mode = mode & 0o7777;
    entry.inode.ctimeNs = this.#tree.tick();
    this.#tree.tell(entry, 'attributes', 'user');
  }

  /** Without a time: now. */
  /** A bit of a file's content changes on the disk, and nothing tells of it. */
  rot(path: string): void {
    const inode = this.follow(path, 'open');
    if (inode.kind !== 'file') throw new FileSystemError('EISDIR', 'rot', path);
    inode.content[0] = (inode.content[0] ?? 0) ^ 1;
  }

  touch(path: string, mtimeUs?: bigint): void {
    const entry = this.#lookUp(path, 'utimensat');
    this.#tree.setAttributes(entry, undefined, mtimeUs ?? this.#tree.tick() / 1000n, 'user');
  }

  /** Puts an empty file system over a directory: what was in it is hidden, not removed. */
  mount(path: string): void {
    this.#tree.mount(this.#lookUp(path, 'mount'));
  }

  unmount(path: string): void {
    this.#tree.unmount(this.#lookUp(path, 'umount'));
  }

  /**
   * All that is below a directory, in byte order: relative path → all that is synced of it, in words. Two roots with equal
   * trees hold the same. What `leaveOut` names (by default the daemon's own) is not in it.
   */
  tree(path: string, leaveOut: readonly string[] = ['.syncd']): Map<string, string> {
    const found: [string, string][] = [];
    const visit = (dir: DirInode, above: string): void => {
      for (const [name, { inode }] of dir.children) {
        const relative = above + name;
        if (leaveOut.includes(relative)) continue;
        found.push([relative, describe(inode)]);
        if (inode.kind === 'dir') visit(inode, `${relative}/`);
      }
    };
    const top = this.follow(path, 'open');
    if (top.kind === 'dir') visit(top, '');
    return new Map(found.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  }

  /** What is at a path below a directory, in words, as in {@link tree}; no link is followed. */
  wordsAt(top: string, relative: string): string | undefined {
    let at: Inode | undefined = this.follow(top, 'open');
    for (const name of relative.split('/')) {
      at = at.kind === 'dir' ? at.children.get(name)?.inode : undefined;
      if (at === undefined) return undefined;
    }
    return describe(at);
  }

  /** The inode at a path, links followed to the end. */
  follow(path: string, call: string): Inode {
    return this.#walk(path, call, MAX_LINKS);
  }

  #lookUp(path: string, call: string): Entry {
    const { entry } = this.#place(path, call);
    if (entry === undefined) throw new FileSystemError('ENOENT', call, path);
    return entry;
  }

  #placeForNew(path: string): Place {
    const above = path.slice(0, path.lastIndexOf('/'));
    if (above !== '') this.mkdir(above);
    return this.#place(path, 'open');
  }

  #place(path: string, call: string): Place {
    if (!path.startsWith('/')) throw new FileSystemError('EINVAL', call, path);
    const slash = path.lastIndexOf('/');
    const dir = this.follow(path.slice(0, slash), call);
    if (dir.kind !== 'dir') throw new FileSystemError('ENOTDIR', call, path);
    const name = path.slice(slash + 1);
    return { dir, name, entry: dir.children.get(name) };
  }

  #walk(path: string, call: string, linksLeft: number): Inode {
    if (linksLeft === 0) throw new FileSystemError('ELOOP', call, path);
    let at: Inode = this.#tree.root;
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      if (at.kind !== 'dir') throw new FileSystemError('ENOTDIR', call, path);
      if (name === '..') {
        at = at.entry?.dir ?? at;
        continue;
      }
      const here: DirInode = at;
      const entry = here.children.get(name);
      if (entry === undefined) throw new FileSystemError('ENOENT', call, path);
      at = entry.inode;
      if (at.kind === 'symlink') {
        const { target } = at;
        at = this.#walk(target.startsWith('/') ? target : `${dirPathOf(here)}/${target}`, call, linksLeft - 1);
      }
    }
    return at;
  }
}

/** What is synced of an inode, in words. */
export function describe(inode: Inode): string {
  const mode = (inode.mode & 0o777).toString(8).padStart(3, '0');
  switch (inode.kind) {
    case 'file':
      return `file ${mode} at ${inode.mtimeNs / 1000n}: ${contentWords(inode)}`;
    case 'dir':
      return `dir ${mode}`;
    case 'symlink':
      return `link to ${inode.target}`;
    case 'other':
      return 'other';
  }
}

const known = new WeakMap<Uint8Array, { readonly ctimeNs: bigint; readonly size: number; readonly words: string }>();

/** A content in words: equal words, equal bytes. Each write has a ctime of its own, so what was said holds until the next. */
export function contentWords(inode: FileInode): string {
  const { content, ctimeNs, size } = inode;
  const before = known.get(content);
  if (before?.ctimeNs === ctimeNs && before.size === size) return before.words;
  const words = describeContent(content.subarray(0, size));
  known.set(content, { ctimeNs, size, words });
  return words;
}

function describeContent(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) return JSON.stringify(new TextDecoder('latin1').decode(bytes));
  return `${bytes.length} bytes, SHA-256 ${hash('sha256', bytes)}`;
}
