// One daemon on a folder's root: a lock on a file in its `.syncd`. It is the kernel's, so it is free at once when the
// process dies, however it dies. Neither directory nor file is reached through a link: whoever may write to the root may
// have put one there, and nothing outside is made or opened for it.
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { CodedError } from '../../protocol/errors.ts';
import { OWN_DIR } from '../core/path.ts';
import { FileSystemError } from '../ports/file-system.ts';
import { tryLock } from './syscalls.ts';

const LOCK_FILE = 'lock';
const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

export interface RootLock {
  /** May be called twice. */
  release(): void;
}

/** Holds it until it is released or the process ends. E_FOLDER_LOCKED; E_ROOT_FOREIGN where a link is in its place. */
export function lockRoot(root: string): RootLock {
  let fd: number | undefined = openLock(root, O_RDONLY | O_CREAT);
  const release = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  try {
    // A descriptor for reading: one for writing would keep the disk from being remounted read-only. NFS asks for it.
    if (tryLock(fd) === 'EBADF') {
      release();
      fd = openLock(root, O_RDWR);
    }
    if (!take(fd, root)) throw new CodedError('E_FOLDER_LOCKED', `${root} is kept by another daemon`);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** Whether somebody has it, this process too. Makes nothing; false where nobody who left a lock there can be seen. */
export function isRootLocked(root: string): boolean {
  let fd: number;
  try {
    fd = openLock(root, O_RDONLY);
  } catch {
    return false;
  }
  try {
    return !take(fd, root);
  } finally {
    closeSync(fd);
  }
}

function openLock(root: string, how: number): number {
  const own = open(`${root}/${OWN_DIR}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, root);
  try {
    const fd = open(`/proc/self/fd/${own}/${LOCK_FILE}`, how | O_NOFOLLOW | O_NONBLOCK, root);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    throw new CodedError('E_ROOT_FOREIGN', `${root}/${OWN_DIR}/${LOCK_FILE} is no file`);
  } finally {
    closeSync(own);
  }
}

function open(path: string, flags: number, root: string): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (errno === 'ELOOP') throw new CodedError('E_ROOT_FOREIGN', `${root}/${OWN_DIR}/${LOCK_FILE} is a link`);
    if (errno === undefined) throw error;
    throw new FileSystemError(errno, 'open', `${root}/${OWN_DIR}`);
  }
}

/** True also where the system call cannot be had: then nobody takes a lock. */
function take(fd: number, root: string): boolean {
  const errno = tryLock(fd);
  if (errno === 'EAGAIN') return false;
  if (errno !== undefined && errno !== 'ENOSYS') throw new FileSystemError(errno, 'flock', root);
  return true;
}
