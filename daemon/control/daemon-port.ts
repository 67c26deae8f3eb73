// What the control API needs of the daemon. daemon.ts implements it; everything else here is shaping questions and answers.
// Methods that fail throw CodedError.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { FolderSettings, Mode, Role } from '../core/settings.ts';
import type { FilterPlan } from '../core/filter-plan.ts';
import type { RelativePath } from '../core/path.ts';
import type { NoAccess } from '../disk/access.ts';
import type { ControlledFolder, FolderExamination } from '../folder/view.ts';
import type { JoinPlace } from './join-places.ts';

export interface ControlledDaemon {
  readonly id: DeviceId;
  readonly version: string;
  readonly pid: number;
  /** When it started, in the clock's monotonic milliseconds. */
  readonly startedMonotonicMs: number;
  /** Its own name; may change by reload. */
  name(): string;
  /** `host:port` where it listens for other devices; undefined: nowhere. */
  listening(): string | undefined;
  /** What concerns the daemon as a whole and needs somebody: an address that is taken, for one. */
  problems(): readonly Problem[];

  /** The folders that run. */
  folders(): ReadonlyMap<FolderName, ControlledFolder>;
  /** Resolves when each folder of the configuration runs or has a problem, and peers can connect. */
  opened(): Promise<void>;
  /** All folders of the configuration, disabled ones too. */
  folderSettings(): ReadonlyMap<FolderName, FolderSettings>;
  /** Every trusted device, connected or not. */
  peers(): readonly PeerState[];

  /** Checks, writes to `folders.d/`, creates the directory, starts the folder. E_FOLDER_EXISTS, E_FOLDER_NESTED, E_FOLDER_PATH, E_CONFIG. */
  addFolder(folder: NewFolder): Promise<void>;
  /** What lies where the folder is to be. Checks what adding it would check; makes and writes nothing. */
  surveyFolder(folder: NewFolder, how: { readonly quick: boolean; readonly signal: AbortSignal }): Promise<TreeSurvey>;
  /** `set`: `KEY=VALUE` each, VALUE is YAML; all or nothing. E_CONFIG. */
  editFolder(name: FolderName, set: readonly string[]): Promise<void>;
  /** What these settings would do to which paths are synced. Checks them; changes nothing. */
  planSettings(name: FolderName, set: readonly string[], signal: AbortSignal): Promise<FilterPlan>;
  /** What is made at this path is to be seen by who asked for it. E_FOLDER_PATH. */
  checkCopy(path: string): void;
  /** Forgets the folder; its files stay. E_FOLDER_IN_CONFIG. */
  removeFolder(name: FolderName): Promise<void>;

  /** Stops trusting it, and ends its session at once. */
  removePeer(id: DeviceId): Promise<void>;
  /** Dials what is not connected without waiting for the next attempt. */
  wakePeers(): void;

  /** Reads the configuration again; answers with what changed, a sentence each. E_CONFIG: nothing has changed. */
  reload(): Promise<readonly string[]>;
  /** Checks `given`, or without it the files of the daemon. Throws E_CONFIG. Answers with the name of what was checked. */
  checkConfig(given: { readonly text: string; readonly file: string } | undefined): Promise<string>;
  /** The effective configuration, defaults merged, no secrets: a value that JSON can hold. */
  effectiveConfig(): unknown;

  /** What `doctor` judges. */
  examine(): Promise<Examination>;

  readonly pairing: ControlledPairing;
  readonly logs: LogMemory;
}

export interface ControlledPairing {
  invite(request: InviteRequest): Promise<{ readonly text: string; readonly expiresAtMs: number }>;
  /** Asks the inviter what the invitation gives; does not use it up. E_INVITATION, E_INVITATION_REFUSED, E_UNREACHABLE, E_WRONG_KEY. */
  previewJoin(invitation: string): Promise<JoinOffer>;
  /** What joining would do in each place, by the folders' names at the inviter; without what cannot be compared in time. Changes nothing. */
  compareJoin(wanted: WantedComparison): Promise<ReadonlyMap<FolderName, FolderComparison>>;
  /** Uses the invitation: trusts the inviter, is trusted by it, adds or shares the folders. Done when they are added. */
  join(invitation: string, places: readonly JoinPlace[]): Promise<JoinOffer>;
  /** Joins that have begun, and are tried again until they are done. */
  unfinished(): readonly WaitingJoin[];
  /** Joins that were to bring this folder are tried no more. */
  forget(folder: FolderName): void;
}

