// The disk as it is. An open directory is a descriptor, and its children are reached by /proc/self/fd/N/name: whatever is
// renamed or swapped above it meanwhile, a call lands in the directory that was opened, and never behind a link.
import { isUtf8 } from 'node:buffer';
import {
  accessSync,
  type BigIntStats,
  chmodSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { assert } from '../core/assert.ts';
import {
  type Attributes,
  type DirEntry,
  type Directory,
  type FileSystem,
  FileSystemError,
  type OpenFile,
  type RenameHow,
  type Stat,
  type StatKind,
} from '../ports/file-system.ts';
import { mountType } from './mounted-as.ts';
import { pathsElsewhere } from './mounted-elsewhere.ts';
import { closeOpened, openAt } from './open-at.ts';
import { type Errno, RENAME_EXCHANGE, RENAME_NOREPLACE, renameat2, setMtime, setMtimeOf, syncfs } from './syscalls.ts';
import { makeDirectories } from './make-directories.ts';
import { statAt, statOf } from './stat-at.ts';

const { R_OK, W_OK, X_OK, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = constants;
// Node does not name it: a descriptor that stands for the inode, whatever its mode and kind, and opens nothing.
const O_PATH = 0o10000000;

const REPLACEMENT = '\ufffd';

/** Runs a call of Node and gives its error the port's form. What is not of the system is a bug and goes on as it is. */
function call<Result>(name: string, what: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'errno' in error && 'code' in error && typeof error.code === 'string')
      throw new FileSystemError(error.code, name, what);
    throw error;
  }
}

/** access(2). */
function isAllowed(path: string, how: number): boolean {
  try {
    call('access', path, () => accessSync(path, how));
    return true;
  } catch (error) {
    if (error instanceof FileSystemError && ['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return false;
    throw error;
  }
}

function check(errno: Errno, name: string, what: string): void {
  if (errno !== undefined) throw new FileSystemError(errno, name, what);
}

function open(dir: number | undefined, name: string, flags: number, mode?: number): number {
  const fd = openAt(dir, name, flags, mode);
  if (typeof fd === 'string') throw new FileSystemError(fd, 'open', name);
  return fd;
}

/** Closes `fd` when `use` throws. */
function keepIfFine<Result>(fd: number, use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    closeOpened(fd);
    throw error;
  }
}

function kindOf(stats: BigIntStats): StatKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

function toStat(stats: BigIntStats): Stat {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    ino: stats.ino,
    dev: stats.dev,
    mode: Number(stats.mode) & 0o7777,
    nlink: Number(stats.nlink),
  };
}

/** fstat(2). */
function statOpen(fd: number, what: string): Stat {
  const quick = statOf(fd);
  if (typeof quick === 'string') throw new FileSystemError(quick, 'fstat', what);
  return quick ?? toStat(call('fstat', what, () => fstatSync(fd, { bigint: true })));
}

