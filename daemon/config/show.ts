// The effective configuration, in the words of the file, with all defaults written out. What comes out can be read in
// again and means the same. There are no secrets in a configuration: keys lie in the state directory.
import { dump } from 'js-yaml';

import type { DeviceId } from '../core/ids.ts';
import type { FolderSettings, NoticeRule, PeerSettings } from '../core/settings.ts';
import { formatListen } from './addresses.ts';
import { showBandwidth } from './bandwidth.ts';
import type { Config } from './config.ts';
import { formatDuration, formatPercent } from './quantities.ts';

/** A value that JSON can hold. `self` is shown by this device's name. */
export function showConfig(config: Config, self: DeviceId): Record<string, unknown> {
  const deviceName = (id: DeviceId): string => config.peers.get(id)?.name ?? id;
  const { file, level } = config.log;
  return {
    name: config.name,
    listen: formatListen(config.listen),
    ...(config.storage === undefined ? {} : { storage: config.storage }),
    bandwidth: showBandwidth(config.bandwidth),
    log: { level, ...(file === undefined ? {} : { file }) },
    profiles: Object.fromEntries(config.profiles),
    folders: Object.fromEntries(
      [...config.folders.values()].map((folder) => [folder.name, showFolder(folder, self, deviceName)]),
    ),
    peers: Object.fromEntries([...config.peers.values()].map((peer) => [peer.name, showPeer(peer)])),
  };
}

/** The same as the text of a `config.yaml`. */
export function showConfigText(config: Config, self: DeviceId): string {
  return dump(showConfig(config, self), { noRefs: true, lineWidth: -1 });
}

function showFolder(
  folder: FolderSettings,
  self: DeviceId,
  deviceName: (id: DeviceId) => string,
): Record<string, unknown> {
  const { authority } = folder;
  return {
    path: folder.path,
    ...(folder.profile === undefined ? {} : { profile: folder.profile }),
    peers: Object.fromEntries([...folder.peers].map(([id, role]) => [deviceName(id), role])),
    ...(folder.names.size === 0
      ? {}
      : { names: Object.fromEntries([...folder.names].map(([id, name]) => [deviceName(id), name])) }),
    ...(folder.owner === undefined ? {} : { owner: folder.owner }),
    mode: folder.mode,
    interval: folder.intervalMs === 0 ? 'realtime' : formatDuration(folder.intervalMs),
    rescan: formatDuration(folder.rescanMs),
    schedule: folder.schedule?.text ?? null,
    enabled: folder.enabled,
    ignore: folder.filter.ignore,
    only: folder.filter.only,
    content: folder.filter.content,
    hidden: folder.filter.hidden,
    max_size: folder.filter.maxSizeBytes,
    permissions: folder.permissions,
    watch: folder.watch,
    // By ID where it is this device: its name may be a peer's too.
    ...(authority === undefined ? {} : { authority: authority === self ? authority : deviceName(authority) }),
    ...(folder.conflict === undefined ? {} : { conflict: folder.conflict }),
    priority: folder.priority,
    compression: folder.compression,
    bandwidth: showBandwidth(folder.bandwidth),
    max_delete: formatPercent(folder.maxDelete),
    ...(folder.notify.length === 0 ? {} : { notify: folder.notify.map(showNoticeRule) }),
    versions: { keep: formatDuration(folder.versions.keepMs), max_size: formatPercent(folder.versions.maxShare) },
  };
}

function showNoticeRule({ on, how, afterMs }: NoticeRule): Record<string, unknown> {
  const what =
    how.kind === 'desktop' ? { desktop: true } : { run: how.command, timeout: formatDuration(how.timeoutMs) };
  return { on, ...what, ...(on.includes('peer-lost') ? { after: formatDuration(afterMs) } : {}) };
}

function showPeer(peer: PeerSettings): Record<string, unknown> {
  const [first, ...others] = peer.addresses;
  const address = first === undefined ? {} : { address: others.length === 0 ? first : peer.addresses };
  const bandwidth = peer.bandwidth === undefined ? {} : { bandwidth: showBandwidth(peer.bandwidth) };
  return { id: peer.id, ...address, ...bandwidth };
}
