// Sees to it that new directories are really watched, all the way down. The watcher library watches a directory when it
// hears of it, but not what already lies in it by then: a tree that was moved here, a directory made at once in a new
// one. So each new directory is looked into: what has not been reported on its own, after a probe has shown that
// everything was, is not watched, and the directory is subscribed once more.
import { setTimeout } from 'node:timers/promises';
import { directoriesIn, lookAt } from './watch-tree.ts';

/**
 * created: new, or moved here. changed: a directory that may be another one than before. verify: only whether the kernel
 * watches it, which it does not when a limit was reached in silence.
 */
export type Noticed = 'created' | 'changed' | 'verify';

/** More new directories than this at a time: reading the whole tree anew is cheaper. */
const MAX_AT_ONCE = 2_000;
/** A directory that was moved is reported as gone at its old place; not always in the same batch. */
const MOVE_MS = 1_000;
/** Asking for all watches costs time in proportion: this share of it at most. */
const INODES_SHARE = 20;

export interface CoverageParts {
  /** Absolute, of a relative path. */
  absolute(dir: string): string;
  /** See Probe.ask. */
  probe(): Promise<boolean>;
  /** Subscribes this directory on its own, or sees to it that what changes in it is found in another way. */
  subscribe(dir: string): Promise<void>;
  /** The inodes that are watched now; undefined where that cannot be said. */
  watchedInodes(): Set<bigint> | undefined;
  /** Everything in this directory may have changed. */
  tree(dir: string): void;
  /** There are too many to follow one by one. */
  overwhelmed(): void;
}

export class Coverage {
  readonly #parts: CoverageParts;
  #fresh = new Map<string, Noticed>();
  /** New directories that were reported since the last rest. */
  readonly #reported = new Set<string>();
  /** In work now. */
  #current: readonly string[] = [];
  readonly #unverified = new Set<string>();
  #running: Promise<void> | undefined;
  #removedMs = -Infinity;
  #inodesMs = -Infinity;
  #inodesTookMs = 0;

  constructor(parts: CoverageParts) {
    this.#parts = parts;
  }

  /** A directory has been reported. Call for all of a batch before anything is awaited. */
  noticed(dir: string, how: Noticed): void {
    if (how === 'created') this.#reported.add(dir);
    if (this.#fresh.get(dir) !== 'created') this.#fresh.set(dir, how);
    this.#running ??= this.#run();
  }

  /** A scan found this directory, perhaps without any event: it and all below it are looked at. */
  addTree(dir: string): void {
    const how = this.#parts.watchedInodes() === undefined ? 'changed' : 'verify';
    const open = [dir];
    for (let next = open.pop(), seen = 1; next !== undefined && seen <= MAX_AT_ONCE; next = open.pop(), seen++) {
      this.noticed(next, how);
      for (const name of directoriesIn(this.#parts.absolute(next)) ?? []) open.push(`${next}/${name}`);
    }
  }

  /** Something has been reported as gone. */
  removed(): void {
    this.#removedMs = performance.now();
  }

  /** Directories about which it is not yet known whether they are watched; subscribed ones are hinted at afterwards. */
  pending(): string[] {
    return [...this.#current, ...this.#fresh.keys()];
  }

  /** Resolves when nothing is pending. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** To be called about every second: checks in the kernel what is believed to be watched. */
  tick(): void {
    const dirs = [...this.#unverified];
    this.#unverified.clear();
    for (const dir of dirs) this.noticed(dir, 'verify');
  }

  async #run(): Promise<void> {
    // The whole batch of events first.
    await Promise.resolve();
    while (this.#fresh.size > 0) {
      const batch = this.#fresh;
      this.#fresh = new Map();
      this.#current = [...batch.keys()];
      if (batch.size >= MAX_AT_ONCE) this.#parts.overwhelmed();
      else await this.#cover(batch);
      this.#current = [];
    }
    this.#reported.clear();
    this.#running = undefined;
  }

  async #cover(batch: ReadonlyMap<string, Noticed>): Promise<void> {
    const inodes = [...batch.values()].some((how) => how !== 'created') ? await this.#inodes() : undefined;
    const doubtful = () => [...batch].filter(([dir, how]) => this.#isDoubtful(dir, how, inodes)).map(([dir]) => dir);
    let open = doubtful();
    if (open.length > 0) {
      await this.#parts.probe();
      open = doubtful();
    }
    for (const dir of topmost(open)) {
      await this.#parts.subscribe(dir);
      // What changed in it until now may not have been reported.
      this.#parts.tree(dir);
    }
    for (const [dir, how] of batch) if (how === 'created') this.#unverified.add(dir);
    if (this.#unverified.size > MAX_AT_ONCE) this.#unverified.clear();
  }

  #isDoubtful(dir: string, how: Noticed, inodes: Set<bigint> | undefined): boolean {
    const own = lookAt(this.#parts.absolute(dir));
    if (own?.directory !== true) return false;
    const below = directoriesIn(this.#parts.absolute(dir)) ?? [];
    const names = below.filter((name) => !name.includes('\uFFFD')).map((name) => `${dir}/${name}`);
    if (how !== 'created' && inodes !== undefined) {
      if (!inodes.has(own.ino)) return true;
      if (names.some((name) => !inodes.has(lookAt(this.#parts.absolute(name))?.ino ?? own.ino))) return true;
      if (how === 'verify' || performance.now() - this.#removedMs > MOVE_MS) return false;
    }
    if (how === 'verify') return false;
    return names.some((name) => !this.#reported.has(name));
  }

  async #inodes(): Promise<Set<bigint> | undefined> {
    const rest = this.#inodesMs + this.#inodesTookMs * INODES_SHARE - performance.now();
    if (rest > 0) await setTimeout(rest);
    const began = performance.now();
    const inodes = this.#parts.watchedInodes();
    this.#inodesMs = performance.now();
    this.#inodesTookMs = this.#inodesMs - began;
    return inodes;
  }
}

/** Without those that lie below another one. */
function topmost(dirs: readonly string[]): string[] {
  const all = new Set(dirs);
  return dirs.filter((dir) => {
    for (let end = dir.lastIndexOf('/'); end > 0; end = dir.lastIndexOf('/', end - 1))
      if (all.has(dir.slice(0, end))) return false;
    return true;
  });
}
