// The checked configuration: one frozen value, replaced whole. load.ts makes it; reload.ts compares two.
import type { Bandwidth } from '../core/bandwidth.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { PlainObject } from './document.ts';
import type { LogLevel } from './written.ts';
import type { FolderSettings, Listen, PeerSettings } from '../core/settings.ts';

export interface Config {
  readonly name: string;
  readonly listen: Listen;
  /** Where folders are made that peers bring; undefined: nowhere. */
  readonly storage: string | undefined;
  /** Of all content together. */
  readonly bandwidth: Bandwidth;
  readonly folders: ReadonlyMap<FolderName, FolderSettings>;
  readonly peers: ReadonlyMap<DeviceId, PeerSettings>;
  /** Those that a folder can name, the built-in ones too, as they are written. */
  readonly profiles: ReadonlyMap<string, PlainObject>;
  readonly log: { readonly file: string | undefined; readonly level: LogLevel };
}

/** Where a daemon keeps what: from `--home`, from systemd, or by the conventions of the user's system. */
export interface Locations {
  readonly configFile: string;
  /** Somebody named the file: then it is an error that it is not there. */
  readonly configMustExist?: boolean;
  /** Read in this order; the last one is written by commands. */
  readonly folderDirs: readonly string[];
  readonly peerDirs: readonly string[];
  /** Index, key, certificate, lock: 0700. */
  readonly stateDir: string;
  readonly socket: string;
  readonly logsDir: string | undefined;
}
