// What people set, checked: of a folder, of a peer, of listening. config/ makes these values; nothing inside checks again.
import type { Bandwidth } from './bandwidth.ts';
import type { DeviceId, FolderName } from './ids.ts';
import type { Schedule } from './schedule.ts';

export type Role = 'two-way' | 'edit-only' | 'read-only';
export type Mode = 'two-way' | 'send-only' | 'receive-only';
export type ConflictRule = 'newest' | 'hub-wins' | 'keep-both' | 'largest' | 'merge';

/** Which of two folders goes first. */
export type Priority = 'high' | 'normal' | 'low';

export type Listen =
  | { readonly kind: 'auto' }
  | { readonly kind: 'off' }
  | { readonly kind: 'at'; readonly host: string; readonly port: number };

/** What people can be told of. */
export type NoticeKind = 'conflict' | 'error' | 'mass-delete' | 'peer-lost';
export const NOTICE_KINDS: readonly NoticeKind[] = ['conflict', 'error', 'mass-delete', 'peer-lost'];

/** One entry of `notify`. */
export interface NoticeRule {
  readonly on: readonly NoticeKind[];
  readonly how:
    | { readonly kind: 'run'; readonly command: readonly [string, ...string[]]; readonly timeoutMs: number }
    | { readonly kind: 'desktop' };
  /** How long a peer must be away until it counts as lost. */
  readonly afterMs: number;
}

export interface PeerSettings {
  /** The name under which this device knows it. */
  readonly name: string;
  readonly id: DeviceId;
  /** `wss://HOST:PORT` each, tried in order; empty: the peer dials us. */
  readonly addresses: readonly string[];
  /** Of content with this peer; absent: no limit of its own. */
  readonly bandwidth?: Bandwidth;
}

/** Which paths of a folder are synced here: see core/filter.ts. */
export interface FilterSettings {
  /** Those of `defaults` first; each once. */
  readonly ignore: readonly string[];
  /** Empty: everything. */
  readonly only: readonly string[];
  readonly content: 'any' | 'text';
  /** False: names that begin with a dot are left out. */
  readonly hidden: boolean;
  /** 0: no limit. */
  readonly maxSizeBytes: number;
}

export interface FolderSettings {
  readonly name: FolderName;
  /** Absolute, `~` expanded. */
  readonly path: string;
  /** The profile that it takes settings from; they are among these. */
  readonly profile: string | undefined;
  /** The peers it is kept with, and the role that each has here. */
  readonly peers: ReadonlyMap<DeviceId, Role>;
  /** What it is called on those of them where it has another name. */
  readonly names: ReadonlyMap<DeviceId, FolderName>;
  /** Of a private folder: whose it is. Undefined: of no device alone. */
  readonly owner: DeviceId | undefined;
  readonly mode: Mode;
  readonly enabled: boolean;
  /** Changes are gathered for so long before they are sent; 0: they are sent at once. */
  readonly intervalMs: number;
  readonly rescanMs: number;
  /** When it syncs; undefined: always. */
  readonly schedule: Schedule | undefined;
  readonly permissions: boolean;
  readonly filter: FilterSettings;
  readonly watch: 'auto' | 'inotify' | 'poll';
  /** Proposals for the setting that all devices of the folder hold alike (common-setting.ts); undefined: none. */
  readonly authority: DeviceId | undefined;
  readonly conflict: ConflictRule | undefined;
  /** Share of the files, 0 to 1; 1 turns the brake off. */
  readonly maxDelete: number;
  readonly priority: Priority;
  /** Of contents that this device sends. */
  readonly compression: 'auto' | 'always' | 'never';
  /** Of its contents, with all peers together. */
  readonly bandwidth: Bandwidth;
  readonly versions: { readonly keepMs: number; readonly maxShare: number };
  readonly notify: readonly NoticeRule[];
}

/** What a folder is called between this device and a peer. */
export function nameAt({ name, names }: Pick<FolderSettings, 'name' | 'names'>, peer: DeviceId): FolderName {
  return names.get(peer) ?? name;
}
