// The second source of hints: fs.watch on the directories that changed last. It has no debounce, so an edit where
// somebody works is seen after a fraction of a millisecond. Nothing depends on it: it may fail, stop and miss.
import { watch, type FSWatcher } from 'node:fs';
import { isAtOrBelow } from './watch-hints.ts';

/** Directories watched at a time, all folders together; the one that rested longest makes room. */
export const MAX_RECENT_DIRECTORIES = 512;
/** Above this many events a second it only repeats, at great cost, what the first source says too: it pauses. */
const MAX_EVENTS_PER_SECOND = 4_000;
const PAUSE_MS = 2_000;
/** No new flood for so long after a pause: it is over. */
const FLOOD_OVER_MS = 1_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export interface RecentChange {
  readonly folder: number;
  /** Relative, `''` for the root. */
  readonly dir: string;
  /** Undefined: unknown, or its bytes are not UTF-8. */
  readonly name: string | undefined;
  /** Something has appeared, vanished or moved; else only content or attributes changed. */
  readonly renamed: boolean;
}

export class RecentDirectories {
  readonly #changed: (change: RecentChange) => void;
  readonly #missing: () => void;
  /** By folder and directory; the order is that of use, oldest first. */
  readonly #watchers = new Map<string, FSWatcher>();
  #secondBegan = 0;
  #events = 0;
  #pausedUntil = 0;
  readonly #flooded = new Set<number>();

  /** `missing`: a watch could not be had, which says that a limit is reached. */
  constructor(changed: (change: RecentChange) => void, missing: () => void) {
    this.#changed = changed;
    this.#missing = missing;
  }

  /** This directory is in use: it is watched from now on, as long as others are not used more. */
  touch(folder: number, root: string, dir: string): void {
    const key = keyOf(folder, dir);
    const known = this.#watchers.get(key);
    if (known !== undefined) {
      this.#watchers.delete(key);
      this.#watchers.set(key, known);
      return;
    }
    if (performance.now() < this.#pausedUntil) return;
    try {
      const path = dir === '' ? root : `${root}/${dir}`;
      const watcher = watch(path, { persistent: false, encoding: 'buffer' }, (event, name) =>
        this.#onChange(folder, dir, event, name),
      );
      watcher.on('error', () => this.#drop(key));
      this.#watchers.set(key, watcher);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') this.#missing();
      return;
    }
    const oldest = this.#watchers.keys().next().value;
    if (this.#watchers.size > MAX_RECENT_DIRECTORIES && oldest !== undefined) this.#drop(oldest);
  }

  /** These, and what is below them, are gone, or are others now. */
  forget(folder: number, gone: ReadonlySet<string>): void {
    const prefix = keyOf(folder, '');
    for (const key of this.#watchers.keys())
      if (key.startsWith(prefix) && isAtOrBelow(key.slice(prefix.length), gone)) this.#drop(key);
  }

  forgetFolder(folder: number): void {
    for (const one of this.#watchers.keys()) if (one.startsWith(keyOf(folder, ''))) this.#drop(one);
  }

  /** Whether changes in this folder may have been seen by nobody, and `takeFlooded` has not said so yet. */
  isFlooded(folder: number): boolean {
    return this.#flooded.has(folder);
  }

  /**
   * Folders that had more changes than could be followed, once that is over. The first source leaves out a path that is
   * replaced and removed in one of its batches; where this one paused as well, nobody has seen it.
   */
  takeFlooded(): number[] {
    if (performance.now() < this.#pausedUntil + FLOOD_OVER_MS) return [];
    const folders = [...this.#flooded];
    this.#flooded.clear();
    return folders;
  }

  #drop(key: string): void {
    this.#watchers.get(key)?.close();
    this.#watchers.delete(key);
  }

  #onChange(folder: number, dir: string, event: string, name: Uint8Array | null): void {
    const now = performance.now();
    if (now - this.#secondBegan > 1_000) {
      this.#secondBegan = now;
      this.#events = 0;
    }
    if (++this.#events > MAX_EVENTS_PER_SECOND) {
      this.#pausedUntil = now + PAUSE_MS;
      this.#flooded.add(folder);
      for (const key of [...this.#watchers.keys()]) this.#drop(key);
      return;
    }
    this.#changed({ folder, dir, name: decode(name), renamed: event === 'rename' });
  }
}

function keyOf(folder: number, dir: string): string {
  return `${folder}:${dir}`;
}

function decode(name: Uint8Array | null): string | undefined {
  if (name === null) return undefined;
  try {
    return utf8.decode(name);
  } catch {
    return undefined;
  }
}
