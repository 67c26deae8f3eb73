// Tells when something under a root may have changed. A hint may be late, doubled, merged or missing; it is never the truth.
import type { DirPath, RelativePath } from '../core/path.ts';
import type { QuietName } from '../core/quiet-directories.ts';

export type Hint =
  /** Something at this path may have changed. */
  | { readonly kind: 'path'; readonly path: RelativePath }
  /** This directory is new or has moved: everything in it may have changed, and it was not watched until now. */
  | { readonly kind: 'tree'; readonly dir: DirPath }
  /** Hints were lost (a burst, a restarted watcher): look at everything. */
  | { readonly kind: 'everything'; readonly why: string };

/** `watching`: hints come. `degraded`: some or all changes give no hint; scanning must find them. */
export type WatchState =
  | { readonly kind: 'watching' }
  | {
      readonly kind: 'degraded';
      readonly code: 'E_WATCH_LIMIT' | 'E_WATCH_INSTANCES' | 'E_WATCH_FAILED';
      readonly message: string;
    };

export interface WatchListener {
  onHints(hints: readonly Hint[]): void;
  onState(state: WatchState): void;
  /** Something was changed lately below some watched root, whether or not there is a hint at it. At most once a second. */
  onActivity(): void;
}

export interface WatchSubscription {
  /** Watches this new directory and what is below it; what a scan found that may never have been reported. */
  addTree(dir: RelativePath): void;
  /**
   * Resolves when every change made before the call has been reported as a hint. At most about a second; at once while
   * degraded, when nothing can be promised. `wait` relies on it.
   */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface Watch {
  /**
   * Never blocks and never fails: what goes wrong is a {@link WatchState}, also later, and heals by itself.
   * `quiet`: directories in which nothing is to be hinted at, and which should cost no watches.
   */
  subscribe(root: string, listener: WatchListener, quiet?: readonly QuietName[]): WatchSubscription;
}
