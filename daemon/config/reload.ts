// The difference of two configurations: what the daemon has to do to get from one to the other. Pure.
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { FolderSettings, Listen, PeerSettings } from '../core/settings.ts';
import type { Config } from './config.ts';

export interface ConfigDifference {
  readonly foldersAdded: readonly FolderSettings[];
  readonly foldersRemoved: readonly FolderName[];
  /** Same place, other settings (`enabled` is one): the new ones. */
  readonly foldersChanged: readonly FolderSettings[];
  /** Another path, and perhaps other settings: the new ones. */
  readonly foldersMoved: readonly FolderSettings[];
  readonly peersAdded: readonly PeerSettings[];
  readonly peersRemoved: readonly DeviceId[];
  /** Another name or other addresses: the new ones. */
  readonly peersChanged: readonly PeerSettings[];
  readonly listenChanged: boolean;
  readonly nameChanged: boolean;
  readonly logChanged: boolean;
}

export function differenceOf(before: Config, after: Config): ConfigDifference {
  const folders = compare(before.folders, after.folders, (a, b) => a.path === b.path && sameFolder(a, b));
  const peers = compare(before.peers, after.peers, samePeer);
  const moved = (folder: FolderSettings): boolean => before.folders.get(folder.name)?.path !== folder.path;
  return {
    foldersAdded: folders.added,
    foldersRemoved: folders.removed,
    foldersChanged: folders.changed.filter((folder) => !moved(folder)),
    foldersMoved: folders.changed.filter(moved),
    peersAdded: peers.added,
    peersRemoved: peers.removed,
    peersChanged: peers.changed,
    listenChanged: !sameListen(before.listen, after.listen),
    nameChanged: before.name !== after.name,
    logChanged: before.log.file !== after.log.file || before.log.level !== after.log.level,
  };
}

function compare<Key, Value>(
  before: ReadonlyMap<Key, Value>,
  after: ReadonlyMap<Key, Value>,
  same: (a: Value, b: Value) => boolean,
): { added: Value[]; removed: Key[]; changed: Value[] } {
  const added: Value[] = [];
  const changed: Value[] = [];
  for (const [key, value] of after) {
    const old = before.get(key);
    if (old === undefined) added.push(value);
    else if (!same(old, value)) changed.push(value);
  }
  return { added, changed, removed: [...before.keys()].filter((key) => !after.has(key)) };
}

// Each key is compared by a function of its own name: a setting that is added does not compile until it is compared.
const FOLDER_KEYS: {
  readonly [Key in keyof FolderSettings]: (a: FolderSettings[Key], b: FolderSettings[Key]) => boolean;
} = {
  name: Object.is,
  path: Object.is,
  peers: (a, b) => a.size === b.size && [...a].every(([id, role]) => b.get(id) === role),
  mode: Object.is,
  enabled: Object.is,
  rescanMs: Object.is,
  permissions: Object.is,
  watch: Object.is,
  authority: Object.is,
  conflict: Object.is,
  maxDelete: Object.is,
  versions: (a, b) => a.keepMs === b.keepMs && a.maxShare === b.maxShare,
};

function sameFolder(a: FolderSettings, b: FolderSettings): boolean {
  const same = <Key extends keyof FolderSettings>(key: Key): boolean => FOLDER_KEYS[key](a[key], b[key]);
  return (
    same('name') &&
    same('path') &&
    same('peers') &&
    same('mode') &&
    same('enabled') &&
    same('rescanMs') &&
    same('permissions') &&
    same('watch') &&
    same('authority') &&
    same('conflict') &&
    same('maxDelete') &&
    same('versions')
  );
}

function samePeer(a: PeerSettings, b: PeerSettings): boolean {
  return (
    a.name === b.name &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every((address, i) => address === b.addresses[i])
  );
}

function sameListen(a: Listen, b: Listen): boolean {
  if (a.kind !== 'at' || b.kind !== 'at') return a.kind === b.kind;
  return a.host === b.host && a.port === b.port;
}
