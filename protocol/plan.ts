// What `plan` answers. Names are those of the JSON. Fields are only ever added.
import type { ErrorCode } from './errors.ts';

/** Paths that each list names; it may concern more: `counts` has all. */
export const MAX_PLAN_PATHS = 1_000;

export interface PlannedItem {
  readonly path: string;
  readonly what: 'create' | 'change' | 'attributes' | 'move' | 'delete';
  /** That would go over the network, to all peers together; at most: what is at hand in parts travels in parts. */
  readonly bytes: number;
  /** For a move: from where. */
  readonly from: string | null;
  /** Names of the peers that it comes from, or goes to. */
  readonly peers: readonly string[];
}

export interface PlanCounts {
  readonly receive: number;
  readonly receive_bytes: number;
  readonly delete: number;
  readonly conflict: number;
  readonly conflict_bytes: number;
  readonly send: number;
  readonly send_bytes: number;
  readonly delete_there: number;
  /** Deletions that wait for `approve` or `reject`. */
  readonly held: number;
  /** Named in `status` as skipped: not of this plan. */
  readonly skipped: number;
}

/** What would happen in one folder if it went on now. */
export interface PlanItem {
  readonly folder: string;
  readonly state: 'idle' | 'scanning' | 'syncing' | 'paused' | 'held' | 'halted' | 'error';
  /** Why it does nothing, where it does nothing. */
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string } | null;
  readonly counts: PlanCounts;
  /** What others have changed, and is to be here. */
  readonly receive: readonly PlannedItem[];
  /** What others have deleted, and is here still. */
  readonly delete: readonly PlannedItem[];
  /** Changed here and elsewhere: the other content wins, the one here is kept. */
  readonly conflict: readonly PlannedItem[];
  /** What peers have not got yet. */
  readonly send: readonly PlannedItem[];
  /** What was deleted here, and is on peers still. */
  readonly delete_there: readonly PlannedItem[];
  /** Peers whose newest changes are not known, because they are not connected. */
  readonly not_connected: readonly string[];
}

interface FilteredList {
  readonly count: number;
  readonly bytes: number;
  /** The first {@link MAX_PLAN_PATHS}. */
  readonly paths: readonly { readonly path: string; readonly bytes: number }[];
}

/** What other settings would do to which paths of a folder are synced. Files that only a look at their bytes decides on count by their names. */
export interface SettingsPlan {
  readonly folder: string;
  /** Synced now and not any more: they stay where they are, here and on every device. */
  readonly withdraw: FilteredList;
  /** On peers, ignored now: they would be received. */
  readonly receive: FilteredList;
  /** Here, ignored now: they would be sent. */
  readonly send: FilteredList;
  /** There is more in the directory, which was not looked at. */
  readonly more: boolean;
}

/** Why a path is synced, or is not. */
export interface PathRule {
  readonly folder: string;
  readonly path: string;
  /** `inside`: a directory that is synced only where something in it is. `unknown`: that depends on what will be there. */
  readonly synced: 'yes' | 'no' | 'inside' | 'unknown';
  /** The key of the configuration that decides, or `.syncignore`; null: no rule is about it. */
  readonly key: 'ignore' | 'only' | 'hidden' | 'content' | 'max_size' | '.syncignore' | null;
  readonly pattern: string | null;
  /** The `.syncignore` file, in the folder, and the line in it. */
  readonly file: string | null;
  readonly line: number | null;
}
