// What the machine lets this process have.
import { readFileSync } from 'node:fs';
import { maxInstances, maxWatches } from './inotify-proc.ts';

export interface MachineLimits {
  /** inotify(7), for the user: watches in all, and instances. */
  readonly inotifyWatches: number | undefined;
  readonly inotifyInstances: number | undefined;
  /** The soft limit of open files. */
  readonly openFiles: number | undefined;
}

/** Undefined where /proc does not say. */
export function machineLimits(): MachineLimits {
  return { inotifyWatches: maxWatches(), inotifyInstances: maxInstances(), openFiles: maxOpenFiles() };
}

function maxOpenFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
