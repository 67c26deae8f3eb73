// ports/file-system.ts over a tree in memory, for the simulator and for tests of disk/. `user` is the other side: the
// person or program that edits the folder meanwhile. `before` and `fail` reach in between two calls of the daemon.
import { assert } from '../../daemon/core/assert.ts';
import type { Clock } from '../../daemon/ports/clock.ts';
import {
  type Attributes,
  type DirEntry,
  type Directory,
  type FileSystem,
  FileSystemError,
  type OpenFile,
  type RenameHow,
  type Stat,
} from '../../daemon/ports/file-system.ts';
import { checkName } from '../../daemon/system/file-system.ts';
import {
  type Change,
  type DirInode,
  type Entry,
  type FileInode,
  MemoryTree,
  dirPathOf,
  pathOf,
} from './memory-tree.ts';
import { MemoryUser } from './memory-user.ts';
import type { SeededRandom } from './random.ts';

/** Every call of the port, each by the name of its method; `stat` to `truncate` are those of an open file. */
export type Call = Exclude<keyof FileSystem | keyof Directory, 'close'> | Exclude<keyof OpenFile, 'close'>;

interface Hook {
  readonly concerns: (path: string) => boolean;
  readonly action: () => void;
}

export class MemoryFileSystem implements FileSystem {
  readonly user: MemoryUser;
  /** Files and directories that were opened and not closed: a test of code that opens ends with 0. */
  openHandles = 0;
  readonly #tree: MemoryTree;
  readonly #hooks = new Map<Call, Set<Hook>>();

