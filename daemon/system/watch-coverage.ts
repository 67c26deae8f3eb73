// Sees to it that new directories are really watched, all the way down. The watcher library watches a directory when it
// hears of it, but not what already lies in it by then: a tree that was moved here, a directory made at once in a new
// one. So each new directory is looked into: what has not been reported on its own, after a probe has shown that
// everything was, is not watched, and the directory is subscribed once more.
import { dirname, join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { OWN_DIR } from '../core/path.ts';
import { isAtOrBelow } from './watch-hints.ts';
import { directoriesIn, lookAt } from './watch-tree.ts';

/**
 * created: new, or moved here. changed: a directory that may be another one than before. verify: only whether the kernel
 * watches it, which it does not when a limit was reached in silence. tree: the same, of it and all below it.
 */
export type Noticed = 'created' | 'changed' | 'verify' | 'tree';

/** More new directories than this at a time are not looked at one by one. */
const MAX_AT_ONCE = 2_000;
/** … and where they came in more places than this, reading the whole tree anew is cheaper. */
const MAX_TOPS = 32;
/** A directory that was moved is reported as gone at its old place; not always in the same batch. */
const MOVE_MS = 1_000;
/** A tree in which directories come and go while it is subscribed is subscribed again, so many times. */
const MAX_ROUNDS = 4;
/** While a tree is walked, others get a turn each so many directories. */
const WALK_TURN = 200;
/** Asking for all watches costs time in proportion: this share of it at most. */
const INODES_SHARE = 20;

export interface CoverageParts {
  /** Absolute, of a relative path. */
  absolute(dir: string): string;
  /** Resolves when what was changed before has been reported, or cannot be in time. */
  probe(): Promise<unknown>;
  /** Subscribes this directory on its own. False: it cannot, and sees to it that changes there are found in another way. */
  subscribe(dir: string): Promise<boolean>;
  /** Nothing in this directory is to be watched. */
  isQuiet(dir: string): boolean;
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
  /** How often a directory was subscribed since the last rest. */
  readonly #rounds = new Map<string, number>();
  #running: Promise<void> | undefined;
  #removedMs = -Infinity;
  #inodesMs = -Infinity;
  #inodesTookMs = 0;

  constructor(parts: CoverageParts) {
    this.#parts = parts;
  }

  /** A directory has been reported. Call for all of a batch before anything is awaited. */
  noticed(dir: string, how: Noticed): void {
    if (this.#parts.isQuiet(dirname(dir))) return;
    if (how === 'created') this.#reported.add(dir);
    if (this.#fresh.get(dir) !== 'created') this.#fresh.set(dir, how);
    this.#running ??= this.#run();
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
      if (batch.size >= MAX_AT_ONCE) await this.#coverRoughly(batch);
      else await this.#cover(batch);
      this.#current = [];
    }
    this.#reported.clear();
    this.#rounds.clear();
    this.#running = undefined;
  }

  /** Subscribes where they came together, watched already or not. */
  async #coverRoughly(batch: ReadonlyMap<string, Noticed>): Promise<void> {
    const tops = topmost([...batch.keys()]);
    if (tops.length > MAX_TOPS) this.#parts.overwhelmed();
    else for (const dir of tops) await this.#subscribe(dir);
  }

  async #cover(batch: ReadonlyMap<string, Noticed>): Promise<void> {
    const inodes = [...batch.values()].some((how) => how !== 'created') ? await this.#inodes() : undefined;
    const doubtful = () => [...batch].filter(([dir, how]) => this.#isDoubtful(dir, how, inodes)).map(([dir]) => dir);
    const before = new Set(doubtful());
    if (before.size > 0 || [...batch.values()].includes('created')) await this.#parts.probe();
    const uncovered: string[] = [];
    for (const dir of doubtful()) {
      // What was there before the probe and has not been reported by now never will be.
      if (before.has(dir)) uncovered.push(dir);
      else this.#fresh.set(dir, 'created');
    }
    for (const [dir, how] of batch) if (how === 'tree') uncovered.push(...(await this.#unwatchedIn(dir, inodes)));
    for (const dir of topmost(uncovered)) await this.#subscribe(dir);
    for (const [dir, how] of batch) if (how === 'created') this.#unverified.add(dir);
    if (this.#unverified.size > MAX_AT_ONCE) this.#unverified.clear();
  }

  async #subscribe(dir: string): Promise<void> {
    const round = (this.#rounds.get(dir) ?? 0) + 1;
    this.#rounds.set(dir, round);
    if (round > MAX_ROUNDS) this.#parts.overwhelmed();
    // Directories that were made while it was read may have been missed.
    else if (await this.#parts.subscribe(dir)) this.#fresh.set(dir, 'tree');
    // What changed in it until now may not have been reported.
    this.#parts.tree(dir);
  }

  /** Directories in `dir`, and it, that the kernel does not watch; what is below them is not looked at. */
  async #unwatchedIn(dir: string, inodes: Set<bigint> | undefined): Promise<string[]> {
    if (inodes === undefined) return [];
    const found: string[] = [];
    const open = [dir];
    for (let next = open.pop(), steps = 1; next !== undefined; next = open.pop(), steps++) {
      const own = lookAt(this.#parts.absolute(next));
      if (own?.directory !== true) continue;
      const below = this.#directoriesIn(next);
      // What may not be read cannot be watched either.
      if (below === undefined) continue;
      if (!inodes.has(own.ino)) found.push(next);
      else for (const name of below) if (next !== '' || name !== OWN_DIR) open.push(join(next, name));
      if (steps % WALK_TURN === 0) await setImmediate();
    }
    return found;
  }

  #isDoubtful(dir: string, how: Noticed, inodes: Set<bigint> | undefined): boolean {
    const own = lookAt(this.#parts.absolute(dir));
    const below = this.#directoriesIn(dir);
    if (how === 'tree' || own?.directory !== true || below === undefined) return false;
    const names = below.filter((name) => !name.includes('\uFFFD')).map((name) => join(dir, name));
    if (how !== 'created' && inodes !== undefined) {
      if (!inodes.has(own.ino)) return true;
      if (names.some((name) => !inodes.has(lookAt(this.#parts.absolute(name))?.ino ?? own.ino))) return true;
      if (how === 'verify' || performance.now() - this.#removedMs > MOVE_MS) return false;
    }
    if (how === 'verify') return false;
    return names.some((name) => !this.#reported.has(name));
  }

  /** Those that are to be watched too. */
  #directoriesIn(dir: string): string[] | undefined {
    return this.#parts.isQuiet(dir) ? [] : directoriesIn(this.#parts.absolute(dir));
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
  return [...all].filter((dir) => !isAtOrBelow(dirname(dir), all));
}
