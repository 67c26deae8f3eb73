// A tree of inodes in memory, with the rules of Linux (path_resolution(7), rename(2)) and of ext4 where file systems
// differ: the number of a removed inode is given to the next new one. No permissions. Everything it does depends on its
// calls and its clock alone.
import type { Clock } from '../../daemon/ports/clock.ts';
import { FileSystemError, type RenameHow, type Stat } from '../../daemon/ports/file-system.ts';
import { Journal } from './memory-journal.ts';
import { checkEmpty, checkLength, isWithin, sizeOf } from './memory-rules.ts';
import type { SeededRandom } from './random.ts';

interface InodeBase {
  readonly ino: bigint;
  readonly dev: bigint;
  mode: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
  nlink: number;
  /** Open descriptors: an inode without a name lives as long as it has one. */
  handles: number;
}
export interface FileInode extends InodeBase {
  readonly kind: 'file';
  /** Longer than `size` to grow seldom; zero beyond it. */
  content: Uint8Array;
  size: number;
}
export interface DirInode extends InodeBase {
  readonly kind: 'dir';
  readonly children: Map<string, Entry>;
  /** Its one name; undefined for the root of all. */
  entry: Entry | undefined;
}
export interface SymlinkInode extends InodeBase {
  readonly kind: 'symlink';
  readonly target: string;
}
/** A pipe, a socket or a device. */
export interface OtherInode extends InodeBase {
  readonly kind: 'other';
}
export type Inode = FileInode | DirInode | SymlinkInode | OtherInode;

/** A name in a directory. It stays the same while it is renamed, so that a descriptor knows where its file went. */
export interface Entry {
  dir: DirInode;
  name: string;
  inode: Inode;
  /** What a mount hides. */
  covered: Inode | undefined;
}

export type Actor = 'user' | 'daemon';

/** What an observer of the whole tree, such as inotify(7), could see. A move is a `removed` and a `created`. */
export interface Change {
  /** Absolute. */
  readonly path: string;
  readonly what: 'created' | 'changed' | 'attributes' | 'removed';
  readonly kind: Inode['kind'];
  readonly by: Actor;
  /** What has that name, or had it until now. */
  readonly inode: Inode;
}