class RealFile implements OpenFile {
  #fd: number | undefined;
  readonly #name: string;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.#name = name;
  }

  get #open(): number {
    assert(this.#fd !== undefined, `${this.#name} is used after it was closed`);
    return this.#fd;
  }

  stat(): Stat {
    return statOpen(this.#open, this.#name);
  }

  read(buffer: Uint8Array, position: number): number {
    return call('read', this.#name, () => readSync(this.#open, buffer, 0, buffer.length, position));
  }

  write(bytes: Uint8Array, position: number): void {
    call('write', this.#name, () => {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#open, bytes, done, bytes.length - done, position + done);
    });
  }

  truncate(size: number): void {
    call('ftruncate', this.#name, () => ftruncateSync(this.#open, size));
  }

  setAttributes(attributes: Attributes): void {
    setAttributes(this.#open, this.#name, attributes);
  }

  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    // Network file systems report here what they could not write.
    check(closeOpened(fd), 'close', this.#name);
  }
}

class RealDirectory implements Directory {
  #fd: number | undefined;
  readonly #name: string;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.#name = name;
  }

  get fd(): number {
    assert(this.#fd !== undefined, `${this.#name} is used after it was closed`);
    return this.#fd;
  }

  openDir(name: string): Directory {
    checkName(name);
    return new RealDirectory(open(this.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK), name);
  }

  list(): DirEntry[] {
    const path = `/proc/self/fd/${this.fd}`;
    const names = call('readdir', this.#name, () => readdirSync(path));
    // libc shows a directory that has been removed as an empty one.
    if (names.length === 0 && this.lstat().nlink === 0) throw new FileSystemError('ENOENT', 'readdir', this.#name);
    // Bytes that are not UTF-8 were decoded to U+FFFD. Few names have one, so only then the bytes themselves are read.
    if (!names.some((name) => name.includes(REPLACEMENT))) return names.map((name) => ({ name, wellFormed: true }));
    const bytes = call('readdir', this.#name, () => readdirSync(path, { encoding: 'buffer' }));
    return bytes.map((name) => ({ name: name.toString(), wellFormed: isUtf8(name) }));
  }

  lstat(name?: string): Stat {
    if (name === undefined) return statOpen(this.fd, this.#name);
    checkName(name);
    const quick = statAt(this.fd, name);
    if (typeof quick === 'string') throw new FileSystemError(quick, 'lstat', name);
    if (quick !== undefined) return quick;
    const path = this.#child(name);
    const stats = call('lstat', name, () => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
    if (stats === undefined) throw new FileSystemError('ENOENT', 'lstat', name);
    return toStat(stats);
  }

  openFile(name: string, how: 'read' | 'write' | 'create'): OpenFile {
    checkName(name);
    const access = how === 'read' ? O_RDONLY : how === 'write' ? O_RDWR : O_RDWR | O_CREAT | O_EXCL;
    // O_NONBLOCK: a pipe without a writer would be waited for.
    const fd = open(this.fd, name, access | O_NOFOLLOW | O_NONBLOCK, 0o600);
    if (how !== 'create')
      keepIfFine(fd, () => {
        const { kind } = statOpen(fd, name);
        if (kind === 'dir') throw new FileSystemError('EISDIR', 'open', name);
        if (kind !== 'file') throw new FileSystemError('ENXIO', 'open', name);
      });
    return new RealFile(fd, name);
  }

  mkdir(name: string, mode: number): void {
    const path = this.#child(name);
    call('mkdir', name, () => mkdirSync(path, mode));
    // The umask of the process may have taken some bits away.
    try {
      this.setAttributes(name, { mode });
    } catch (error) {
      call('rmdir', name, () => rmdirSync(path));
      throw error;
    }
  }

  remove(name: string, kind: 'file' | 'dir'): void {
    const path = this.#child(name);
    if (kind === 'file') call('unlink', name, () => unlinkSync(path));
    else call('rmdir', name, () => rmdirSync(path));
  }

  symlink(name: string, target: string): void {
    const path = this.#child(name);
    assert(target.isWellFormed(), 'the target of a link has no lone surrogate');
    if (target.includes('\0')) throw new FileSystemError('EINVAL', 'symlink', name);
    call('symlink', name, () => symlinkSync(target, path));
  }

  readlink(name: string): string {
    const path = this.#child(name);
    const target = call('readlink', name, () => readlinkSync(path, { encoding: 'buffer' }));
    if (!isUtf8(target)) throw new FileSystemError('EILSEQ', 'readlink', name);
    return target.toString();
  }

  rename(name: string, to: Directory, toName: string, how: RenameHow): void {
    const target = realDirectory(to);
    if (how === 'replace') {
      const from = this.#child(name);
      const onto = target.#child(toName);
      call('rename', name, () => renameSync(from, onto));
      return;
    }
    checkName(name);
    checkName(toName);
    const flags = how === 'exchange' ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    check(renameat2(this.fd, name, target.fd, toName, flags), 'renameat2', name);
  }

  link(name: string, to: Directory, toName: string): void {
    const from = this.#child(name);
    const target = realDirectory(to).#child(toName);
    call('link', name, () => linkSync(from, target));
  }

  setAttributes(name: string, attributes: Attributes): void {
    const path = this.#child(name);
    // Needs no permission on the file itself, so a file of mode 000 can be given another one.
    const fd = open(this.fd, name, O_PATH | O_NOFOLLOW);
    try {
      setAttributes(fd, name, attributes, path);
    } finally {
      closeOpened(fd);
    }
  }

  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    closeOpened(fd);
  }

  #child(name: string): string {
    checkName(name);
    return `/proc/self/fd/${this.fd}/${name}`;
  }
}

/**
 * Of what a descriptor stands for. With `path` it is one by which nothing is opened (O_PATH), which takes no attributes: then
 * they go by its name below /proc, and the time of a link, which has none there, by its path.
 */
function setAttributes(fd: number, name: string, { mode, mtimeUs }: Attributes, path?: string): void {
  const inode = `/proc/self/fd/${fd}`;
  const stat = statOpen(fd, name);
  const link = stat.kind === 'symlink' && path !== undefined;
  if (mode !== undefined && !link) {
    const wanted = (stat.mode & 0o7000) | (mode & 0o777);
    // Not when nothing changes: where set-ID bits may not be set, not even setting them again is allowed.
    if (wanted !== stat.mode)
      call('chmod', name, () => (path === undefined ? fchmodSync(fd, wanted) : chmodSync(inode, wanted)));
  }
  if (mtimeUs === undefined) return;
  if (path === undefined) check(setMtimeOf(fd, mtimeUs), 'futimens', name);
  else check(setMtime(link ? path : inode, mtimeUs, link), 'utimensat', name);
}

/** Asserts what every caller has checked: anything but one component would reach another directory, and a lone surrogate another file. */
export function checkName(name: string): void {
  const component = name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
  assert(component && name.isWellFormed(), 'a name is one component');
}

function realDirectory(directory: Directory): RealDirectory {
  assert(directory instanceof RealDirectory, 'a directory is used with the file system that opened it');
  return directory;
}

/** ports/file-system.ts over the kernel's. Has no state of its own: every worker thread has one. */
export class RealFileSystem implements FileSystem {
  openRoot(path: string): Directory {
    // The path was given by a person and may be anything.
    if (path.includes('\0')) throw new FileSystemError('EINVAL', 'open', path);
    return new RealDirectory(open(undefined, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK), path);
  }

  makeRoot(path: string, mode: number): void {
    if (path.includes('\0')) throw new FileSystemError('EINVAL', 'mkdir', path);
    const topmost = call('mkdir', path, () => makeDirectories(path, mode));
    if (topmost === undefined) return;
    for (
      let made = path.replace(/\/+$/, '');
      made.length >= topmost.length;
      made = made.slice(0, made.lastIndexOf('/'))
    )
      call('chmod', made, () => chmodSync(made, mode));
  }

  mayUse(dir: Directory, name?: string): { readonly read: boolean; readonly write: boolean } {
    const { fd } = realDirectory(dir);
    const path = name === undefined ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`;
    const isDirectory = call('stat', path, () => statSync(path)).isDirectory();
    // Without the right to search it, what is in a directory can be neither read nor written.
    const search = isDirectory ? X_OK : 0;
    return { read: isAllowed(path, R_OK | search), write: isAllowed(path, W_OK | search) };
  }

  space(dir: Directory): { readonly freeBytes: number; readonly totalBytes: number } {
    const path = `/proc/self/fd/${realDirectory(dir).fd}`;
    const { bsize, bavail, blocks } = call('statfs', path, () => statfsSync(path));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  mountType(dir: Directory): string | undefined {
    const path = `/proc/self/fd/${realDirectory(dir).fd}`;
    return call('statfs', path, () => mountType(path, dir.lstat().dev));
  }

  alsoAt(dir: Directory): readonly string[] {
    const path = `/proc/self/fd/${realDirectory(dir).fd}`;
    return pathsElsewhere(call('readlink', path, () => readlinkSync(path)));
  }

  sync(dir: Directory): void {
    check(syncfs(realDirectory(dir).fd), 'syncfs', 'the folder');
  }
}
