// Watches folders with inotify, through a process of its own (watch-child.ts) that may block, die or wear out without
// harm: it is replaced, and everything is looked at once. One process serves all folders.
import { ROOT_DIR, type RelativePath } from '../core/path.ts';
import type { QuietName } from '../core/quiet-directories.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Hint, Watch, WatchListener, WatchState, WatchSubscription } from '../ports/watch.ts';
import { checkHints } from './watch-hints.ts';
import type { RawHints, RenewWhy, WatchReport } from './watch-messages.ts';
import { WatchProcess } from './watch-process.ts';

/** Between the ends of two processes that died by themselves. */
const RESTART_FIRST_MS = 1_000;
const RESTART_MAX_MS = 30_000;
/** Between two renewals: reading all trees anew costs time. It grows while a limit stays reached. */
const RENEW_MS = 5_000;
/** … and no more than one part in so many of it goes into that. */
const RENEW_SHARE = 10;
const RENEW_LIMITED_MAX_MS = 300_000;
/** A wish that cannot wait may still not come in a loop. */
const RENEW_CLEARED_MS = 1_000;
/** A process that lived so long has not failed. */
const HEALTHY_MS = 60_000;
/** The process answers within a second or says so; this is for when it does neither. */
const SETTLE_MS = 1_500;
/** Names that are not UTF-8 in the root are never synced: what they do may be found a little later. */
const LIST_ROOT_MS = 10_000;

interface Folder {
  readonly root: string;
  readonly listener: WatchListener;
  readonly quiet: readonly QuietName[];
  readonly asks: Map<number, () => void>;
  state: WatchState | undefined;
  /** Hints have been lost since the process was replaced, or none has begun. */
  blind: boolean;
  listRoot: Timer | undefined;
  listRootAgain: boolean;
}

export class InotifyWatch implements Watch {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #folders = new Map<number, Folder>();
  #process: WatchProcess | undefined;
  #startedMs = -Infinity;
  /** From the start until all folders that there were then were watched. */
  #tookMs = 0;
  #opening = 0;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;
  #restartMs = RESTART_FIRST_MS;
  #renewMs = RENEW_MS;
  #lastFolder = 0;
  #lastAsk = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  subscribe(root: string, listener: WatchListener, quiet: readonly QuietName[] = []): WatchSubscription {
    const id = ++this.#lastFolder;
    const folder: Folder = {
      root,
      listener,
      quiet,
      asks: new Map(),
      state: undefined,
      blind: true,
      listRoot: undefined,
      listRootAgain: false,
    };
    this.#folders.set(id, folder);
    if (this.#process !== undefined) this.#process.send({ kind: 'watch', folder: id, root, quiet });
    else if (this.#timer === undefined) this.#start();
    return {
      addTree: (dir: RelativePath) => this.#process?.send({ kind: 'addTree', folder: id, dir }),
      settled: () => this.#settled(id),
      close: () => this.#close(id),
    };
  }

  #start(): void {
    this.#cancelTimer();
    this.#startedMs = this.#clock.monotonicMs();
    const process = new WatchProcess(this.#clock, {
      report: (report) => this.#onReport(report),
      died: (why) => this.#onDied(why),
    });
    this.#process = process;
    this.#opening = this.#folders.size;
    for (const [id, { root, quiet }] of this.#folders) process.send({ kind: 'watch', folder: id, root, quiet });
  }

  #onReport(report: WatchReport): void {
    if (report.kind === 'beat') return;
    if (report.kind === 'active') {
      for (const { listener } of this.#folders.values()) listener.onActivity();
      return;
    }
    if (report.kind === 'renew') {
      this.#wantRenewal(report.why, report.detail);
      return;
    }
    const folder = this.#folders.get(report.folder);
    if (folder === undefined) return;
    switch (report.kind) {
      case 'state':
        this.#onState(folder, report.state);
        return;
      case 'hints':
        this.#onHints(folder, report.hints);
        return;
      case 'settled':
        // A blind folder is answered when everything is looked at: what was lost is not known to the one that lost it.
        if (!folder.blind) folder.asks.get(report.ask)?.();
        return;
    }
  }

  #onState(folder: Folder, state: WatchState): void {
    const before = folder.state;
    folder.state = state;
    if (JSON.stringify(before) !== JSON.stringify(state)) {
      if (state.kind === 'degraded') this.#log.warn('watching is degraded', { root: folder.root, ...state });
      else this.#log.info('watching', { root: folder.root });
      folder.listener.onState(state);
    }
    // Who waits for a settled watch need not any longer: either everything is looked at now, or nothing is promised.
    if (state.kind === 'degraded') answerAll(folder);
    else if (folder.blind) {
      folder.blind = false;
      if (this.#opening-- > 0) this.#tookMs = this.#clock.monotonicMs() - this.#startedMs;
      folder.listener.onHints([{ kind: 'everything', why: 'watching has begun' }]);
      answerAll(folder);
    }
  }

