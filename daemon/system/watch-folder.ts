// One folder in the watcher process: its root subscription, those that were added for new directories, its probe, and
// what it says when it cannot watch.
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Event } from '@parcel/watcher';
import { OWN_DIR } from '../core/path.ts';
import type { WatchState } from '../ports/watch.ts';
import { watchedInodes } from './inotify-proc.ts';
import { Coverage } from './watch-coverage.ts';
import { isOwn } from './watch-hints.ts';
import type { RenewWhy } from './watch-messages.ts';
import { Probe, PROBE_TIMEOUT_MS } from './watch-probe.ts';
import { directoriesIn, lookAt, queueDescriptor, watchTree, type WatchedTree } from './watch-tree.ts';

const PROBE_DIR = `${OWN_DIR}/probe`;
/** Subscriptions for new directories, beyond which the root is better read anew. */
const MAX_ADDED = 256;
/** Trees to hint at again and again until the process is renewed; with more, everything. */
const MAX_UNCOVERED = 64;
const VANISHED_RETRIES = 5;
/** In ticks of a second: what is tried or said again, how often. */
const START_RETRY_TICKS = 2;
const UNCOVERED_TICKS = 2;
const UNREADABLE_RETRY_TICKS = 10;
/** So many directories are watched for quick hints at the start, and for each batch of events. */
const QUICK_AT_ONCE = 128;

/** Where a folder's news go. */
export interface FolderNews {
  path(path: string): void;
  tree(dir: string): void;
  everything(why: string): void;
  state(state: WatchState): void;
  renew(why: RenewWhy, detail: string): void;
  /** This directory is in use. */
  busy(dir: string): void;
  /** This directory, and all below it, is gone or is another one now. */
  gone(dir: string): void;
  /** Events have come. */
  activity(): void;
}

export class WatchedFolder {
  readonly #given: string;
  readonly #news: FolderNews;
  #root: { readonly path: string; readonly identity: string } | undefined;
  #probe: Probe | undefined;
  #coverage: Coverage | undefined;
  #tree: WatchedTree | undefined;
  readonly #added = new Map<string, WatchedTree>();
  /** Relative paths that the library cannot subscribe again in this process. */
  readonly #spoiled = new Set<string>();
  readonly #unreadable = new Set<string>();
  readonly #uncovered = new Set<string>();
  #dropping: Promise<void> = Promise.resolve();
  #starting = false;
  /** The library has part of the root: it can only be watched by a new process. */
  #half = false;
  #lost = false;
  #ticks = 0;
  #closed = false;

  /** `root`: the absolute path of the folder; it may be reached through links. */
  constructor(root: string, news: FolderNews) {
    this.#given = root;
    this.#news = news;
  }

  /** The root without links, once it is watched. */
  get root(): string | undefined {
    return this.#root?.path;
  }

