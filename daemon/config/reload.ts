// The difference of two configurations: what the daemon has to do to get from one to the other. Pure.
import { UNLIMITED } from '../core/bandwidth.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { FilterSettings, FolderSettings, Listen, PeerSettings } from '../core/settings.ts';
import { sameBandwidth } from './bandwidth.ts';
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
  /** Another name, other addresses or limits: the new ones. */
  readonly peersChanged: readonly PeerSettings[];
  readonly listenChanged: boolean;
  readonly storageChanged: boolean;
  /** Of the whole device. */
  readonly bandwidthChanged: boolean;
  readonly nameChanged: boolean;
  readonly logChanged: boolean;
}

export function differenceOf(before: Config, after: Config): ConfigDifference {
  const folders = compare(before.folders, after.folders, sameFolder);
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
    storageChanged: before.storage !== after.storage,
    bandwidthChanged: !sameBandwidth(before.bandwidth, after.bandwidth),
    nameChanged: before.name !== after.name,
    logChanged: before.log.file !== after.log.file || before.log.level !== after.log.level,
  };
}

/** What changes beside folders, a sentence each. */
export function changesBesideFolders(difference: ConfigDifference, after: Config): string[] {
  const { peersAdded, peersChanged, peersRemoved } = difference;
  return [
    ...peersAdded.map(({ name }) => `peer ${name}: added`),
    ...peersChanged.map(({ name }) => `peer ${name}: changed`),
    ...peersRemoved.map((id) => `peer ${id.slice(0, 7)}: removed`),
    ...(difference.listenChanged ? ['listen: changed'] : []),
    ...(difference.storageChanged ? ['storage: changed'] : []),
    ...(difference.bandwidthChanged ? ['bandwidth: changed'] : []),
    ...(difference.nameChanged ? [`name: ${after.name}`] : []),
  ];
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

function sameFolder(a: FolderSettings, b: FolderSettings): boolean {
  // A setting that is added does not compile until it is compared.
  const same: Readonly<Record<keyof FolderSettings, boolean>> = {
    name: a.name === b.name,
    path: a.path === b.path,
    profile: a.profile === b.profile,
    peers: a.peers.size === b.peers.size && [...a.peers].every(([id, role]) => b.peers.get(id) === role),
    names: a.names.size === b.names.size && [...a.names].every(([id, name]) => b.names.get(id) === name),
    owner: a.owner === b.owner,
    mode: a.mode === b.mode,
    enabled: a.enabled === b.enabled,
    intervalMs: a.intervalMs === b.intervalMs,
    rescanMs: a.rescanMs === b.rescanMs,
    schedule: a.schedule?.text === b.schedule?.text,
    permissions: a.permissions === b.permissions,
    filter: sameFilter(a.filter, b.filter),
    watch: a.watch === b.watch,
    authority: a.authority === b.authority,
    conflict: a.conflict === b.conflict,
    maxDelete: a.maxDelete === b.maxDelete,
    priority: a.priority === b.priority,
    compression: a.compression === b.compression,
    bandwidth: sameBandwidth(a.bandwidth, b.bandwidth),
    notify: JSON.stringify(a.notify) === JSON.stringify(b.notify),
    versions: a.versions.keepMs === b.versions.keepMs && a.versions.maxShare === b.versions.maxShare,
  };
  return Object.values(same).every(Boolean);
}

function sameFilter(a: FilterSettings, b: FilterSettings): boolean {
  const sameList = (x: readonly string[], y: readonly string[]): boolean =>
    x.length === y.length && x.every((one, i) => one === y[i]);
  const same: Readonly<Record<keyof FilterSettings, boolean>> = {
    ignore: sameList(a.ignore, b.ignore),
    only: sameList(a.only, b.only),
    content: a.content === b.content,
    hidden: a.hidden === b.hidden,
    maxSizeBytes: a.maxSizeBytes === b.maxSizeBytes,
  };
  return Object.values(same).every(Boolean);
}

function samePeer(a: PeerSettings, b: PeerSettings): boolean {
  return (
    a.name === b.name &&
    sameBandwidth(a.bandwidth ?? UNLIMITED, b.bandwidth ?? UNLIMITED) &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every((address, i) => address === b.addresses[i])
  );
}

function sameListen(a: Listen, b: Listen): boolean {
  if (a.kind !== 'at' || b.kind !== 'at') return a.kind === b.kind;
  return a.host === b.host && a.port === b.port;
}
