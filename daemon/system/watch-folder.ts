// One folder in the watcher process: its root subscription, its probe, what its events ask for, and what it says when it
// cannot watch.
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Event } from '@parcel/watcher';
import { OWN_DIR } from '../core/path.ts';
import { watchedInodes } from './inotify-proc.ts';
import type { QuietName } from '../core/quiet-directories.ts';
import { AddedTrees, type AddedTreesNews } from './watch-added.ts';
import { Coverage } from './watch-coverage.ts';
import { isOwn } from './watch-hints.ts';
import { Probe, PROBE_TIMEOUT_MS } from './watch-probe.ts';
import { QuietDirectories } from './watch-quiet.ts';
import { directoriesIn, lookAt, queueDescriptor, VANISHED_RETRIES, watchTree, type WatchedTree } from './watch-tree.ts';

const PROBE_DIR = `${OWN_DIR}/probe`;
/** In ticks of a second: what is tried or said again, how often. */
const START_RETRY_TICKS = 2;
const UNCOVERED_TICKS = 2;
const UNREADABLE_RETRY_TICKS = 10;
/** So many directories are watched for quick hints at the start, and for each batch of events. */
const QUICK_AT_ONCE = 128;

/** Where a folder's news go. */
export interface FolderNews extends AddedTreesNews {
  path(path: string): void;
  /** This directory is in use. */
  busy(dir: string): void;
  /** These, and all below them, are gone, or are others now. */
  gone(paths: ReadonlySet<string>): void;
  /** Events have come. */
  activity(): void;
}

/** What a batch of events asks for, beside hints. */
interface Batch {
  readonly probes: string[];
  /** Directories in which something changed, and new ones; of very many not all. */
  readonly busy: Set<string>;
  readonly fresh: Set<string>;
  /** Paths that are gone, and directories that are others now. */
  readonly gone: Set<string>;
}

/** What there is once the root has been found. */
interface Parts {
  /** The root without links. */
  readonly path: string;
  readonly identity: string;
  readonly probe: Probe;
  readonly added: AddedTrees;
  readonly coverage: Coverage;
}

export class WatchedFolder {
  readonly #given: string;
  readonly #news: FolderNews;
  readonly #quiet: QuietDirectories;
  #parts: Parts | undefined;
  #tree: WatchedTree | undefined;
  readonly #unreadable = new Set<string>();
  #starting = false;
  /** The library has part of the root: it can only be watched by a new process. */
  #half = false;
  #lost = false;
  #ticks = 0;
  #closed = false;

  /** `root`: the absolute path of the folder; it may be reached through links. */
  constructor(root: string, quiet: readonly QuietName[], news: FolderNews) {
    this.#given = root;
    this.#quiet = new QuietDirectories(quiet);
    this.#news = news;
  }

  /** The root without links, once it has been found. */
  get root(): string | undefined {
    return this.#parts?.path;
  }

  /** Nothing in this directory is watched. */
  isQuiet(dir: string): boolean {
    return this.#quiet.has(dir);
  }

  /** The root is back, where it was gone: only a new process can watch it. */
  get returned(): boolean {
    return this.#lost && identityOf(this.#given) !== undefined;
  }