  /** Begins to watch. What goes wrong is told as a state, and tried again by tick. */
  async start(): Promise<void> {
    if (this.#starting || this.#closed || this.#tree !== undefined) return;
    this.#starting = true;
    try {
      await this.#start();
    } catch (error) {
      this.#fail('E_WATCH_FAILED', `${this.#given} cannot be watched: ${messageOf(error)}`);
    } finally {
      this.#starting = false;
    }
  }

  async #start(): Promise<void> {
    const path = realpathSync(this.#given);
    const identity = identityOf(path);
    if (identity === undefined) throw new Error('no such directory');
    const probe = new Probe(`${path}/${PROBE_DIR}`);
    try {
      probe.prepare();
    } catch {
      // A full or read-only disk: `settled` will say that it cannot tell.
    }
    this.#root = { path, identity };
    this.#probe = probe;
    this.#coverage = this.#makeCoverage(path, probe);
    for (let attempt = 0; attempt < VANISHED_RETRIES; attempt++) {
      const outcome = await watchTree(path, ownNames(path), (error, events) => this.#onEvents(error, events));
      switch (outcome.kind) {
        case 'watched':
          this.#tree = outcome.tree;
          for (const dir of outcome.tree.unreadable) this.#unreadable.add(this.#relative(dir));
          this.#news.state({ kind: 'watching' });
          this.#watchQuickly('');
          // Directories that were made while the tree was read may have been missed.
          this.#coverage.noticed('', 'tree');
          return;
        case 'vanished':
          await setTimeout(20 << attempt);
          continue;
        case 'limit':
          this.#half = true;
          this.#fail('E_WATCH_LIMIT', `There are more directories in ${path} than fs.inotify.max_user_watches allows.`);
          return;
        case 'failed':
          this.#fail('E_WATCH_FAILED', `${path} cannot be watched: ${outcome.message}`);
          this.#half = outcome.half;
          if (outcome.half) this.#news.renew('gap', outcome.message);
          return;
      }
    }
    this.#fail('E_WATCH_FAILED', `${path} cannot be watched: its directories come and go too fast.`);
  }

  /** Watches what a scan has found, where it is not watched already. */
  addTree(dir: string): void {
    if (this.#tree !== undefined) this.#coverage?.noticed(dir, 'tree');
  }

  /** Resolves when all that was changed before has been reported, or something that includes it. */
  async settle(): Promise<void> {
    if (this.#tree === undefined || this.#probe === undefined || this.#coverage === undefined) return;
    if (!(await this.#allReported(this.#probe))) this.#news.everything('the watcher did not report a probe in time');
    await Promise.race([this.#coverage.idle(), setTimeout(PROBE_TIMEOUT_MS, undefined, { ref: false })]);
    for (const dir of this.#coverage.pending()) this.#news.tree(dir);
    this.#hintUncovered();
  }

  /**
   * Whether everything that was changed before has been reported. The library hands over its batch subscription by
   * subscription, in no order: that of a probe's file may come first, and only the next batch follows all of this one.
   */
  async #allReported(probe: Probe): Promise<boolean> {
    const seen = (await probe.ask()) && (this.#added.size === 0 || (await probe.ask()));
    await setImmediate();
    await setImmediate();
    return seen;
  }

  /** To be called about every second. */
  tick(): void {
    this.#ticks++;
    if (this.#tree === undefined) {
      if (!this.#half && this.#ticks % START_RETRY_TICKS === 0) void this.start();
      return;
    }
    this.#checkRoot();
    if (this.#ticks % UNCOVERED_TICKS === 0) this.#hintUncovered();
    this.#coverage?.tick();
    if (this.#ticks % UNREADABLE_RETRY_TICKS === 0) this.#retryUnreadable();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const trees = [...this.#added.values(), ...(this.#tree === undefined ? [] : [this.#tree])];
    this.#added.clear();
    this.#tree = undefined;
    const ends = await Promise.allSettled(trees.map((tree) => tree.unsubscribe()));
    if (ends.some((end) => end.status === 'rejected')) this.#news.renew('gap', 'a folder could not be let go of');
  }

  #fail(code: 'E_WATCH_LIMIT' | 'E_WATCH_FAILED', message: string): void {
    this.#news.state({ kind: 'degraded', code, message });
  }

  #makeCoverage(root: string, probe: Probe): Coverage {
    return new Coverage({
      absolute: (dir) => `${root}/${dir}`,
      probe: () => this.#allReported(probe),
      subscribe: (dir) => this.#subscribe(dir),
      watchedInodes: () => this.#watchedInodes(),
      tree: (dir) => this.#news.tree(dir),
      overwhelmed: () => void this.#renew('', 'more new directories than can be followed'),
    });
  }

  #onEvents(error: Error | null, events: readonly Event[]): void {
    if (this.#closed || this.#root === undefined) return;
    this.#news.activity();
    if (error !== null) {
      this.#fail('E_WATCH_FAILED', `${this.#root.path}: ${error.message}`);
      this.#news.renew('gap', error.message);
      return;
    }
    const probes: string[] = [];
    const busy = new Set<string>();
    const fresh = new Set<string>();
    for (const event of events) {
      const path = this.#relative(event.path);
      if (path.startsWith(`${PROBE_DIR}/`)) probes.push(path.slice(PROBE_DIR.length + 1));
      if (path === '') this.#checkRoot();
      else if (path === OWN_DIR && event.type !== 'update') this.#news.everything(`${OWN_DIR} has come or gone`);
      else if (!isOwn(path)) this.#onEvent(event.type, path, busy, fresh);
    }
    for (const dir of busy) this.#news.busy(dir);
    let quick = 0;
    for (const dir of fresh) if (quick < QUICK_AT_ONCE) quick += this.#watchQuickly(dir);
    // After the others: who waits for a probe may rely on what came with it.
    for (const name of probes) this.#probe?.seen(name);
  }

  #onEvent(type: Event['type'], path: string, busy: Set<string>, fresh: Set<string>): void {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (busy.size < QUICK_AT_ONCE) busy.add(parent);
    if (type === 'delete') {
      this.#coverage?.removed();
      void this.#drop(path);
      this.#news.gone(path);
      this.#news.path(path);
      return;
    }
    if (lookAt(`${this.#root?.path}/${path}`)?.directory !== true) {
      this.#news.path(path);
      return;
    }
    if (type === 'create') this.#news.gone(path);
    if (fresh.size < QUICK_AT_ONCE) fresh.add(path);
    this.#news.tree(path);
    this.#coverage?.noticed(path, type === 'create' ? 'created' : 'changed');
  }

  async #subscribe(dir: string): Promise<boolean> {
    const root = this.#root?.path;
    if (root === undefined || this.#closed) return false;
    await this.#drop(dir);
    if (this.#spoiled.has(dir) || this.#added.size >= MAX_ADDED) return this.#renew(dir, 'too many new directories');
    for (let attempt = 0; attempt < VANISHED_RETRIES; attempt++) {
      const outcome = await watchTree(`${root}/${dir}`, [], (error, events) => this.#onEvents(error, events));
      switch (outcome.kind) {
        case 'watched':
          this.#added.set(dir, outcome.tree);
          for (const one of outcome.tree.unreadable) this.#unreadable.add(this.#relative(one));
          return true;
        case 'vanished':
          if (lookAt(`${root}/${dir}`)?.directory !== true) return false;
          await setTimeout(20 << attempt);
          continue;
        case 'limit':
          this.#spoiled.add(dir);
          this.#uncovered.add(dir);
          this.#fail('E_WATCH_LIMIT', `No watch is left for ${root}/${dir}: fs.inotify.max_user_watches is reached.`);
          return false;
        case 'failed':
          this.#spoiled.add(dir);
          // Vanished half-way: nothing is there to be watched.
          if (lookAt(`${root}/${dir}`)?.directory !== true) return false;
          return this.#renew(dir, outcome.message);
      }
    }
    return this.#renew(dir, 'its directories come and go too fast');
  }

  /** Lets go of the added subscriptions of what is no longer there. */
  #drop(dir: string): Promise<void> {
    this.#dropping = this.#dropping.then(() => this.#dropNow(dir));
    return this.#dropping;
  }

  async #dropNow(dir: string): Promise<void> {
    for (const [one, tree] of this.#added) {
      if (one !== dir && !one.startsWith(`${dir}/`)) continue;
      this.#added.delete(one);
      this.#spoiled.add(one);
      try {
        await tree.unsubscribe();
        this.#spoiled.delete(one);
      } catch {
        // The library still holds parts of it: it stays spoiled.
      }
    }
  }

  /** Until the process is renewed, changes here are found by looking again and again. `''`: anywhere. */
  #renew(dir: string, why: string): false {
    this.#uncovered.add(dir);
    this.#news.renew('gap', dir === '' ? why : `${dir}: ${why}`);
    return false;
  }

  #hintUncovered(): void {
    if (this.#uncovered.size > MAX_UNCOVERED || this.#uncovered.has(''))
      this.#news.everything('new directories are not watched yet');
    else for (const dir of this.#uncovered) this.#news.tree(dir);
  }

  #checkRoot(): void {
    if (this.#root === undefined || this.#lost) return;
    const identity = identityOf(this.#root.path);
    if (identity === this.#root.identity) return;
    this.#lost = true;
    this.#news.everything('the root is gone or is another one');
    this.#fail('E_WATCH_FAILED', `${this.#root.path} is not there.`);
  }

  /** The root is back, where it was gone: only a new process can watch it. */
  get returned(): boolean {
    return this.#lost && identityOf(this.#given) !== undefined;
  }

  #retryUnreadable(): void {
    for (const dir of this.#unreadable) {
      if (directoriesIn(`${this.#root?.path}/${dir}`) === undefined) continue;
      this.#unreadable.delete(dir);
      this.#coverage?.noticed(dir, 'changed');
    }
  }

  /** Undefined on file systems where the kernel's inode numbers are not those that lstat shows. */
  #watchedInodes(): Set<bigint> | undefined {
    const queue = queueDescriptor();
    const inodes = queue === undefined ? undefined : watchedInodes(queue);
    const root = this.#root === undefined ? undefined : lookAt(this.#root.path);
    return root !== undefined && inodes?.has(root.ino) === true ? inodes : undefined;
  }

  /** Watches `dir` and the first directories below it for quick hints, nearest first; how many it took. */
  #watchQuickly(dir: string): number {
    const open = [dir];
    let seen = 0;
    for (let next = open.shift(); next !== undefined && seen < QUICK_AT_ONCE; next = open.shift()) {
      seen++;
      this.#news.busy(next);
      const below = (directoriesIn(`${this.#root?.path}/${next}`) ?? []).slice(0, QUICK_AT_ONCE);
      for (const name of below) if (next !== '' || name !== OWN_DIR) open.push(join(next, name));
    }
    return seen;
  }

  #relative(path: string): string {
    return this.#root === undefined ? path : path.slice(this.#root.path.length + 1);
  }
}

/** What is ours in the root, but the probe, is not worth an event. */
function ownNames(root: string): string[] {
  const names = new Set(['staging', 'versions']);
  try {
    for (const name of readdirSync(`${root}/${OWN_DIR}`)) names.add(name);
  } catch {
    // Not there yet, or gone: the folder finds that out.
  }
  names.delete('probe');
  return [...names].map((name) => `${OWN_DIR}/${name}`);
}

function identityOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { bigint: true });
    return stat.isDirectory() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
