// The subscriptions that a folder needs beside that of its root: one for each new directory in which something lies that
// the library does not watch. What cannot be subscribed in this process is hinted at until there is another one.
import { setTimeout } from 'node:timers/promises';
import type { Event } from '@parcel/watcher';
import type { WatchState } from '../ports/watch.ts';
import { isAtOrBelow } from './watch-hints.ts';
import type { RenewWhy } from './watch-messages.ts';
import type { QuietDirectories } from './watch-quiet.ts';
import { lookAt, VANISHED_RETRIES, watchTree, type WatchedTree } from './watch-tree.ts';

/** With more of them the root is better read anew, by a new process. */
const MAX_ADDED = 256;
/** Trees to hint at again and again; with more, everything. */
const MAX_UNCOVERED = 64;

export interface AddedTreesNews {
  tree(dir: string): void;
  everything(why: string): void;
  state(state: WatchState): void;
  renew(why: RenewWhy, detail: string): void;
}

export class AddedTrees {
  readonly #root: string;
  readonly #quiet: QuietDirectories;
  readonly #news: AddedTreesNews;
  readonly #onEvents: (error: Error | null, events: readonly Event[]) => void;
  readonly #trees = new Map<string, WatchedTree>();
  /** What the library cannot subscribe again in this process. */
  readonly #spoiled = new Set<string>();
  readonly #uncovered = new Set<string>();
  #dropping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    root: string,
    quiet: QuietDirectories,
    news: AddedTreesNews,
    onEvents: (error: Error | null, events: readonly Event[]) => void,
  ) {
    this.#root = root;
    this.#quiet = quiet;
    this.#news = news;
    this.#onEvents = onEvents;
  }

  get size(): number {
    return this.#trees.size;
  }

  /** The tree when it is watched; undefined when it is gone, or cannot be and is hinted at from now on. */
  async subscribe(dir: string): Promise<WatchedTree | undefined> {
    await this.#drop(dir);
    if (this.#closed) return undefined;
    if (this.#spoiled.has(dir) || this.#trees.size >= MAX_ADDED) return this.giveUp(dir, 'too many new directories');
    const path = `${this.#root}/${dir}`;
    for (let attempt = 0; attempt < VANISHED_RETRIES; attempt++) {
      const outcome = await watchTree(path, [this.#quiet.patternIn(dir)], this.#onEvents);
      if (outcome.kind === 'watched') {
        this.#trees.set(dir, outcome.tree);
        return outcome.tree;
      }
      if (outcome.kind === 'limit' || outcome.kind === 'failed') this.#spoiled.add(dir);
      if (lookAt(path)?.directory !== true) return undefined;
      switch (outcome.kind) {
        case 'vanished':
          await setTimeout(20 << attempt);
          continue;
        case 'limit': {
          this.#uncovered.add(dir);
          const message = `No watch is left for ${path}: fs.inotify.max_user_watches is reached.`;
          this.#news.state({ kind: 'degraded', code: 'E_WATCH_LIMIT', message });
          return undefined;
        }
        case 'failed':
          return this.giveUp(dir, outcome.message);
      }
    }
    return this.giveUp(dir, 'its directories come and go too fast');
  }

  /** Until the process is renewed, changes here are found by looking again and again. `''`: anywhere. */
  giveUp(dir: string, why: string): undefined {
    this.#uncovered.add(dir);
    this.#news.renew('gap', dir === '' ? why : `${dir}: ${why}`);
    return undefined;
  }

  /** Hints at what is not watched. */
  hintUncovered(): void {
    if (this.#uncovered.size > MAX_UNCOVERED || this.#uncovered.has(''))
      this.#news.everything('new directories are not watched yet');
    else for (const dir of this.#uncovered) this.#news.tree(dir);
  }

  /** Lets go of what lies at or below these paths. */
  drop(gone: ReadonlySet<string>): void {
    for (const dir of this.#trees.keys()) if (isAtOrBelow(dir, gone)) void this.#drop(dir);
  }

  /** Lets go of all. Rejects when the library cannot. */
  async close(): Promise<void> {
    this.#closed = true;
    const trees = [...this.#trees.values()];
    this.#trees.clear();
    await Promise.all(trees.map((tree) => tree.unsubscribe()));
  }

  #drop(dir: string): Promise<void> {
    this.#dropping = this.#dropping.then(() => this.#dropNow(dir));
    return this.#dropping;
  }

  async #dropNow(dir: string): Promise<void> {
    const tree = this.#trees.get(dir);
    if (tree === undefined) return;
    this.#trees.delete(dir);
    this.#spoiled.add(dir);
    try {
      await tree.unsubscribe();
      this.#spoiled.delete(dir);
    } catch {
      // The library still holds parts of it: it stays spoiled.
    }
  }
}
