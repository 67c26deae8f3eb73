// The control API: what syncctl (or curl) may ask of a daemon over its Unix socket, and what it answers. HTTP with JSON.
// Names are those of the JSON: snake_case, units in names, times in RFC 3339, sizes in bytes. Fields are only ever added.
import type { AskedResolve, ConflictItem, ResolveAnswer } from './conflicts.ts';
import type { DoctorAnswer, VerifyLine } from './doctor.ts';
import type { ErrorCode } from './errors.ts';
import type { PathRule, PlanItem, SettingsPlan } from './plan.ts';
import type { FolderSurvey } from './survey.ts';
import type { RestoredDirectory, UndoAnswer } from './undo.ts';

/** The largest request body: 1 MiB; the longest honest one is a configuration file. Beyond: refused with 413. */
export const MAX_BODY_BYTES = 1 << 20;
/** Connections at once: 64. Beyond: closed at accept. Long waits and streams hold one each. */
export const MAX_CONTROL_CONNECTIONS = 64;
/** The only Host names that the API answers to: a web page that reaches the socket in some way has another. */
export const CONTROL_HOSTS: readonly string[] = ['syncd', 'localhost'];
/** The longest `wait`: longer ones are refused. */
export const MAX_WAIT_SECONDS = 1_000_000;

export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string };
}

export type FolderState = 'idle' | 'scanning' | 'syncing' | 'paused' | 'held' | 'halted' | 'error';
export type RoleName = 'two-way' | 'edit-only' | 'read-only';
export type ModeName = 'two-way' | 'send-only' | 'receive-only';
export type LevelName = 'debug' | 'info' | 'warn' | 'error';

export interface StatusFolder {
  readonly name: string;
  readonly path: string;
  readonly mode: ModeName;
  readonly state: FolderState;
  readonly files: number;
  readonly bytes: number;
  readonly pending_files: number;
  readonly pending_bytes: number;
  readonly conflicts: number;
  readonly last_sync: string | null;
  readonly error: ErrorBody['error'] | null;
  readonly skipped: readonly { readonly path: string; readonly code: ErrorCode }[];
  readonly peers: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: RoleName;
    readonly connected: boolean;
    readonly in_sync: boolean;
  }[];
}

export interface StatusPeer {
  readonly id: string;
  readonly name: string;
  readonly address: string | null;
  readonly connected: boolean;
  /** Since when it has been connected or not. */
  readonly since: string | null;
  readonly rtt_ms: number | null;
  readonly bytes_sent: number;
  readonly bytes_received: number;
}

/** `status --json`: this shape is the contract of PRODUCT.md. */
export interface Status {
  readonly daemon: {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly pid: number;
    readonly uptime_s: number;
    readonly health: 'ok' | 'degraded' | 'failing';
  };
  readonly folders: readonly StatusFolder[];
  readonly peers: readonly StatusPeer[];
}

