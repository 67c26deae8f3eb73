// The folder's watcher: its hints, and what to do without them.
import type { Filter } from '../core/filter.ts';
import type { RelativePath } from '../core/path.ts';
import type { QuietName } from '../core/quiet-directories.ts';
import { type WatchChoice, chooseWatch } from '../core/watch-choice.ts';
import { mountTypeOf } from '../disk/probe.ts';
import type { Timer } from '../ports/clock.ts';
import type { Watch, WatchListener, WatchState, WatchSubscription } from '../ports/watch.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';
import { Sweep } from './sweep.ts';

/**
 * The first scan, and what peers make of it, have the machine to themselves for twice as long as the scan takes, but for no
 * longer than this: what was changed before the start is found first.
 */
const WATCH_WITHIN_MS = 1_000;

export class Watching {
  readonly sweep: Sweep;
  readonly #context: FolderContext;
  readonly #watch: Watch;
  readonly #hints: Hints;
  #subscription: WatchSubscription | undefined;
  /** Set until the watcher begins. */
  #begin: { readonly timer: Timer; readonly sinceMs: number; readonly isScanned: boolean } | undefined;
  #state: WatchState = { kind: 'watching' };
  #quiet: readonly QuietName[] = [];
  #filter: Filter | undefined;
  #choice: WatchChoice = { kind: 'inotify' };

  constructor(context: FolderContext, watch: Watch, hints: Hints) {
    this.#context = context;
    this.#watch = watch;
    this.#hints = hints;
    this.sweep = new Sweep(context, hints);
  }

  get state(): WatchState {
    return this.#state;
  }

  /** The type of the file system for which changes are found by scanning alone. */
  get polledFileSystem(): string | undefined {
    return this.#choice.kind === 'poll' ? this.#choice.fileSystem : undefined;
  }

  /** Why there is no watcher; undefined: there is one. */
  get polledFor(): string | undefined {
    return this.#choice.kind === 'poll' ? (this.#choice.fileSystem ?? 'watch: poll') : undefined;
  }

  /** Begins anew, with a full scan now, and one when the watcher sees, so that nothing falls between the two. */
  async restart(): Promise<void> {
    await this.stop();
    this.#state = { kind: 'watching' };
    await this.#choose();
    this.#lookAtAll();
    if (this.#choice.kind === 'inotify') this.#beginAfter(WATCH_WITHIN_MS, false);
  }

  #beginAfter(ms: number, isScanned: boolean): void {
    const { clock } = this.#context;
    this.#cancel();
    this.#begin = { timer: clock.after(ms, () => this.#subscribe()), sinceMs: clock.monotonicMs(), isScanned };
  }

  #lookAtAll(): void {
    this.#hints.add({ kind: 'everything', why: 'start' });
  }

  #subscribe(): void {
    this.#cancel();
    this.#filter = this.#context.filter();
    this.#quiet = this.#filter.quietNames();
    let heard = false;
    const listener: WatchListener = {
      onHints: (hints) => {
        const nowMs = this.#context.clock.monotonicMs();
        for (const hint of hints) this.#hints.told(hint, nowMs);
      },
      onState: (state) => {
        this.#onState(state);
        if (heard) return;
        heard = true;
        this.#lookAtAll();
      },
      onActivity: () => this.sweep.noteActivity(),
    };
    this.#subscription = this.#watch.subscribe(this.#context.settings().path, listener, this.#quiet);
  }

  /** What is ignored need not be watched, and what is not ignored any more has to be. `isScanned`: the first scan is over. */
  async follow(isScanned: boolean): Promise<void> {
    if (isScanned && this.#begin?.isScanned === false) {
      const tookMs = this.#context.clock.monotonicMs() - this.#begin.sinceMs;
      this.#beginAfter(Math.max(0, Math.min(tookMs, WATCH_WITHIN_MS - tookMs)), true);
    }
    const filter = this.#context.filter();
    if (this.#subscription === undefined || filter === this.#filter) return;
    this.#filter = filter;
    if (JSON.stringify(filter.quietNames()) !== JSON.stringify(this.#quiet)) await this.restart();
  }

  async #choose(): Promise<void> {
    const { settings, workers, tree, log } = this.#context;
    const { watch, rescanMs } = settings();
    const type = watch === 'auto' ? await workers.run(mountTypeOf, { root: tree().root }) : undefined;
    const before = this.polledFileSystem;
    this.#choice = chooseWatch(watch, type);
    const after = this.polledFileSystem;
    if (after !== undefined && after !== before)
      log.info('finds changes by scanning: inotify does not see what other machines do here', {
        type: after,
        rescanMs,
      });
  }

  #cancel(): void {
    this.#begin?.timer.cancel();
    this.#begin = undefined;
  }

  async stop(): Promise<void> {
    this.#cancel();
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.close();
  }

  addTree(dir: RelativePath): void {
    this.#subscription?.addTree(dir);
  }

  /** Resolves when the watcher, if there is one, has told of all that was changed before, and nothing of it waits. */
  async settled(): Promise<void> {
    await this.#subscription?.settled();
    this.#hints.ripen();
  }

  /** Resolves when all that was written before is marked: by hints, or where there are none, by marking everything. */
  async marked(): Promise<void> {
    const subscription = this.#subscription;
    await this.settled();
    const isSure = subscription !== undefined && this.#state.kind !== 'degraded' && (await this.#swept());
    if (!isSure) this.#hints.add({ kind: 'everything', why: 'wait' });
  }

  /** False when it could not be done. */
  async #swept(): Promise<boolean> {
    try {
      await this.sweep.run();
      return true;
    } catch {
      return false;
    }
  }

  #onState(state: WatchState): void {
    const { log } = this.#context;
    if (state.kind === 'degraded') log.warn('finds changes by scanning', { code: state.code, message: state.message });
    else if (this.#state.kind === 'degraded') log.info('watches again');
    this.#state = state;
  }
}
