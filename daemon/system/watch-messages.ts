// What the daemon and its watcher process say to each other. Paths are relative to the folder's root and unchecked: as
// the watcher read them, with U+FFFD in place of bytes that are not UTF-8. `folder` is a number that the daemon gives.
import type { QuietName } from '../core/quiet-directories.ts';
import type { WatchState } from '../ports/watch.ts';

export type WatchOrder =
  | { readonly kind: 'watch'; readonly folder: number; readonly root: string; readonly quiet: readonly QuietName[] }
  | { readonly kind: 'unwatch'; readonly folder: number }
  | { readonly kind: 'addTree'; readonly folder: number; readonly dir: string }
  | { readonly kind: 'settle'; readonly folder: number; readonly ask: number };

/** Raw hints of one folder, each once. */
export interface RawHints {
  readonly paths: readonly string[];
  readonly trees: readonly string[];
  /** Why hints were lost; then the others may be left out. */
  readonly everything?: string;
}

/**
 * lost: events may have been lost in any folder; everything has to be looked at, best once the new process watches.
 * gap: changes may go unseen until a new process has read the trees anew; it may wait a little.
 * cleared: what stood in the way is gone (a limit was raised, the root is back).
 */
export type RenewWhy = 'lost' | 'gap' | 'cleared';

export type WatchReport =
  /** The process lives and its event loop turns. */
  | { readonly kind: 'beat' }
  /** Events have come in the last second, in any folder, told of or not. */
  | { readonly kind: 'active' }
  | { readonly kind: 'state'; readonly folder: number; readonly state: WatchState }
  | { readonly kind: 'hints'; readonly folder: number; readonly hints: RawHints }
  /** The answer to `settle`: what was changed before has been reported. */
  | { readonly kind: 'settled'; readonly folder: number; readonly ask: number }
  /** Please end this process and start another. */
  | { readonly kind: 'renew'; readonly why: RenewWhy; readonly detail: string };