/** One thing that somebody should look at. */
export interface Attention {
  readonly folder: string | null;
  readonly peer: string | null;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** What `status` shows to a person: the contract's status, and what does not fit into its shape. */
export interface Overview {
  readonly status: Status;
  /** Where this device listens for others. */
  readonly listening: string | null;
  readonly attention: readonly Attention[];
  /** What is as it was set and needs nobody, and yet may surprise. */
  readonly notes: readonly { readonly folder: string; readonly message: string }[];
}

export interface FolderItem {
  readonly name: string;
  readonly path: string;
  /** The profile that it takes settings from. */
  readonly profile: string | null;
  readonly mode: ModeName;
  /** `disabled`: configured with `enabled: false`. */
  readonly state: FolderState | 'disabled';
  readonly files: number;
  readonly bytes: number;
  /** Device ID. */
  readonly authority: string | null;
  readonly conflict: string;
  readonly peers: readonly { readonly id: string; readonly name: string; readonly role: RoleName }[];
}

export interface PeerItem extends StatusPeer {
  readonly folders: readonly string[];
  /** Why it is not connected, where that is known. */
  readonly error: ErrorBody['error'] | null;
}

export interface Invitation {
  readonly invitation: string;
  readonly folders: readonly string[];
  readonly role: RoleName;
  readonly private: boolean;
  readonly expires: string;
}

export interface JoinFolder {
  /** Its name here. */
  readonly name: string;
  /** Its name at the inviter. */
  readonly offered: string;
  readonly path: string;
  /** The folder is here already, and is now kept with one device more. */
  readonly exists: boolean;
  /** What this device may do in it. */
  readonly role: RoleName;
  /** What the inviter holds. */
  readonly files: number;
  readonly bytes: number;
}

export interface JoinAnswer {
  readonly peer: { readonly id: string; readonly name: string };
  readonly folders: readonly JoinFolder[];
}

/** What a join would do in one folder, in files and links. */
export interface JoinComparison {
  /** Only at the inviter. */
  readonly receive: number;
  /** Bytes of the inviter's files that are not here so: of those that differ, too. */
  readonly receive_bytes: number;
  /** Only here. */
  readonly send: number;
  /** On both sides with different contents: kept as conflicts. */
  readonly differ: number;
  readonly same: number;
  /** Something may be ignored here: `receive` and `receive_bytes` are the most that comes. */
  readonly filtered: boolean;
}

export interface JoinPreview {
  readonly peer: JoinAnswer['peer'];
  /** `comparison` is null where there was too much to compare. */
  readonly folders: readonly (JoinFolder & { readonly comparison: JoinComparison | null })[];
}

export type WaitKind = 'in-sync' | 'not-in-time' | 'needs-attention';
export interface WaitAnswer {
  /** The worst of the folders. */
  readonly result: WaitKind;
  readonly folders: readonly {
    readonly name: string;
    readonly result: WaitKind;
    readonly code: ErrorCode | null;
    readonly message: string | null;
  }[];
}

export interface HistoryItem {
  readonly folder: string;
  /** Rising in the order of events; null for a kept version of which no event is known any more. */
  readonly id: number | null;
  readonly time: string;
  readonly path: string;
  readonly what: string;
  readonly device: string;
  readonly device_name: string;
  readonly size: number | null;
  /** The kept content that the change replaced: what `restore --version` takes. */
  readonly version: string | null;
  readonly detail: string | null;
}

export interface VersionItem {
  readonly folder: string;
  readonly path: string;
  readonly version: string;
  readonly kind: 'file' | 'symlink';
  readonly size: number;
  readonly sha256: string | null;
  readonly modified: string;
  readonly replaced: string;
  readonly replaced_by: string;
  readonly replaced_by_name: string;
  readonly why: 'replaced' | 'deleted' | 'conflict';
  /** Where the content lies: a plain file. */
  readonly file: string;
}

export interface Health {
  readonly health: Status['daemon']['health'];
  readonly version: string;
  readonly uptime_s: number;
  readonly attention: readonly Attention[];
}

export interface EventItem {
  /** Rising, also over restarts; a gap means that events were dropped before they could be read. */
  readonly id: number;
  readonly time: string;
  readonly folder: string;
  readonly kind: 'change' | 'condition' | 'peer' | 'conflict' | 'warning';
  readonly path: string | null;
  readonly what: string;
  readonly device: string | null;
  readonly device_name: string | null;
  readonly direction: 'local' | 'received' | null;
  readonly size: number | null;
  readonly code: ErrorCode | null;
}

export interface LogItem {
  readonly time: string;
  readonly level: LevelName;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Done {
  /** The folders that it was done to. */
  readonly folders: readonly string[];
}

interface AskedFolder {
  readonly folder: string;
}
interface MaybeFolder {
  /** Without it: all folders. */
  readonly folder?: string | undefined;
}
interface AskedJoin {
  readonly invitation: string;
  /** Absolute. */
  readonly path?: string | undefined;
  /** The folder's name here, if it cannot be the inviter's. */
  readonly as?: string | undefined;
  /** Where the asking program stands: without `path` a new folder is made below it. Absolute. */
  readonly cwd?: string | undefined;
}

interface AskedPreview extends AskedJoin {
  /** Nobody means to wait: what is large is not compared. */
  readonly quick?: boolean | undefined;
}

/** One thing that can be asked. GET asks in the query, POST in a JSON body; a stream answers one JSON object a line. */
export interface Route<Asked, Answer, Stream extends boolean> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly stream: Stream;
  /** Never there: carries the types. */
  readonly types?: { readonly asked: Asked; readonly answer: Answer };
}

const get = <Asked, Answer>(path: string): Route<Asked, Answer, false> => ({ method: 'GET', path, stream: false });
const post = <Asked, Answer>(path: string): Route<Asked, Answer, false> => ({ method: 'POST', path, stream: false });
const follow = <Asked, Answer>(path: string, method: 'GET' | 'POST' = 'GET'): Route<Asked, Answer, true> => ({
  method,
  path,
  stream: true,
});

/** The whole API: one line a route. */
export const routes = {
  status: get<MaybeFolder, Status>('/v1/status'),
  overview: get<MaybeFolder, Overview>('/v1/overview'),
  folders: get<object, readonly FolderItem[]>('/v1/folders'),
  addFolder: post<AddFolder, AddedFolder>('/v1/folders/add'),
  surveyFolder: post<AddFolder, FolderSurvey>('/v1/folders/survey'),
  editFolder: post<AskedFolder & { readonly set: readonly string[] }, FolderItem>('/v1/folders/edit'),
  removeFolder: post<AskedFolder, Done>('/v1/folders/remove'),
  sync: post<MaybeFolder, Done>('/v1/sync'),
  wait: post<MaybeFolder & { readonly timeout_s?: number | undefined }, WaitAnswer>('/v1/wait'),
  plan: get<MaybeFolder, readonly PlanItem[]>('/v1/plan'),
  planSettings: post<AskedFolder & { readonly set: readonly string[] }, SettingsPlan>('/v1/plan/settings'),
  why: get<AskedFolder & { readonly path: string }, PathRule>('/v1/plan/why'),
  pause: post<MaybeFolder, Done>('/v1/pause'),
  resume: post<MaybeFolder, Done>('/v1/resume'),
  approve: post<AskedFolder, { readonly folder: string; readonly deletions: number }>('/v1/approve'),
  reject: post<AskedFolder, { readonly folder: string; readonly deletions: number }>('/v1/reject'),
  peers: get<object, readonly PeerItem[]>('/v1/peers'),
  removePeer: post<{ readonly peer: string }, { readonly id: string; readonly name: string }>('/v1/peers/remove'),
  invite: post<AskedInvitation, Invitation>('/v1/invite'),
  previewJoin: post<AskedPreview, JoinPreview>('/v1/join/preview'),
  join: post<AskedJoin, JoinAnswer>('/v1/join'),
  history: get<AskedHistory, readonly HistoryItem[]>('/v1/history'),
  versions: get<AskedFolder & { readonly path: string }, readonly VersionItem[]>('/v1/versions'),
  restore: post<AskedRestore, VersionItem | RestoredDirectory>('/v1/restore'),
  undo: post<AskedUndo, UndoAnswer>('/v1/undo'),
  conflicts: get<MaybeFolder, readonly ConflictItem[]>('/v1/conflicts'),
  resolve: post<AskedResolve, ResolveAnswer>('/v1/resolve'),
  health: get<object, Health>('/v1/health'),
  doctor: get<MaybeFolder, DoctorAnswer>('/v1/doctor'),
  verify: follow<MaybeFolder & { readonly repair?: boolean | undefined }, VerifyLine>('/v1/verify', 'POST'),
  events: follow<AskedEvents, EventItem>('/v1/events'),
  logs: follow<AskedLogs, LogItem>('/v1/logs'),
  config: get<object, unknown>('/v1/config'),
  checkConfig: post<AskedCheck, { readonly file: string }>('/v1/config/check'),
  reload: post<object, { readonly changed: readonly string[] }>('/v1/reload'),
};

/** `survey`: what was there before, as far as it could be looked at in a few seconds. */
export type AddedFolder = FolderItem & { readonly survey: FolderSurvey };

interface AddFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly profile?: string | undefined;
  readonly mode?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
  /** `KEY=VALUE` each: a key of the configuration, and YAML. */
  readonly set?: readonly string[] | undefined;
}
interface AskedInvitation {
  readonly folders: readonly string[];
  readonly role?: string | undefined;
  readonly private?: boolean | undefined;
  readonly expires_s?: number | undefined;
  /** `HOST:PORT` each; without: the addresses that this machine knows of itself. */
  readonly addresses?: readonly string[] | undefined;
}
interface AskedHistory extends MaybeFolder {
  /** In the folder, or absolute. */
  readonly path?: string | undefined;
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
}
interface AskedRestore extends AskedFolder {
  /** A file, a link or a directory; `.` is the whole folder. */
  readonly path: string;
  /** A version's ID or the beginning of one. */
  readonly version?: string | undefined;
  readonly at?: string | undefined;
  /** Absolute. */
  readonly to?: string | undefined;
  /** Only what would be done. */
  readonly dry_run?: boolean | undefined;
}
/** One of `last`, `since` and `id`. */
interface AskedUndo extends AskedFolder {
  readonly last?: boolean | undefined;
  readonly since?: string | undefined;
  /** The number of an event, or the beginning of a version's ID. */
  readonly id?: string | undefined;
  readonly dry_run?: boolean | undefined;
}
interface AskedEvents {
  readonly follow?: boolean | undefined;
  /** All that came after this event, as far as it is still known. Without it: the last `limit`. */
  readonly since?: number | undefined;
  readonly limit?: number | undefined;
}
interface AskedLogs {
  readonly follow?: boolean | undefined;
  readonly level?: string | undefined;
  readonly limit?: number | undefined;
}
interface AskedCheck {
  /** What to check, and its name for messages; without them the daemon's own files. */
  readonly text?: string | undefined;
  readonly file?: string | undefined;
}

export type RouteName = keyof typeof routes;
export type Asked<Name extends RouteName> = NonNullable<(typeof routes)[Name]['types']>['asked'];
export type Answer<Name extends RouteName> = NonNullable<(typeof routes)[Name]['types']>['answer'];
export type StreamName = { [N in RouteName]: (typeof routes)[N]['stream'] extends true ? N : never }[RouteName];
export type AnswerName = Exclude<RouteName, StreamName>;
