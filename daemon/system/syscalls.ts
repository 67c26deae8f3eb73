// The few system calls that Node lacks, by foreign function calls into libc. Where they cannot be had (another libc, an
// old kernel, no prebuilt koffi), each has a slower or lesser way, or says ENOSYS; nothing here fails to load.
// Works in worker threads: errno belongs to the calling thread and is read at once.
import { spawnSync } from 'node:child_process';
import { utimesSync, lutimesSync } from 'node:fs';
import { bind, lastErrno } from './libc.ts';

/** The name of an errno, or undefined when the call did what it should. */
export type Errno = string | undefined;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_OMIT = (1n << 30n) - 2n;
const IN_NONBLOCK_CLOEXEC = 0o2004000;
const LOCK_EX_NB = 2 | 4;
const RLIMIT_CORE = 4;

const libc = {
  renameat2: bind<(fromDir: number, from: string, toDir: number, to: string, flags: number) => number>(
    'int renameat2(int, const char*, int, const char*, unsigned int)',
  ),
  syncfs: bind<(fd: number) => number>('int syncfs(int)'),
  utimensat: bind<(dir: number, path: string, times: BigInt64Array, flags: number) => number>(
    'int utimensat(int, const char*, const int64_t*, int)',
  ),
  futimens: bind<(fd: number, times: BigInt64Array) => number>('int futimens(int, const int64_t*)'),
  inotifyInit1: bind<(flags: number) => number>('int inotify_init1(int)'),
  close: bind<(fd: number) => number>('int close(int)'),
  setrlimit: bind<(resource: number, limits: BigUint64Array) => number>('int setrlimit(int, const uint64_t*)'),
  flock: bind<(fd: number, how: number) => number>('int flock(int, int)'),
};

function outcome(result: number): Errno {
  return result === 0 ? undefined : lastErrno();
}

/** Which of the calls are the real ones: for `doctor` and for tests. */
export function missingSyscalls(): string[] {
  return Object.entries(libc).flatMap(([name, call]) => (call === undefined ? [name] : []));
}

/** renameat2(2) with {@link RENAME_NOREPLACE} or {@link RENAME_EXCHANGE}. EINVAL where libc, kernel or file system lack it. */
export function renameat2(fromDir: number, from: string, toDir: number, to: string, flags: number): Errno {
  if (libc.renameat2 === undefined) return 'EINVAL';
  const errno = outcome(libc.renameat2(fromDir, from, toDir, to, flags));
  return errno === 'ENOSYS' ? 'EINVAL' : errno;
}

/** syncfs(2) of the file system that holds the open file `fd`. */
export function syncfs(fd: number): Errno {
  if (libc.syncfs !== undefined) return outcome(libc.syncfs(fd));
  // sync(1) has the call; it reaches the same file through this process.
  const done = spawnSync('sync', ['-f', `/proc/${process.pid}/fd/${fd}`], { stdio: 'ignore' });
  return done.status === 0 ? undefined : 'EIO';
}

/** flock(2), exclusive, without waiting: EAGAIN where another descriptor has it, ENOSYS where it cannot be asked. */
export function tryLock(fd: number): Errno {
  return libc.flock === undefined ? 'ENOSYS' : outcome(libc.flock(fd, LOCK_EX_NB));
}

/** setrlimit(2): no crash of this process, or of one that it starts, writes its memory to a file; the key is in it. */
export function forbidCoreDumps(): Errno {
  return libc.setrlimit === undefined ? 'ENOSYS' : outcome(libc.setrlimit(RLIMIT_CORE, BigUint64Array.of(0n, 0n)));
}

/** Sets the modification time, exact to the microsecond, and leaves the access time. `link`: of the link itself. */
export function setMtime(path: string, mtimeUs: bigint, link: boolean): Errno {
  if (libc.utimensat === undefined) return setMtimeByNode(path, mtimeUs, link);
  return outcome(libc.utimensat(AT_FDCWD, path, timesOf(mtimeUs), link ? AT_SYMLINK_NOFOLLOW : 0));
}

/** The same of an open file. */
export function setMtimeOf(fd: number, mtimeUs: bigint): Errno {
  if (libc.futimens === undefined) return setMtimeByNode(`/proc/self/fd/${fd}`, mtimeUs, false);
  return outcome(libc.futimens(fd, timesOf(mtimeUs)));
}

/** Two struct timespec: the access time stays. */
function timesOf(mtimeUs: bigint): BigInt64Array {
  const microseconds = ((mtimeUs % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (mtimeUs - microseconds) / 1_000_000n;
  return BigInt64Array.of(0n, UTIME_OMIT, seconds, microseconds * 1000n);
}

/**
 * Node takes seconds as a double, up to 0.24 µs off: half a microsecond more makes the cut to µs right. As a string, because
 * a number below zero is taken for «now». Sets both times.
 */
function setMtimeByNode(path: string, mtimeUs: bigint, link: boolean): Errno {
  const seconds = String((Number(mtimeUs) + 0.5) / 1e6);
  try {
    if (link) lutimesSync(path, seconds, seconds);
    else utimesSync(path, seconds, seconds);
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
}

/**
 * Whether one more inotify instance can be had. A watcher that finds none may block for ever instead of failing, so it is
 * asked first. `ok` also where it cannot be asked.
 */
export function probeInotifyInstance(): 'ok' | 'E_WATCH_INSTANCES' {
  if (libc.inotifyInit1 === undefined || libc.close === undefined) return 'ok';
  const fd = libc.inotifyInit1(IN_NONBLOCK_CLOEXEC);
  if (fd < 0) return 'E_WATCH_INSTANCES';
  // Not by Node, which counts the descriptors that it opened in a worker.
  libc.close(fd);
  return 'ok';
}
