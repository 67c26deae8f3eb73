// What `undo` answers, and `restore` of a directory. Names are those of the JSON.
import type { ErrorCode } from './errors.ts';

/** Paths that an undo names; it may concern more. */
export const MAX_UNDO_PATHS = 1_000;

/** A directory that was brought back, or copied. As an undo, but nothing is removed: what was made since is `kept`. */
export interface RestoredDirectory extends UndoAnswer {
  readonly kind: 'dir';
  /** `.` is the whole folder. */
  readonly path: string;
}

/** What an undo does, or would do. */
export interface UndoAnswer {
  readonly folder: string;
  readonly dry_run: boolean;
  readonly restored: number;
  /** Was not there before, and goes. */
  readonly removed: number;
  /** Was not there before, but somebody has worked on it since: it stays. */
  readonly kept: number;
  /** Its content is not kept any more. */
  readonly impossible: number;
  /** The first {@link MAX_UNDO_PATHS}, by path. */
  readonly paths: readonly {
    readonly path: string;
    readonly what: 'restored' | 'removed' | 'kept' | 'impossible';
    readonly code: ErrorCode | null;
    /** What somebody has made there since becomes a conflict. */
    readonly conflict: boolean;
  }[];
  /** Where that is later than what was asked for: the time from which on changes are known. */
  readonly known_since: string | null;
}
