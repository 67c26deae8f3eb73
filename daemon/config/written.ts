// A configuration as people write it, once it has passed the schema: what a key may hold, before it means anything.
import type { ConflictRule, FolderSettings, Mode, NoticeKind, Priority, Role } from '../core/settings.ts';

/** One for both ways, or one each. 0: no limit. */
export type RawRates = string | number | { readonly up?: string | number; readonly down?: string | number };

export type RawBandwidth =
  string | number | (Exclude<RawRates, string | number> & { readonly at?: Readonly<Record<string, RawRates>> });

/** A folder as written, checked key by key. Keys that this version refuses are not named here. */
export interface RawFolder {
  readonly path?: string;
  readonly profile?: string;
  readonly peers?: Readonly<Record<string, Role>>;
  readonly names?: Readonly<Record<string, string>>;
  readonly owner?: string;
  readonly mode?: Mode;
  readonly interval?: string;
  readonly rescan?: string;
  readonly schedule?: string;
  readonly enabled?: boolean;
  readonly ignore?: readonly string[];
  readonly only?: readonly string[];
  readonly content?: 'any' | 'text';
  readonly hidden?: boolean;
  readonly max_size?: string | number;
  readonly permissions?: boolean;
  readonly watch?: 'auto' | 'inotify' | 'poll';
  readonly authority?: string;
  readonly conflict?: ConflictRule;
  readonly max_delete?: string;
  readonly priority?: Priority;
  readonly compression?: FolderSettings['compression'];
  readonly bandwidth?: RawBandwidth;
  readonly notify?: readonly RawNoticeRule[];
  readonly versions?: { readonly keep?: string; readonly max_size?: string };
}

/** One of `run` and `desktop`. */
export interface RawNoticeRule {
  readonly on: readonly NoticeKind[];
  readonly run?: readonly string[];
  readonly timeout?: string;
  readonly desktop?: true;
  readonly after?: string;
}

export interface RawPeer {
  readonly id?: string;
  readonly address?: string | readonly string[];
  readonly bandwidth?: RawBandwidth;
}

/** A file as written, checked key by key. */
export interface RawDocument {
  readonly name?: string;
  readonly storage?: string;
  readonly listen?: string | false;
  readonly bandwidth?: RawBandwidth;
  readonly log?: { readonly level?: LogLevel; readonly file?: string };
  readonly defaults?: RawFolder;
  readonly profiles?: Readonly<Record<string, RawFolder>>;
  readonly folders?: Readonly<Record<string, RawFolder>>;
  readonly peers?: Readonly<Record<string, RawPeer>>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