export class MemoryTree {
  readonly root: DirInode;
  capacityBytes = Number.MAX_SAFE_INTEGER;
  usedBytes = 0;
  readonly listeners = new Set<(change: Change) => void>();
  /** Where there is one, the power can be lost. */
  journal: Journal | undefined;
  readonly #clock: Clock;
  #lastNs = 0n;
  #lastIno = 1n;
  #lastDev = 1n;
  readonly #freeInos: bigint[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.root = this.newDir(0o755, 1n, undefined);
  }

  /** Begins to remember what a power loss can take. All that is there now is durable. */
  keepJournal(): void {
    this.journal = new Journal(() => this.#clock.monotonicMs());
  }

  /** The power fails, and comes back: nothing is open, and what was not durable is as the disk has it. */
  losePower(random: SeededRandom): void {
    this.journal?.lose(random, (file, content) => {
      file.content = content;
      file.size = content.length;
    });
    this.#freeInos.length = 0;
    this.usedBytes = 0;
    this.#count(this.root, new Set());
  }

  #count(inode: Inode, seen: Set<Inode>): void {
    inode.handles = 0;
    if (seen.has(inode)) return;
    seen.add(inode);
    if (inode.kind === 'file') this.usedBytes += inode.size;
    if (inode.kind === 'dir') for (const child of inode.children.values()) this.#count(child.inode, seen);
  }

  /** The wall clock in nanoseconds, strictly rising. */
  tick(): bigint {
    const now = BigInt(this.#clock.nowUs()) * 1000n;
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n;
    return this.#lastNs;
  }

  #base(mode: number, dev: bigint): Omit<FileInode, 'kind' | 'content' | 'size'> {
    const now = this.tick();
    const ino = this.#freeInos.pop() ?? ++this.#lastIno;
    return { ino, dev, mode, mtimeNs: now, ctimeNs: now, nlink: 0, handles: 0 };
  }

  newFile(mode: number, dev: bigint): FileInode {
    return { kind: 'file', content: new Uint8Array(0), size: 0, ...this.#base(mode, dev) };
  }

  newDir(mode: number, dev: bigint, entry: Entry | undefined): DirInode {
    return { kind: 'dir', children: new Map(), entry, ...this.#base(mode, dev), nlink: 2 };
  }

  newSymlink(target: string, dev: bigint): SymlinkInode {
    return { kind: 'symlink', target, ...this.#base(0o777, dev) };
  }

  newOther(mode: number, dev: bigint): OtherInode {
    return { kind: 'other', ...this.#base(mode, dev) };
  }

  /** ENOENT where `name` is not. */
  need(dir: DirInode, name: string, call: string): Entry {
    checkLength(name, call);
    const entry = dir.children.get(name);
    if (entry === undefined) throw new FileSystemError('ENOENT', call, name);
    return entry;
  }

  /** ENOENT where the directory itself has been removed, EEXIST where `name` is. */
  checkFree(dir: DirInode, name: string, call: string): void {
    checkLength(name, call);
    if (dir.children.has(name)) throw new FileSystemError('EEXIST', call, name);
    if (dir.nlink === 0) throw new FileSystemError('ENOENT', call, name);
  }

  addFile(dir: DirInode, name: string, mode: number, by: Actor): Entry {
    this.checkFree(dir, name, 'open');
    return this.#add(dir, name, this.newFile(mode, dir.dev), by);
  }

  addDir(dir: DirInode, name: string, mode: number, by: Actor): Entry {
    this.checkFree(dir, name, 'mkdir');
    const inode = this.newDir(mode | (dir.mode & 0o2000), dir.dev, undefined);
    const entry: Entry = { dir, name, inode, covered: undefined };
    inode.entry = entry;
    return this.#place(entry, by);
  }

  addSymlink(dir: DirInode, name: string, target: string, by: Actor): Entry {
    this.checkFree(dir, name, 'symlink');
    return this.#add(dir, name, this.newSymlink(target, dir.dev), by);
  }

  addOther(dir: DirInode, name: string, by: Actor): Entry {
    this.checkFree(dir, name, 'mknod');
    return this.#add(dir, name, this.newOther(0o644, dir.dev), by);
  }

  link(dir: DirInode, name: string, to: DirInode, toName: string, by: Actor): void {
    const { inode } = this.need(dir, name, 'link');
    this.checkFree(to, toName, 'link');
    if (inode.kind === 'dir') throw new FileSystemError('EPERM', 'link', name);
    if (inode.dev !== to.dev) throw new FileSystemError('EXDEV', 'link', name);
    inode.ctimeNs = this.tick();
    this.#add(to, toName, inode, by);
  }

  /** unlink(2) or rmdir(2). */
  remove(dir: DirInode, name: string, kind: 'file' | 'dir', by: Actor): void {
    const call = kind === 'file' ? 'unlink' : 'rmdir';
    const entry = this.need(dir, name, call);
    if (entry.covered !== undefined) throw new FileSystemError('EBUSY', call, name);
    if (kind === 'file' && entry.inode.kind === 'dir') throw new FileSystemError('EISDIR', call, name);
    if (kind === 'dir' && entry.inode.kind !== 'dir') throw new FileSystemError('ENOTDIR', call, name);
    checkEmpty(entry.inode, call, name);
    this.#drop(entry, by);
  }

  rename(dir: DirInode, name: string, to: DirInode, toName: string, how: RenameHow, by: Actor): void {
    const call = how === 'replace' ? 'rename' : 'renameat2';
    const fail = (code: string): never => {
      throw new FileSystemError(code, call, name);
    };
    const source = this.need(dir, name, call);
    checkLength(toName, call);
    const target = to.children.get(toName);
    if (dir.dev !== to.dev) fail('EXDEV');
    if (how === 'noreplace' && target !== undefined) fail('EEXIST');
    if (how === 'exchange' && target === undefined) fail('ENOENT');
    if (to.nlink === 0) fail('ENOENT');
    if (source.inode.kind === 'dir' && isWithin(to, source.inode)) fail('EINVAL');
    if (target?.inode.kind === 'dir' && isWithin(dir, target.inode)) fail(how === 'exchange' ? 'EINVAL' : 'ENOTEMPTY');
    if (source.covered !== undefined || target?.covered !== undefined) fail('EBUSY');
    // Two names of one file: rename(2) does nothing.
    if (source.inode === target?.inode) return;

    if (target !== undefined && how === 'exchange') {
      this.#displace(source, by);
      this.#displace(target, by);
      this.#move(target, dir, name, by);
      this.#move(source, to, toName, by);
      return;
    }
    if (target !== undefined) {
      if (source.inode.kind === 'dir' && target.inode.kind !== 'dir') fail('ENOTDIR');
      if (source.inode.kind !== 'dir' && target.inode.kind === 'dir') fail('EISDIR');
      checkEmpty(target.inode, call, toName);
      this.#drop(target, by);
    }
    this.#displace(source, by);
    this.#move(source, to, toName, by);
  }

  /** Writes what fits, then ENOSPC, as a disk does. */
  write(file: FileInode, bytes: Uint8Array, position: number, name: string): void {
    if (bytes.length === 0) return;
    const room = file.size + (this.capacityBytes - this.usedBytes) - position;
    const fitting = bytes.subarray(0, Math.max(0, Math.min(bytes.length, room)));
    if (fitting.length > 0) {
      this.journal?.writes(file);
      this.#resize(file, Math.max(file.size, position + fitting.length));
      file.content.set(fitting, position);
      file.mtimeNs = file.ctimeNs = this.tick();
    }
    if (fitting.length < bytes.length) throw new FileSystemError('ENOSPC', 'write', name);
  }

  truncate(file: FileInode, size: number, name: string): void {
    if (size - file.size > this.capacityBytes - this.usedBytes) throw new FileSystemError('ENOSPC', 'ftruncate', name);
    this.journal?.writes(file);
    file.content.fill(0, Math.min(size, file.size), file.size);
    this.#resize(file, size);
    file.mtimeNs = file.ctimeNs = this.tick();
  }

  /** The special bits stay; a link has no mode of its own. */
  setAttributes(entry: Entry, mode: number | undefined, mtimeUs: bigint | undefined, by: Actor): void {
    const { inode } = entry;
    const setMode = mode !== undefined && inode.kind !== 'symlink' && mode !== (inode.mode & 0o777);
    this.noteAttributes(inode);
    if (setMode) inode.mode = (inode.mode & 0o7000) | (mode & 0o777);
    if (mtimeUs !== undefined) inode.mtimeNs = mtimeUs * 1000n;
    if (!setMode && mtimeUs === undefined) return;
    inode.ctimeNs = this.tick();
    this.tell(entry, 'attributes', by);
  }

  /** Its mode or its time is about to change. */
  noteAttributes(inode: Inode): void {
    const { mode, mtimeNs, ctimeNs } = inode;
    this.journal?.note(() => Object.assign(inode, { mode, mtimeNs, ctimeNs }));
  }

  hold(inode: Inode): void {
    inode.handles++;
  }

  release(inode: Inode): void {
    inode.handles--;
    this.#freeIfUnused(inode);
  }

  /** Puts an empty file system over a directory, or takes it away again. */
  mount(entry: Entry): void {
    entry.covered = entry.inode;
    entry.inode = this.newDir(0o755, ++this.#lastDev, entry);
  }

  unmount(entry: Entry): void {
    if (entry.covered === undefined) return;
    entry.inode = entry.covered;
    entry.covered = undefined;
  }

  stat(inode: Inode): Stat {
    const { kind, ino, dev, mode, mtimeNs, ctimeNs, nlink } = inode;
    return { kind, size: sizeOf(inode), mtimeNs, ctimeNs, ino, dev, mode, nlink };
  }

  tell(entry: Entry, what: Change['what'], by: Actor): void {
    if (this.listeners.size === 0 || entry.dir.children.get(entry.name) !== entry) return;
    const { inode } = entry;
    const change: Change = { path: pathOf(entry), what, kind: inode.kind, by, inode };
    for (const listener of this.listeners) listener(change);
  }

  #add(dir: DirInode, name: string, inode: Inode, by: Actor): Entry {
    inode.nlink++;
    this.journal?.note(() => inode.nlink--);
    return this.#place({ dir, name, inode, covered: undefined }, by);
  }

  #place(entry: Entry, by: Actor): Entry {
    const { dir, name, inode } = entry;
    this.journal?.note(() => {
      dir.children.delete(name);
      if (inode.kind === 'dir') dir.nlink--;
    });
    entry.dir.children.set(entry.name, entry);
    if (entry.inode.kind === 'dir') entry.dir.nlink++;
    entry.dir.mtimeNs = entry.dir.ctimeNs = this.tick();
    this.tell(entry, 'created', by);
    return entry;
  }

  #displace(entry: Entry, by: Actor): void {
    this.tell(entry, 'removed', by);
    const { dir, name, inode } = entry;
    const { nlink } = inode;
    this.journal?.note(() => {
      Object.assign(entry, { dir, name });
      inode.nlink = nlink;
      dir.children.set(name, entry);
      if (inode.kind === 'dir') dir.nlink++;
    });
    entry.dir.children.delete(entry.name);
    if (entry.inode.kind === 'dir') entry.dir.nlink--;
    entry.dir.mtimeNs = entry.dir.ctimeNs = this.tick();
  }

  #move(entry: Entry, dir: DirInode, name: string, by: Actor): void {
    entry.dir = dir;
    entry.name = name;
    entry.inode.ctimeNs = this.tick();
    this.#place(entry, by);
  }

  #drop(entry: Entry, by: Actor): void {
    const { inode } = entry;
    this.#displace(entry, by);
    inode.nlink = inode.kind === 'dir' ? 0 : inode.nlink - 1;
    inode.ctimeNs = this.tick();
    this.#freeIfUnused(inode);
  }

  #freeIfUnused(inode: Inode): void {
    if (inode.nlink > 0 || inode.handles > 0) return;
    this.#freeInos.push(inode.ino);
    if (inode.kind === 'file') this.usedBytes -= inode.size;
  }

  #resize(file: FileInode, size: number): void {
    if (size > file.content.length) {
      const larger = new Uint8Array(Math.max(size, 2 * file.content.length));
      larger.set(file.content.subarray(0, file.size));
      file.content = larger;
    }
    this.usedBytes += size - file.size;
    file.size = size;
  }
}

/** The absolute path of a name, by the directories that hold it now. */
export function pathOf(entry: Entry): string {
  const above = dirPathOf(entry.dir);
  return above === '/' ? `/${entry.name}` : `${above}/${entry.name}`;
}

export function dirPathOf(dir: DirInode): string {
  return dir.entry === undefined ? '/' : pathOf(dir.entry);
}
