// openat(2): in half of the time that Node takes for /proc/self/fd/N/name, of which the work on small files mostly
// consists. Where it cannot be had, Node opens. What was opened here is closed here: of what Node opens in a worker thread
// it keeps a list, by which it would close another's descriptor later.
import { closeSync, openSync } from 'node:fs';
import { bind, lastErrno } from './libc.ts';
import type { Errno } from './syscalls.ts';

const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;

const libc = bindBoth();

function bindBoth() {
  const openat = bind<(dir: number, name: string, flags: number, mode: number) => number>(
    'int openat(int, const char*, int, unsigned int)',
  );
  const close = bind<(fd: number) => number>('int close(int)');
  return openat === undefined || close === undefined ? undefined : { openat, close };
}

/** The descriptor, or the name of the errno. Without `dir` it is a path. */
export function openAt(dir: number | undefined, name: string, flags: number, mode = 0): number | string {
  if (libc === undefined) return openByNode(dir === undefined ? name : `/proc/self/fd/${dir}/${name}`, flags, mode);
  for (;;) {
    const fd = libc.openat(dir ?? AT_FDCWD, name, flags | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    const errno = lastErrno();
    if (errno !== 'EINTR') return errno;
  }
}

/** The descriptor is gone, whatever the answer is. */
export function closeOpened(fd: number): Errno {
  if (libc === undefined) return codeOf(() => closeSync(fd));
  if (libc.close(fd) === 0) return undefined;
  const errno = lastErrno();
  return errno === 'EINTR' ? undefined : errno;
}

function openByNode(path: string, flags: number, mode: number): number | string {
  let fd = -1;
  return codeOf(() => (fd = openSync(path, flags, mode))) ?? fd;
}

function codeOf(run: () => void): Errno {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
}
