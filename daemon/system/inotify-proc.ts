// What /proc shows of this process's inotify descriptors, and of the limits. All reads are synchronous: what other
// threads have read is told from what this one has (see readByOthers).
import { openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

const DEFAULT_MAX_QUEUED_EVENTS = 16_384;

/** The descriptors of this process that are inotify instances. */
export function inotifyDescriptors(): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`) === 'anon_inode:inotify') found.push(Number(name));
    } catch {
      // Closed meanwhile, as the one that lists this directory.
    }
  }
  return found;
}

/** The inode numbers that a descriptor watches (proc(5), fdinfo); undefined when it cannot be read. */
export function watchedInodes(fd: number): Set<bigint> | undefined {
  try {
    const inodes = new Set<bigint>();
    for (const match of readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1').matchAll(/^inotify wd:\S+ ino:([0-9a-f]+)/gm))
      inodes.add(BigInt(`0x${match[1] ?? '0'}`));
    return inodes;
  } catch {
    return undefined;
  }
}

/** fs.inotify.max_queued_events: how many events wait before the kernel drops them. */
export function maxQueuedEvents(): number {
  return readNumber('/proc/sys/fs/inotify/max_queued_events') ?? DEFAULT_MAX_QUEUED_EVENTS;
}

/** How many watches this user may have: the lesser of the two limits. */
export function maxWatches(): number | undefined {
  return least('/proc/sys/fs/inotify/max_user_watches', '/proc/sys/user/max_inotify_watches');
}

/** How many instances this user may have. */
export function maxInstances(): number | undefined {
  return least('/proc/sys/fs/inotify/max_user_instances', '/proc/sys/user/max_inotify_instances');
}

function least(...paths: readonly string[]): number | undefined {
  const limits = paths.map(readNumber);
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function readNumber(path: string): number | undefined {
  try {
    const number = Number(readFileSync(path, 'latin1'));
    return Number.isSafeInteger(number) ? number : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Bytes that threads other than the main one have read by read(2) since the process began (proc(5), io: rchar). In the
 * watcher process the only such thread is the library's, and what it reads is its inotify queue. Undefined where the
 * kernel does not count it.
 */
export function openReadCounter(): (() => number) | undefined {
  try {
    const all = openSync('/proc/self/io', 'r');
    const own = openSync('/proc/thread-self/io', 'r');
    const buffer = Buffer.alloc(512);
    const readBytes = (fd: number) =>
      Number(/^rchar: (\d+)/.exec(buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0)))?.[1]);
    // Ours first, so that a difference is never too small.
    const count = () => {
      const ours = readBytes(own);
      return readBytes(all) - ours;
    };
    return Number.isNaN(count()) ? undefined : count;
  } catch {
    return undefined;
  }
}