  constructor(clock: Clock) {
    this.#tree = new MemoryTree(clock);
    this.user = new MemoryUser(this.#tree);
  }

  /** Bytes of file content that fit; beyond: ENOSPC. */
  setCapacity(bytes: number): void {
    this.#tree.capacityBytes = bytes;
  }

  /** Only so many more bytes of file content fit. */
  setFree(bytes: number): void {
    this.#tree.capacityBytes = this.#tree.usedBytes + bytes;
  }

  /** From now on {@link losePower} takes what is not durable; all that is there now is. */
  keepJournal(): void {
    this.#tree.keepJournal();
  }

  /** As sync(1): all that is there now is durable. */
  syncAll(): void {
    this.#tree.journal?.sync();
  }

  /** Whether a power loss would leave its content as it is. */
  isDurable(file: FileInode): boolean {
    return this.#tree.journal?.isDurable(file) ?? true;
  }

  /** Whoever had something open is gone; nobody is told of any change. */
  losePower(random: SeededRandom): void {
    this.#tree.losePower(random);
    this.openHandles = 0;
  }

  /** Calls back at each change, of the user or of the daemon, when it has been made. */
  onChange(listener: (change: Change) => void): () => void {
    this.#tree.listeners.add(listener);
    return () => this.#tree.listeners.delete(listener);
  }

  /** Runs `action` before each such call on a path that `concerns` accepts (absolute), until the answer is called. */
  before(call: Call, concerns: (path: string) => boolean, action: () => void): () => void {
    const hook: Hook = { concerns, action };
    const hooks = this.#hooks.get(call) ?? new Set();
    this.#hooks.set(call, hooks.add(hook));
    return () => hooks.delete(hook);
  }

  /** Makes such calls fail, with nothing done, until the answer is called. */
  fail(call: Call, concerns: (path: string) => boolean, errno: string): () => void {
    return this.before(call, concerns, () => {
      throw new FileSystemError(errno, call, 'injected');
    });
  }

  /** For the handles below: what has been asked to happen before this call. */
  arrive(call: Call, path: () => string): void {
    const hooks = this.#hooks.get(call);
    if (hooks === undefined || hooks.size === 0) return;
    const at = path();
    for (const hook of [...hooks]) if (hook.concerns(at)) hook.action();
  }

  openRoot(path: string): Directory {
    this.arrive('openRoot', () => path);
    const inode = this.user.follow(path, 'open');
    if (inode.kind !== 'dir') throw new FileSystemError('ENOTDIR', 'open', path);
    return new MemoryDirectory(this, this.#tree, inode);
  }

  makeRoot(path: string, _mode?: number): void {
    this.arrive('makeRoot', () => path);
    this.user.mkdir(path);
  }

  mayUse(dir: Directory, name?: string): { readonly read: boolean; readonly write: boolean } {
    if (name !== undefined) dir.lstat(name);
    return { read: true, write: true };
  }

  space(dir: Directory): { readonly freeBytes: number; readonly totalBytes: number } {
    this.arrive('space', () => memoryDirectory(dir).path);
    const { capacityBytes, usedBytes } = this.#tree;
    return { freeBytes: Math.max(0, capacityBytes - usedBytes), totalBytes: capacityBytes };
  }

  /** What {@link mountType} says. */
  type = 'memory';

  mountType(): string {
    return this.type;
  }

  /** No mount shows a part of it elsewhere. */
  alsoAt(): readonly string[] {
    return [];
  }

  sync(dir: Directory): void {
    this.arrive('sync', () => memoryDirectory(dir).path);
    this.#tree.journal?.sync();
  }
}

class MemoryFile implements OpenFile {
  readonly #fs: MemoryFileSystem;
  readonly #tree: MemoryTree;
  readonly #entry: Entry;
  readonly #inode: FileInode;
  readonly #writable: boolean;
  #open = true;

  constructor(fs: MemoryFileSystem, tree: MemoryTree, entry: Entry, inode: FileInode, writable: boolean) {
    this.#fs = fs;
    this.#tree = tree;
    this.#entry = entry;
    this.#inode = inode;
    this.#writable = writable;
    fs.openHandles++;
    tree.hold(inode);
  }

  #arrive(call: 'stat' | 'read' | 'write' | 'truncate' | 'setAttributes'): void {
    assert(this.#open, `${this.#entry.name} is used after it was closed`);
    this.#fs.arrive(call, () => pathOf(this.#entry));
  }

  stat(): Stat {
    this.#arrive('stat');
    return this.#tree.stat(this.#inode);
  }

  read(buffer: Uint8Array, position: number): number {
    this.#arrive('read');
    const { content, size } = this.#inode;
    const bytes = content.subarray(Math.min(position, size), Math.min(size, position + buffer.length));
    buffer.set(bytes);
    return bytes.length;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#arrive('write');
    if (!this.#writable) throw new FileSystemError('EBADF', 'write', this.#entry.name);
    try {
      this.#tree.write(this.#inode, bytes, position, this.#entry.name);
    } finally {
      this.#tree.tell(this.#entry, 'changed', 'daemon');
    }
  }

  truncate(size: number): void {
    this.#arrive('truncate');
    if (!this.#writable) throw new FileSystemError('EINVAL', 'ftruncate', this.#entry.name);
    this.#tree.truncate(this.#inode, size, this.#entry.name);
    this.#tree.tell(this.#entry, 'changed', 'daemon');
  }

  setAttributes({ mode, mtimeUs }: Attributes): void {
    this.#arrive('setAttributes');
    this.#tree.setAttributes(this.#entry, mode, mtimeUs, 'daemon');
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#fs.openHandles--;
    this.#tree.release(this.#inode);
  }
}

class MemoryDirectory implements Directory {
  readonly #fs: MemoryFileSystem;
  readonly #tree: MemoryTree;
  readonly #inode: DirInode;
  #open = true;

  constructor(fs: MemoryFileSystem, tree: MemoryTree, inode: DirInode) {
    this.#fs = fs;
    this.#tree = tree;
    this.#inode = inode;
    fs.openHandles++;
    tree.hold(inode);
  }

  get inode(): DirInode {
    assert(this.#open, 'a directory is not used after it was closed');
    return this.#inode;
  }

  get path(): string {
    return dirPathOf(this.inode);
  }

  #arrive(call: Call, name?: string): void {
    assert(this.#open, 'a directory is not used after it was closed');
    if (name !== undefined) checkName(name);
    this.#fs.arrive(call, () => (name === undefined ? this.path : `${this.path === '/' ? '' : this.path}/${name}`));
  }

  openDir(name: string): Directory {
    this.#arrive('openDir', name);
    const { inode } = this.#tree.need(this.#inode, name, 'open');
    if (inode.kind !== 'dir') throw new FileSystemError('ENOTDIR', 'open', name);
    return new MemoryDirectory(this.#fs, this.#tree, inode);
  }

  list(): DirEntry[] {
    this.#arrive('list');
    if (this.#inode.nlink === 0) throw new FileSystemError('ENOENT', 'readdir', '.');
    return [...this.#inode.children.keys()].map((name) => ({
      name: name.toWellFormed(),
      wellFormed: name.isWellFormed(),
    }));
  }

  lstat(name?: string): Stat {
    this.#arrive('lstat', name);
    return this.#tree.stat(name === undefined ? this.#inode : this.#tree.need(this.#inode, name, 'lstat').inode);
  }

  openFile(name: string, how: 'read' | 'write' | 'create'): OpenFile {
    this.#arrive('openFile', name);
    const entry =
      how === 'create'
        ? this.#tree.addFile(this.#inode, name, 0o600, 'daemon')
        : this.#tree.need(this.#inode, name, 'open');
    const { inode } = entry;
    switch (inode.kind) {
      case 'file':
        return new MemoryFile(this.#fs, this.#tree, entry, inode, how !== 'read');
      case 'dir':
        throw new FileSystemError('EISDIR', 'open', name);
      case 'symlink':
        throw new FileSystemError('ELOOP', 'open', name);
      case 'other':
        throw new FileSystemError('ENXIO', 'open', name);
    }
  }

  mkdir(name: string, mode: number): void {
    this.#arrive('mkdir', name);
    this.#tree.addDir(this.#inode, name, mode, 'daemon');
  }

  remove(name: string, kind: 'file' | 'dir'): void {
    this.#arrive('remove', name);
    this.#tree.remove(this.#inode, name, kind, 'daemon');
  }

  symlink(name: string, target: string): void {
    this.#arrive('symlink', name);
    assert(target.isWellFormed(), 'the target of a link has no lone surrogate');
    if (target.includes('\0')) throw new FileSystemError('EINVAL', 'symlink', name);
    if (target === '') throw new FileSystemError('ENOENT', 'symlink', name);
    if (Buffer.byteLength(target) > 4095) throw new FileSystemError('ENAMETOOLONG', 'symlink', name);
    this.#tree.addSymlink(this.#inode, name, target, 'daemon');
  }

  readlink(name: string): string {
    this.#arrive('readlink', name);
    const { inode } = this.#tree.need(this.#inode, name, 'readlink');
    if (inode.kind !== 'symlink') throw new FileSystemError('EINVAL', 'readlink', name);
    return inode.target;
  }

  rename(name: string, to: Directory, toName: string, how: RenameHow): void {
    this.#arrive('rename', name);
    checkName(toName);
    this.#tree.rename(this.#inode, name, memoryDirectory(to).inode, toName, how, 'daemon');
  }

  link(name: string, to: Directory, toName: string): void {
    this.#arrive('link', name);
    checkName(toName);
    this.#tree.link(this.#inode, name, memoryDirectory(to).inode, toName, 'daemon');
  }

  setAttributes(name: string, attributes: Attributes): void {
    this.#arrive('setAttributes', name);
    const entry = this.#tree.need(this.#inode, name, 'open');
    this.#tree.setAttributes(entry, attributes.mode, attributes.mtimeUs, 'daemon');
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#fs.openHandles--;
    this.#tree.release(this.#inode);
  }
}

function memoryDirectory(directory: Directory): MemoryDirectory {
  assert(directory instanceof MemoryDirectory, 'a directory is used with the file system that opened it');
  return directory;
}
