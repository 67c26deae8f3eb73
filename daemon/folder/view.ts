// What a folder shows, and does when it is asked to: the side that control/ sees. folder.ts implements it.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId, FolderName, Sha256, VersionId } from '../core/ids.ts';
import type { DirPath, RelativePath } from '../core/path.ts';
import type { CommonSetting } from '../core/common-setting.ts';
import type { LostContent } from '../core/record.ts';
import type { Decision } from '../core/filter.ts';
import type { SyncPlan } from '../core/sync-plan.ts';
import type { Condition } from './condition.ts';
import type { FolderSettings } from '../core/settings.ts';

export interface Skipped {
  readonly path: string;
  readonly code: ErrorCode;
}

export interface FolderPeerState {
  readonly device: DeviceId;
  readonly connected: boolean;
  /** It has confirmed that it holds all that we hold, and we hold all that it announced. */
  readonly inSync: boolean;
}

/** How far a folder is: what costs nothing to ask, however large it is. */
export interface FolderProgress {
  readonly condition: Condition;
  /** Wanted and not yet applied, and changed here and not yet in the index. */
  readonly pendingFiles: number;
}

export interface FolderSnapshot extends FolderProgress {
  readonly name: FolderName;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly pendingBytes: number;
  readonly conflicts: number;
  /** When something was last sent, received or found to be in sync: ms. */
  readonly lastSyncMs: number | undefined;
  /** At most 1,000; `skippedCount` has the number of all. */
  readonly skipped: readonly Skipped[];
  readonly skippedCount: number;
  readonly peers: readonly FolderPeerState[];
  /** What goes on as it was set, and yet may surprise: sentences for people. */
  readonly notes: readonly string[];
  /** Conditions that do not stop the folder: a watcher that cannot watch, for one. */
  readonly warnings: readonly { readonly code: ErrorCode; readonly message: string }[];
}

export type WaitResult =
  | { readonly kind: 'in sync' }
  | { readonly kind: 'not in time'; readonly why: 'E_TIMEOUT' | 'E_NO_PEER'; readonly message: string }
  | { readonly kind: 'needs attention'; readonly code: ErrorCode; readonly message: string };

export type HistoryWhat =
  | 'created'
  | 'changed'
  | 'deleted'
  | 'moved'
  | 'attributes'
  | 'conflict'
  | 'merged'
  | 'resolved'
  | 'restored'
  | 'kept'
  | 'held'
  | 'approved'
  | 'rejected';

export interface HistoryEntry {
  /** Rising in the order of events. */
  readonly id: number;
  readonly atMs: number;
  readonly path: RelativePath;
  readonly what: HistoryWhat;
  /** The device that made the change. */
  readonly device: DeviceId;
  readonly sizeBytes: number | undefined;
  /** The content that the change replaced or deleted, where it is kept. */
  readonly version: VersionId | undefined;
  /** For `moved`: from where. For others: why. */
  readonly detail: string | undefined;
}

export interface KeptVersion {
  readonly id: VersionId;
  readonly path: RelativePath;
  readonly kind: 'file' | 'symlink';
  readonly sizeBytes: number;
  readonly sha256: Sha256 | undefined;
  /** When it was replaced: ms. */
  readonly replacedMs: number;
  /** Its own modification time: ms. */
  readonly modifiedMs: number;
  /** The device whose change replaced it. */
  readonly replacedBy: DeviceId;
  readonly why: 'replaced' | 'deleted' | 'conflict';
  /** Absolute path of the file in the version store. */
  readonly file: string;
}

export interface ConflictEntry {
  readonly path: RelativePath;
  readonly winner: DeviceId;
  readonly lost: LostContent;
  /** The loser's content, if it is in this device's version store. */
  readonly version: VersionId | undefined;
  /** Where the loser's content stands beside the winner. */
  readonly copy: RelativePath | undefined;
}

export type Keep = 'local' | 'remote' | 'both';

export interface Resolved {
  readonly path: RelativePath;
  readonly keep: Keep;
  /** With `both`: where the other contents are. */
  readonly copies: readonly RelativePath[];
  /** Paths that are wanted otherwise now. */
  readonly changed: readonly RelativePath[];
}

export interface RestoreRequest {
  /** Of a file, a link or a directory; `''` is the whole folder. */
  readonly path: DirPath;
  /** A version's ID or the beginning of one; undefined: the newest. Directories have none. */
  readonly version: string | undefined;
  /** The content as of this time, ms. Of a directory without one: before the last changes of one device in it. */
  readonly atMs: number | undefined;
  /** Write it to this absolute path instead of into the folder; it must not exist. */
  readonly to: string | undefined;
  /** Only what would be done. */
  readonly dryRun: boolean;
}

/** A version that was brought back, or what became of each path of a directory: what was made there since stays, `kept`. */
export type Restored = KeptVersion | (UndoPlan & { readonly kind: 'dir' });