  #onHints(folder: Folder, raw: RawHints): void {
    const { hints, listRoot } = checkHints(raw);
    if (hints.length > 0) folder.listener.onHints(hints);
    if (listRoot) this.#hintRoot(folder);
  }

  #hintRoot(folder: Folder): void {
    if (folder.listRoot !== undefined) {
      folder.listRootAgain = true;
      return;
    }
    const hint: Hint = { kind: 'tree', dir: ROOT_DIR };
    folder.listener.onHints([hint]);
    folder.listRoot = this.#clock.after(LIST_ROOT_MS, () => {
      folder.listRoot = undefined;
      if (!folder.listRootAgain) return;
      folder.listRootAgain = false;
      this.#hintRoot(folder);
    });
  }

  #onDied(why: string): void {
    this.#process = undefined;
    if (this.#clock.monotonicMs() - this.#startedMs >= HEALTHY_MS) this.#restartMs = RESTART_FIRST_MS;
    const message = `The watcher failed (${why}); it is started again.`;
    for (const folder of this.#folders.values()) {
      folder.blind = true;
      this.#onState(folder, { kind: 'degraded', code: 'E_WATCH_FAILED', message });
    }
    this.#startAfter(this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
  }

  /** Replaces the process, not too often. Until then the old one goes on, and hints again and again at what it misses. */
  #wantRenewal(why: RenewWhy, detail: string): void {
    const age = this.#clock.monotonicMs() - this.#startedMs;
    const limited = [...this.#folders.values()].some((folder) => isLimited(folder.state));
    if (why === 'cleared' || age >= HEALTHY_MS * 2) this.#renewMs = RENEW_MS;
    const pauseMs = Math.max(this.#renewMs, this.#tookMs * RENEW_SHARE);
    const rest = (why === 'cleared' ? RENEW_CLEARED_MS : pauseMs) - age;
    if (why === 'lost') this.#onLost(rest);
    this.#log.debug('the watcher is to be renewed', { detail, afterMs: Math.max(0, rest) });
    if (limited && why === 'gap' && rest <= 0) this.#renewMs = Math.min(this.#renewMs * 2, RENEW_LIMITED_MAX_MS);
    this.#startAfter(Math.max(0, rest));
  }

  /** Everything is looked at once, by the new process if that comes soon. */
  #onLost(restMs: number): void {
    for (const folder of this.#folders.values()) {
      if (restMs <= RENEW_CLEARED_MS) folder.blind = true;
      else folder.listener.onHints([{ kind: 'everything', why: 'a burst of changes' }]);
    }
  }

  #startAfter(delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    if (dueMs >= this.#timerDueMs) return;
    this.#cancelTimer();
    this.#timerDueMs = dueMs;
    this.#timer = this.#clock.after(delayMs, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    this.#cancelTimer();
    const old = this.#process;
    this.#process = undefined;
    for (const folder of this.#folders.values()) folder.blind = true;
    // The old one first: two at a time may need more watches than there are.
    await old?.end();
    if (this.#process === undefined && this.#folders.size > 0) this.#start();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
  }

  async #settled(id: number): Promise<void> {
    const folder = this.#folders.get(id);
    if (folder === undefined || folder.state?.kind === 'degraded') return;
    const ask = ++this.#lastAsk;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(SETTLE_MS, () => {
        folder.listener.onHints([{ kind: 'everything', why: 'the watcher did not answer in time' }]);
        done();
      });
      const done = () => {
        timer.cancel();
        folder.asks.delete(ask);
        resolve();
      };
      folder.asks.set(ask, done);
      // A blind folder is answered when everything is looked at.
      if (!folder.blind) this.#process?.send({ kind: 'settle', folder: id, ask });
    });
  }

  async #close(id: number): Promise<void> {
    const folder = this.#folders.get(id);
    if (folder === undefined) return;
    this.#folders.delete(id);
    folder.listRoot?.cancel();
    answerAll(folder);
    this.#process?.send({ kind: 'unwatch', folder: id });
    if (this.#folders.size > 0) return;
    this.#cancelTimer();
    const old = this.#process;
    this.#process = undefined;
    await old?.end();
  }
}

function answerAll(folder: Folder): void {
  for (const done of [...folder.asks.values()]) done();
}

function isLimited(state: WatchState | undefined): boolean {
  return state?.kind === 'degraded' && state.code === 'E_WATCH_LIMIT';
}
