// ports/watch.ts over a disk in memory. It can be told to lose, delay and double hints, to be blind for a while and to
// lose a burst: whoever listens must not depend on any hint.
import { type DirPath, parseRelativePath } from '../../daemon/core/path.ts';
import type { Clock, Timer } from '../../daemon/ports/clock.ts';
import type { Random } from '../../daemon/ports/random.ts';
import type { Hint, Watch, WatchListener, WatchState, WatchSubscription } from '../../daemon/ports/watch.ts';
import type { MemoryFileSystem } from './memory-file-system.ts';
import type { Change } from './memory-tree.ts';

/** Shares of the hints, 0 to 1. Lost ones are never told; delayed ones come up to `delayMs` later, also out of order. */
export interface WatchFaults {
  readonly lost: number;
  readonly doubled: number;
  readonly delayed: number;
  readonly delayMs: number;
}

export const NO_WATCH_FAULTS: WatchFaults = { lost: 0, doubled: 0, delayed: 0, delayMs: 0 };

const WATCHING: WatchState = { kind: 'watching' };

interface Late {
  readonly hint: Hint;
  readonly timer: Timer;
}

/** What is gathered of one path: nothing is told of what has come and gone within one batch. */
interface Gathered {
  hint: Hint;
  readonly isNew: boolean;
  gone: boolean;
}

interface Subscriber {
  readonly root: string;
  readonly listener: WatchListener;
  readonly late: Set<Late>;
  batch: { readonly changes: Map<string, Gathered>; readonly end: Timer } | undefined;
}

export class SimulatedWatch implements Watch {
  faults: WatchFaults = NO_WATCH_FAULTS;
  /** Changes are gathered for so long, as the real one does; 0: each is told at once. */
  batchMs = 0;
  readonly #fs: MemoryFileSystem;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #subscribers = new Set<Subscriber>();
  #state: WatchState = WATCHING;

  constructor(fs: MemoryFileSystem, clock: Clock, random: Random) {
    this.#fs = fs;
    this.#clock = clock;
    this.#random = random;
  }

  subscribe(root: string, listener: WatchListener): WatchSubscription {
    const subscriber: Subscriber = { root, listener, late: new Set(), batch: undefined };
    this.#subscribers.add(subscriber);
    const stop = this.#fs.onChange((change) => {
      if (change.path.startsWith(`${root}/`))
        this.#onChange(
          subscriber,
          change.path.slice(root.length + 1),
          change.what,
          change.kind === 'dir' && change.what === 'created',
        );
    });
    const begin = this.#clock.after(0, () => this.#tellState(subscriber));
    return {
      addTree: () => undefined,
      settled: async () => this.#settle(subscriber),
      close: async () => {
        stop();
        begin.cancel();
        this.#subscribers.delete(subscriber);
        subscriber.batch?.end.cancel();
        for (const { timer } of subscriber.late) timer.cancel();
      },
    };
  }

  /** Hints stop, or come again; then everything is hinted at, as what changed meanwhile was not. */
  setState(state: WatchState): void {
    this.#state = state;
    for (const subscriber of this.#subscribers) this.#tellState(subscriber);
  }

  /** A queue that was too short: the watcher knows that it missed something, not what. */
  overflow(): void {
    for (const { listener } of this.#subscribers) listener.onHints([{ kind: 'everything', why: 'a burst of changes' }]);
  }

  #tellState({ listener }: Subscriber): void {
    listener.onState(this.#state);
    if (this.#state.kind === 'watching') listener.onHints([{ kind: 'everything', why: 'watching has begun' }]);
  }

  #onChange(subscriber: Subscriber, text: string, what: Change['what'], newDirectory: boolean): void {
    const parsed = parseRelativePath(text);
    if (this.#state.kind !== 'watching' || !parsed.ok) return;
    const hint: Hint = newDirectory ? { kind: 'tree', dir: parsed.path } : { kind: 'path', path: parsed.path };
    subscriber.listener.onActivity();
    if (this.#happens(this.faults.lost)) return;
    if (this.batchMs > 0) {
      this.#gather(subscriber, text, what, hint);
      return;
    }
    this.#tell(subscriber, hint);
    if (this.#happens(this.faults.doubled)) this.#tell(subscriber, hint);
  }

  #gather(subscriber: Subscriber, path: string, what: Change['what'], hint: Hint): void {
    subscriber.batch ??= {
      changes: new Map(),
      end: this.#clock.after(this.batchMs, () => this.#endBatch(subscriber)),
    };
    const { changes } = subscriber.batch;
    const known = changes.get(path);
    if (known === undefined) {
      changes.set(path, { hint, isNew: what === 'created', gone: what === 'removed' });
      return;
    }
    known.gone = what === 'removed';
    if (hint.kind === 'tree') known.hint = hint;
  }

  #endBatch(subscriber: Subscriber): void {
    const changes = subscriber.batch?.changes.values() ?? [];
    subscriber.batch?.end.cancel();
    subscriber.batch = undefined;
    for (const { hint, isNew, gone } of changes) if (!isNew || !gone) this.#tell(subscriber, hint);
  }

  #tell(subscriber: Subscriber, hint: Hint): void {
    const delayMs = this.#happens(this.faults.delayed) ? this.#draw() * this.faults.delayMs : 0;
    // Never within the change itself, as the real one.
    const late: Late = {
      hint,
      timer: this.#clock.after(delayMs, () => {
        subscriber.late.delete(late);
        subscriber.listener.onHints([hint]);
      }),
    };
    subscriber.late.add(late);
  }

  /** What is late is told now; what is lost stays lost. */
  #settle(subscriber: Subscriber): void {
    this.#endBatch(subscriber);
    const { listener, late } = subscriber;
    const hints = [...late].map((one) => one.hint);
    for (const { timer } of late) timer.cancel();
    late.clear();
    if (hints.length > 0) listener.onHints(hints);
  }

  #happens(share: number): boolean {
    return share > 0 && this.#draw() < share;
  }

  /** 0 to 1. */
  #draw(): number {
    return (this.#random.bytes(1)[0] ?? 0) / 256;
  }
}

/** Whether a hint covers this path: names it, a directory above it as a tree, or everything. */
export function covers(hint: Hint, path: string): boolean {
  switch (hint.kind) {
    case 'path':
      return hint.path === path;
    case 'tree':
      return isAt(path, hint.dir);
    case 'everything':
      return true;
  }
}

function isAt(path: string, dir: DirPath): boolean {
  return dir === '' || path === dir || path.startsWith(`${dir}/`);
}