export interface UndoRequest {
  /** The last group of changes of one device. */
  readonly last: boolean;
  /** All that others have changed since then, ms. */
  readonly sinceMs: number | undefined;
  /** One change: the number of its event, or the beginning of the ID of the version that it left behind. */
  readonly id: string | undefined;
  /** Only what would be done. */
  readonly dryRun: boolean;
}

export interface UndoPlan {
  /** By path; what is as it was already is not named. */
  readonly paths: readonly {
    readonly path: RelativePath;
    /** `kept`: was not there before, but somebody has worked on it since. `impossible`: `code` says why. */
    readonly what: 'restored' | 'removed' | 'kept' | 'impossible';
    readonly code: ErrorCode | undefined;
    /** What somebody has made there since becomes a conflict. */
    readonly conflict: boolean;
  }[];
  /** Where that is later than what was asked for: the time from which on changes are known. */
  readonly knownSinceMs: number | undefined;
}

/** What `doctor` wants to know of a folder. */
export interface FolderExamination {
  readonly name: FolderName;
  readonly path: string;
  /** Of its file system; undefined with `code`. */
  readonly space: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  /** Why nothing can be written into it. */
  readonly code: ErrorCode | undefined;
  readonly directories: number;
  /** Databases that a program has open: what is synced of them may be torn. The first few. */
  readonly openDatabases: readonly RelativePath[];
  /** Made by a clock far ahead of ours. The first few. */
  readonly fromTheFuture: readonly RelativePath[];
  /** Why changes are found by scanning alone: it is set so, or the type of the file system. Undefined: they are not. */
  readonly polledFor: string | undefined;
  /** The index was damaged when it was opened; the old file lies there. */
  readonly damagedIndex: string | undefined;
}

/** What `doctor --verify` finds, as it finds it; `done` comes last, unless it was ended. */
export type VerifyItem =
  | { readonly kind: 'damaged' | 'unreadable'; readonly path: RelativePath; readonly code: ErrorCode }
  /** Differs, but somebody has changed it: an edit that was not seen yet. */
  | { readonly kind: 'changed'; readonly path: RelativePath; readonly code: undefined }
  | {
      readonly kind: 'progress';
      readonly files: number;
      readonly bytes: number;
      readonly totalFiles: number;
      readonly totalBytes: number;
    }
  | {
      readonly kind: 'done';
      readonly files: number;
      readonly bytes: number;
      readonly damaged: number;
      readonly unreadable: number;
      readonly changed: number;
    };

export interface ControlledFolder {
  readonly name: FolderName;
  readonly progress: FolderProgress;
  snapshot(): FolderSnapshot;
  /** What all devices of the folder hold alike. */
  readonly agreed: { readonly now: CommonSetting };
  /** Takes what may change while it runs (all but path and name). */
  reconfigure(config: FolderSettings): void;
  /** A full scan now, whatever the interval. Resolves when it has been begun. */
  sync(): Promise<void>;
  /** PRODUCT.md, `wait`. `timeoutMs` from now; ended early by `signal`. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<WaitResult>;
  pause(): void;
  resume(): void;
  /** E_NOT_HELD when nothing is. Answers with the number of deletions. */
  approve(): Promise<number>;
  reject(): Promise<number>;
  /** Newest first. */
  history(query: { path?: string; sinceMs?: number; limit: number }): readonly HistoryEntry[];
  /** Of one path, newest first. */
  versions(path: RelativePath): readonly KeptVersion[];
  conflicts(): readonly ConflictEntry[];
  /** E_NO_CONFLICT, E_AMBIGUOUS, E_VERSION_GONE, E_FOLDER_PATH. */
  resolve(path: RelativePath, keep: Keep): Promise<Resolved>;
  /** E_NO_SUCH_VERSION, E_VERSION_GONE, E_AMBIGUOUS, E_FOLDER_PATH, E_IGNORED. */
  restore(request: RestoreRequest): Promise<Restored>;
  /** E_NOTHING_TO_UNDO, E_AMBIGUOUS. */
  undo(request: UndoRequest): Promise<UndoPlan>;
  /** What would happen if it went on now. Nothing is done; of a folder that is halted too. */
  plan(): Promise<SyncPlan>;
  /** Which rule decides whether this path is synced. */
  why(path: RelativePath): Promise<Decision>;
  examine(): Promise<FolderExamination>;
  /** Compares every file with the index; `repair` fetches what is damaged again. */
  verify(repair: boolean, signal: AbortSignal): AsyncIterable<VerifyItem>;
  /** Stops within 5 s, whatever it does. */
  stop(): Promise<void>;
}

/** One line of `syncctl events`: something that happened. Kept in a bounded ring by control/. */
export interface FolderEvent {
  readonly atMs: number;
  readonly folder: FolderName;
  readonly kind: 'change' | 'condition' | 'peer' | 'conflict' | 'warning';
  readonly path: RelativePath | undefined;
  readonly what: string;
  readonly device: DeviceId | undefined;
  readonly direction: 'local' | 'received' | undefined;
  readonly sizeBytes: number | undefined;
  readonly code: ErrorCode | undefined;
}
