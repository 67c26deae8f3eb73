// What a process can ask the kernel about inotify by system calls. Where koffi does not load, the answers are the
// hopeful ones, and what they would have shown is found later, by silence or by scanning.
import { readSync } from 'node:fs';
import { bind } from './libc.ts';

const IN_NONBLOCK_CLOEXEC = 0o2004000;
const IN_DELETE_SELF = 0x400;
const FIONREAD = 0x541b;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

const libc = {
  init: bind<(flags: number) => number>('int inotify_init1(int)'),
  addWatch: bind<(fd: number, path: string, mask: number) => number>(
    'int inotify_add_watch(int, const char*, uint32_t)',
  ),
  removeWatch: bind<(fd: number, wd: number) => number>('int inotify_rm_watch(int, int)'),
  ioctl: bind<(fd: number, request: number, type: 'int *', value: [number]) => number>(
    'int ioctl(int, unsigned long, ...)',
  ),
  prctl: bind<(option: number, type: 'unsigned long', value: number) => number>('int prctl(int, ...)'),
};

/** This process ends with the one that started it, even while a library blocks it. */
export function endWithParent(): void {
  libc.prctl?.(PR_SET_PDEATHSIG, 'unsigned long', SIGKILL);
}

/** Bytes of events that wait in an inotify descriptor; undefined: cannot be known. */
export function queuedBytes(fd: number): number | undefined {
  const value: [number] = [0];
  return libc.ioctl?.(fd, FIONREAD, 'int *', value) === 0 ? value[0] : undefined;
}

let trial: number | undefined;

/**
 * Whether one more watch can be had, by taking one and giving it back. A watcher that gets none for a new directory does
 * not say so: this is how it is noticed. True where it cannot be asked.
 */
export function watchLeft(): boolean {
  if (libc.init === undefined || libc.addWatch === undefined || libc.removeWatch === undefined) return true;
  if (trial === undefined) {
    const fd = libc.init(IN_NONBLOCK_CLOEXEC);
    if (fd < 0) return true;
    trial = fd;
  }
  const wd = libc.addWatch(trial, '/', IN_DELETE_SELF);
  if (wd < 0) return false;
  libc.removeWatch(trial, wd);
  // The end of a watch is an event as well, and would wait for ever.
  readSync(trial, new Uint8Array(64));
  return true;
}