  /** Begins to watch. What goes wrong is told as a state, and tried again by tick. */
  async start(): Promise<void> {
    if (this.#starting || this.#closed || this.#tree !== undefined) return;
    this.#starting = true;
    try {
      this.#parts = this.#find();
      await this.#watch(this.#parts);
    } catch (error) {
      this.#fail('E_WATCH_FAILED', `${this.#given} cannot be watched: ${messageOf(error)}`);
    } finally {
      this.#starting = false;
    }
  }

  /** Watches what a scan has found, where it is not watched already. */
  addTree(dir: string): void {
    if (this.#tree !== undefined) this.#parts?.coverage.noticed(dir, 'tree');
  }

  /** Resolves when all that was changed before has been reported, or something that includes it. */
  async settle(): Promise<void> {
    if (this.#tree === undefined || this.#parts === undefined) return;
    const { coverage, added } = this.#parts;
    if (!(await this.#allReported(this.#parts))) this.#news.everything('the watcher did not report a probe in time');
    await Promise.race([coverage.idle(), setTimeout(PROBE_TIMEOUT_MS, undefined, { ref: false })]);
    for (const dir of coverage.pending()) this.#news.tree(dir);
    added.hintUncovered();
  }

  /** To be called about every second. */
  tick(): void {
    this.#ticks++;
    if (this.#tree === undefined || this.#parts === undefined) {
      if (!this.#half && this.#ticks % START_RETRY_TICKS === 0) void this.start();
      return;
    }
    this.#checkRoot();
    this.#parts.coverage.tick();
    if (this.#ticks % UNCOVERED_TICKS === 0) this.#parts.added.hintUncovered();
    if (this.#ticks % UNREADABLE_RETRY_TICKS === 0) this.#retryUnreadable(this.#parts);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const tree = this.#tree;
    this.#tree = undefined;
    const ends = await Promise.allSettled([tree?.unsubscribe(), this.#parts?.added.close()]);
    if (ends.some((end) => end.status === 'rejected')) this.#news.renew('gap', 'a folder could not be let go of');
  }

  #find(): Parts {
    const path = realpathSync(this.#given);
    const identity = identityOf(path);
    if (identity === undefined) throw new Error('no such directory');
    const probe = new Probe(`${path}/${PROBE_DIR}`);
    try {
      probe.prepare();
    } catch {
      // A full or read-only disk: `settle` will say that it cannot tell.
    }
    const added = new AddedTrees(path, this.#quiet, this.#news, (error, events) => this.#onEvents(error, events));
    const coverage = new Coverage({
      absolute: (dir) => `${path}/${dir}`,
      probe: () => this.#allReported({ probe, added }),
      subscribe: async (dir) => this.#remember(await added.subscribe(dir)),
      isQuiet: (dir) => this.#quiet.has(dir),
      watchedInodes: () => watchedInodesBelow(path),
      tree: (dir) => this.#news.tree(dir),
      overwhelmed: () => added.giveUp('', 'more new directories than can be followed'),
    });
    return { path, identity, probe, added, coverage };
  }

  async #watch({ path, coverage }: Parts): Promise<void> {
    for (let attempt = 0; attempt < VANISHED_RETRIES; attempt++) {
      const outcome = await watchTree(path, [...ownNames(path), this.#quiet.patternIn('')], (error, events) =>
        this.#onEvents(error, events),
      );
      switch (outcome.kind) {
        case 'watched':
          this.#tree = outcome.tree;
          if (this.#closed) return this.close();
          this.#remember(outcome.tree);
          this.#news.state({ kind: 'watching' });
          this.#watchQuickly('');
          // Directories that were made while the tree was read may have been missed.
          coverage.noticed('', 'tree');
          return;
        case 'vanished':
          await setTimeout(20 << attempt);
          continue;
        case 'limit':
          this.#half = true;
          this.#fail('E_WATCH_LIMIT', `There are more directories in ${path} than fs.inotify.max_user_watches allows.`);
          return;
        case 'failed':
          this.#half = outcome.half;
          this.#fail('E_WATCH_FAILED', `${path} cannot be watched: ${outcome.message}`);
          if (outcome.half) this.#news.renew('gap', outcome.message);
          return;
      }
    }
    this.#fail('E_WATCH_FAILED', `${path} cannot be watched: its directories come and go too fast.`);
  }

  /** Whether it is watched; what in it may not be read is tried again later. */
  #remember(tree: WatchedTree | undefined): boolean {
    for (const dir of tree?.unreadable ?? []) this.#unreadable.add(this.#relative(dir));
    return tree !== undefined;
  }

  #fail(code: 'E_WATCH_LIMIT' | 'E_WATCH_FAILED', message: string): void {
    this.#news.state({ kind: 'degraded', code, message });
  }

  /**
   * Whether everything that was changed before has been reported. The library hands over its batch subscription by
   * subscription, in no order: that of a probe's file may come first, and only the next batch follows all of this one.
   */
  async #allReported({ probe, added }: Pick<Parts, 'probe' | 'added'>): Promise<boolean> {
    const seen = (await probe.ask()) && (added.size === 0 || (await probe.ask()));
    await setImmediate();
    await setImmediate();
    return seen;
  }

  #onEvents(error: Error | null, events: readonly Event[]): void {
    if (this.#closed || this.#parts === undefined) return;
    this.#news.activity();
    if (error !== null) {
      this.#fail('E_WATCH_FAILED', `${this.#parts.path}: ${error.message}`);
      this.#news.renew('gap', error.message);
      return;
    }
    const batch: Batch = { probes: [], busy: new Set(), fresh: new Set(), gone: new Set() };
    for (const event of events) this.#onEvent(event.type, this.#relative(event.path), this.#parts, batch);
    this.#follow(this.#parts, batch);
    // After the others: who waits for a probe may rely on what came with it.
    for (const name of batch.probes) this.#parts.probe.seen(name);
  }

  #onEvent(type: Event['type'], path: string, { path: root, coverage }: Parts, batch: Batch): void {
    if (path === '') {
      this.#checkRoot();
      return;
    }
    if (isOwn(path)) {
      if (path.startsWith(`${PROBE_DIR}/`)) batch.probes.push(path.slice(PROBE_DIR.length + 1));
      else if (path === OWN_DIR && type !== 'update') this.#news.everything(`${OWN_DIR} has come or gone`);
      return;
    }
    if (batch.busy.size < QUICK_AT_ONCE) batch.busy.add(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    if (type === 'delete') {
      batch.gone.add(path);
      this.#news.path(path);
      return;
    }
    if (lookAt(`${root}/${path}`)?.directory !== true) {
      this.#news.path(path);
      return;
    }
    if (type === 'create') batch.gone.add(path);
    if (batch.fresh.size < QUICK_AT_ONCE) batch.fresh.add(path);
    this.#news.tree(path);
    coverage.noticed(path, type === 'create' ? 'created' : 'changed');
  }

  /** Lets the watching itself follow a batch of events. */
  #follow({ coverage, added }: Parts, { busy, fresh, gone }: Batch): void {
    if (gone.size > 0) {
      coverage.removed();
      added.drop(gone);
      this.#news.gone(gone);
    }
    for (const dir of busy) this.#news.busy(dir);
    let quick = 0;
    for (const dir of fresh) if (quick < QUICK_AT_ONCE) quick += this.#watchQuickly(dir);
  }

  /** Watches `dir` and the first directories below it for quick hints, nearest first; how many it took. */
  #watchQuickly(dir: string): number {
    const open = [dir];
    let seen = 0;
    for (let next = open.shift(); next !== undefined && seen < QUICK_AT_ONCE; next = open.shift()) {
      seen++;
      this.#news.busy(next);
      if (this.#quiet.has(next)) continue;
      const below = (directoriesIn(`${this.#parts?.path}/${next}`) ?? []).slice(0, QUICK_AT_ONCE);
      for (const name of below) if (next !== '' || name !== OWN_DIR) open.push(join(next, name));
    }
    return seen;
  }

  #checkRoot(): void {
    if (this.#parts === undefined || this.#lost) return;
    const { path, identity } = this.#parts;
    if (identityOf(path) === identity) return;
    this.#lost = true;
    this.#news.everything('the root is gone or is another one');
    this.#fail('E_WATCH_FAILED', `${path} is gone or is another one now.`);
  }

  #retryUnreadable({ path, coverage }: Parts): void {
    for (const dir of this.#unreadable) {
      if (directoriesIn(`${path}/${dir}`) === undefined) continue;
      this.#unreadable.delete(dir);
      coverage.noticed(dir, 'tree');
    }
  }

  #relative(path: string): string {
    return this.#parts === undefined ? path : path.slice(this.#parts.path.length + 1);
  }
}

/** Undefined on file systems where the kernel's inode numbers are not those that lstat shows. */
function watchedInodesBelow(root: string): Set<bigint> | undefined {
  const queue = queueDescriptor();
  const inodes = queue === undefined ? undefined : watchedInodes(queue);
  const own = lookAt(root);
  return own !== undefined && inodes?.has(own.ino) === true ? inodes : undefined;
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