export interface WaitingJoin {
  readonly inviter: DeviceId;
  readonly places: readonly JoinPlace[];
  /** What has kept it from being done. */
  readonly why: string;
}

/** Limits of the machine for this process; undefined where nobody can say. */
export interface MachineLimits {
  readonly inotifyWatches: number | undefined;
  readonly inotifyInstances: number | undefined;
  readonly openFiles: number | undefined;
}

export interface Examination {
  readonly program: string;
  readonly limits: MachineLimits;
  /** The directory with the key and the indexes. */
  readonly state: {
    readonly path: string;
    readonly mode: number;
    readonly freeBytes: number;
    readonly totalBytes: number;
  };
  readonly folders: readonly (FolderExamination & { readonly noAccess: Surveyed<NoAccess> })[];
}

/** How many there are, and the first of them. */
export interface Surveyed<Path> {
  readonly count: number;
  readonly paths: readonly Path[];
}

/** What lies in a directory, as far as it was looked at. */
export interface TreeSurvey {
  /** False: it would be made. */
  readonly exists: boolean;
  /** Files and links that would be synced. */
  readonly files: number;
  readonly bytes: number;
  readonly directories: number;
  /** By a rule; a directory stands for all that is in it. */
  readonly ignored: Surveyed<RelativePath>;
  readonly noAccess: Surveyed<NoAccess>;
  /** What no rule leaves out, and cannot be synced: names, pipes, sockets. */
  readonly skipped: Surveyed<{ readonly path: string; readonly code: ErrorCode }>;
  /** Other file systems in it: they are sent, and never written to. */
  readonly mounts: Surveyed<RelativePath>;
  /** There is more, which was not looked at. */
  readonly more: boolean;
}

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  /** The folder that does not run because of it. */
  readonly folder?: FolderName;
}

export interface PeerState {
  readonly id: DeviceId;
  readonly name: string;
  /** Where it is connected, or where it is dialled. */
  readonly address: string | undefined;
  readonly connected: boolean;
  /** Since when it has been connected or not; wall clock, ms. */
  readonly sinceMs: number | undefined;
  readonly rttMs: number | undefined;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Name and version of its program, while it is connected. */
  readonly program: string | undefined;
  /** By how much its clock is ahead of ours, as it was when it connected: ms. */
  readonly clockOffsetMs: number | undefined;
  /** The last failure to reach it; undefined while it is connected. */
  readonly problem: Problem | undefined;
}

export interface NewFolder {
  readonly name: FolderName;
  /** Absolute; `~` means nothing here. */
  readonly path: string;
  readonly profile: string | undefined;
  readonly mode: Mode | undefined;
  readonly ignore: readonly string[];
  readonly set: readonly string[];
}

export interface InviteRequest {
  /** Each exists here, unless this device has `storage:`. */
  readonly folders: readonly FolderName[];
  readonly role: Role;
  readonly private: boolean;
  readonly expiresMs: number;
  /** `HOST:PORT` each; empty: the daemon finds them. */
  readonly addresses: readonly string[];
}

export interface JoinOffer {
  readonly id: DeviceId;
  readonly name: string;
  readonly folders: readonly {
    readonly name: FolderName;
    /** What this device may do there. */
    readonly role: Role;
    readonly files: number;
    readonly bytes: number;
  }[];
}

export interface WantedComparison {
  readonly invitation: string;
  readonly offer: JoinOffer;
  readonly places: readonly JoinPlace[];
  /** Nobody means to wait: a large directory is not looked at. */
  readonly quick: boolean;
  /** Nobody waits any longer. */
  readonly signal: AbortSignal;
}

/** Files and links. */
export interface FolderComparison {
  /** Only at the inviter. */
  readonly receive: number;
  /** Of the inviter's files that are not here so: those that differ, too. */
  readonly receiveBytes: number;
  /** Only here. */
  readonly send: number;
  readonly differ: number;
  readonly same: number;
  /** Something may be ignored here: `receive` and `receiveBytes` are the most that comes. */
  readonly filtered: boolean;
}

/** The last records of the log, bounded, and those to come. */
export interface LogMemory {
  /** Oldest first, of this level or above. */
  recent(level: LogLevel): readonly LogRecord[];
  /** Calls with each record to come until the returned function is called. */
  subscribe(receive: (record: LogRecord) => void): () => void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface LogRecord {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
