// One recursive subscription with @parcel/watcher, and what its errors mean. The library is used with care: a tree that
// is subscribed twice is read once only, and one whose subscription failed half-way stays half watched until the
// process ends.
import { lstatSync, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { subscribe, type Event } from '@parcel/watcher';
import { inotifyDescriptors } from './inotify-proc.ts';

/** More directories than this that may not be read are too many to leave out one by one. */
const MAX_UNREADABLE = 100;

/** Trees in which directories come and go fail to be read; so many tries, with growing pauses. */
export const VANISHED_RETRIES = 5;

export interface WatchedTree {
  /** Rejects when the library lost its way in what it watches; the tree can then not be subscribed again. */
  unsubscribe(): Promise<void>;
  /** Directories that may not be read and are not watched, absolute. */
  readonly unreadable: readonly string[];
}

export type TreeOutcome =
  | { readonly kind: 'watched'; readonly tree: WatchedTree }
  /** The directory, or one in it, vanished meanwhile. */
  | { readonly kind: 'vanished' }
  /** No watch is left. */
  | { readonly kind: 'limit' }
  /** `half`: some of it may be watched now, and cannot be subscribed again. */
  | { readonly kind: 'failed'; readonly message: string; readonly half: boolean };

let queue: number | undefined;

/** The descriptor of the library's inotify queue, the same for all trees; undefined before the first. */
export function queueDescriptor(): number | undefined {
  return queue;
}

/** Watches `dir`, an absolute path without links, and all below it but `ignore` (relative paths, or what matches them). */
export async function watchTree(
  dir: string,
  ignore: readonly (string | RegExp | undefined)[],
  onEvents: (error: Error | null, events: readonly Event[]) => void,
): Promise<TreeOutcome> {
  const always = ignore.filter((one) => one !== undefined);
  let unreadable: string[] = [];
  for (let attempt = 0; ; attempt++) {
    const outcome = await subscribeOnce(dir, [...always, ...unreadable.map(ignoreExactly(dir))], onEvents);
    if (outcome instanceof Error) {
      const { message } = outcome;
      const half = message.startsWith('inotify_add_watch');
      if (message.endsWith('No space left on device')) return { kind: 'limit' };
      if (!half && message.endsWith('Permission denied') && attempt < 2) {
        unreadable = await findUnreadable(dir);
        if (unreadable.length <= MAX_UNREADABLE) continue;
      }
      if (!half && /No such file|Not a directory/.test(message)) return { kind: 'vanished' };
      return { kind: 'failed', message, half };
    }
    return { kind: 'watched', tree: { unsubscribe: outcome, unreadable } };
  }
}

async function subscribeOnce(
  dir: string,
  ignore: readonly (string | RegExp)[],
  onEvents: (error: Error | null, events: readonly Event[]) => void,
): Promise<Error | (() => Promise<void>)> {
  const before = inotifyDescriptors();
  // The library opens its queue before the call returns, when it has none.
  const pending = subscribe(dir, onEvents, { backend: 'inotify', ignore: [...ignore] });
  queue = inotifyDescriptors().find((fd) => !before.includes(fd)) ?? queue;
  try {
    const subscription = await pending;
    return () => subscription.unsubscribe();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The library takes a path with `[` or `*` in it for a pattern, unless it is one that says exactly this. */
function ignoreExactly(dir: string): (path: string) => string | RegExp {
  return (path) => {
    const relative = path.slice(dir.length + 1);
    return /^[\w./ -]+$/.test(relative)
      ? relative
      : new RegExp(`^${relative.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}$`);
  };
}

/** Directories below `dir`, and it, that may not be listed. Their number is bounded, the walk is not: it yields. */
async function findUnreadable(dir: string): Promise<string[]> {
  const found: string[] = [];
  const open = [dir];
  for (let next = open.pop(), steps = 1; next !== undefined; next = open.pop(), steps++) {
    const below = directoriesIn(next);
    if (below === undefined) found.push(next);
    else for (const name of below) open.push(`${next}/${name}`);
    if (found.length > MAX_UNREADABLE) break;
    if (steps % 100 === 0) await setImmediate();
  }
  return found;
}

/** The names of the directories in `dir`; undefined where it cannot be listed, empty where it is gone. */
export function directoriesIn(dir: string): string[] | undefined {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES' ? undefined : [];
  }
}

/** Of what is there now, not following a link; undefined where nothing is, or nothing that we may look at. */
export function lookAt(path: string): { readonly directory: boolean; readonly ino: bigint } | undefined {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : { directory: stat.isDirectory(), ino: stat.ino };
  } catch (error) {
    // A file has taken the place of a directory above it, or that directory has been shut: no reason to stop watching.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
