// One folder as written → its settings: path absolute, peers and authority as device IDs, defaults filled in.
import { assert } from '../core/assert.ts';
import { type DeviceId, type FolderName, parseDeviceId, parseFolderName } from '../core/ids.ts';
import type { FilterSettings, FolderSettings, NoticeRule, PeerSettings, Role } from '../core/settings.ts';
import { parseSchedule } from '../core/schedule.ts';
import { FOLDER_DEFAULTS, NOTICE_DEFAULTS } from './defaults.ts';
import { toBandwidth } from './bandwidth.ts';
import { expandPath, isAtOrBelow } from './place.ts';
import { resolveOwner } from './private-folders.ts';
import { type Report, shown } from './problem.ts';
import { parseDuration, parsePercent, parseSize } from './quantities.ts';
import { suggest } from './suggest.ts';
import type { RawFolder, RawNoticeRule } from './written.ts';

export interface FolderSurroundings {
  /** Every device under `peers:`, by name; perhaps also this one. */
  readonly devices: ReadonlyMap<string, PeerSettings>;
  /** This device's name and ID. */
  readonly name: string;
  readonly self: DeviceId | undefined;
  /** What `~` stands for. */
  readonly home: string;
  readonly stateDir: string;
  readonly report: Report;
}

/** Undefined where the folder has no usable path; every problem is reported. */
export function resolveFolder(
  folderName: string,
  raw: RawFolder,
  around: FolderSurroundings,
): FolderSettings | undefined {
  const name = parseFolderName(folderName);
  assert(name !== undefined, 'folder names have passed the schema');
  const path = resolvePath(name, raw.path, around);
  const peers = resolveRoles(name, raw.peers ?? {}, around);
  const names = resolveNames(name, raw.names ?? {}, around);
  const owner = resolveOwner(name, { owner: raw.owner, peers: peers.keys() }, around.devices, around.report);
  const authority = raw.authority === undefined ? undefined : resolveAuthority(name, raw.authority, around);
  if (path === undefined) return undefined;
  const { versions } = FOLDER_DEFAULTS;
  return {
    name,
    path,
    profile: raw.profile,
    peers,
    names,
    owner,
    mode: raw.mode ?? FOLDER_DEFAULTS.mode,
    enabled: raw.enabled ?? FOLDER_DEFAULTS.enabled,
    // «realtime» is no duration.
    intervalMs: parseDuration(raw.interval) ?? FOLDER_DEFAULTS.intervalMs,
    rescanMs: parseDuration(raw.rescan) ?? FOLDER_DEFAULTS.rescanMs,
    // «always» is no schedule: it lifts one of defaults.
    schedule: raw.schedule === undefined ? undefined : parseSchedule(raw.schedule),
    permissions: raw.permissions ?? FOLDER_DEFAULTS.permissions,
    filter: resolveFilter(raw),
    watch: raw.watch ?? FOLDER_DEFAULTS.watch,
    authority,
    conflict: raw.conflict,
    priority: raw.priority ?? FOLDER_DEFAULTS.priority,
    compression: raw.compression ?? FOLDER_DEFAULTS.compression,
    bandwidth: toBandwidth(raw.bandwidth),
    maxDelete: parsePercent(raw.max_delete) ?? FOLDER_DEFAULTS.maxDelete,
    notify: (raw.notify ?? []).map((rule) => resolveNoticeRule(rule, around)),
    versions: {
      keepMs: parseDuration(raw.versions?.keep) ?? versions.keepMs,
      maxShare: parsePercent(raw.versions?.max_size) ?? versions.maxShare,
    },
  };
}

function resolveFilter(raw: RawFolder): FilterSettings {
  const { filter } = FOLDER_DEFAULTS;
  return {
    ignore: eachOnce(raw.ignore ?? filter.ignore),
    only: eachOnce(raw.only ?? filter.only),
    content: raw.content ?? filter.content,
    hidden: raw.hidden ?? filter.hidden,
    maxSizeBytes: parseSize(raw.max_size) ?? filter.maxSizeBytes,
  };
}

/** The last match decides, so of two equal patterns the later one counts. */
function eachOnce(patterns: readonly string[]): readonly string[] {
  return patterns.filter((pattern, i) => patterns.lastIndexOf(pattern) === i);
}

function resolveNoticeRule({ on, run = [], timeout, after }: RawNoticeRule, { home }: FolderSurroundings): NoticeRule {
  const [program, ...args] = run;
  const timeoutMs = parseDuration(timeout) ?? NOTICE_DEFAULTS.timeoutMs;
  const how: NoticeRule['how'] =
    program === undefined
      ? { kind: 'desktop' }
      : { kind: 'run', command: [expandPath(program, home), ...args], timeoutMs };
  return { on, how, afterMs: parseDuration(after) ?? NOTICE_DEFAULTS.afterMs };
}

function resolvePath(
  folder: string,
  path: string | undefined,
  { home, stateDir, report }: FolderSurroundings,
): string | undefined {
  if (path === undefined) {
    report('E_CONFIG', ['folders', folder], 'no path; expected «path:» with an absolute path');
    return undefined;
  }
  const absolute = expandPath(path, home);
  const refuse = (why: string): undefined => report('E_FOLDER_PATH', ['folders', folder, 'path'], why) as undefined;
  // What lies there would be sent to other devices, the key among it.
  if (isAtOrBelow(stateDir, absolute)) return refuse(`${shown(absolute)} holds the daemon's own ${stateDir}`);
  if (isAtOrBelow(absolute, stateDir)) return refuse(`${shown(absolute)} lies in the daemon's own ${stateDir}`);
  if (['/proc', '/sys'].some((dir) => isAtOrBelow(absolute, dir)))
    return refuse(`${shown(absolute)} is made by the kernel and holds no files`);
  return absolute;
}

function resolveRoles(
  folder: string,
  roles: Readonly<Record<string, Role>>,
  around: FolderSurroundings,
): Map<DeviceId, Role> {
  return resolvePeers(['folders', folder, 'peers'], roles, around);
}

function resolveNames(
  folder: string,
  names: Readonly<Record<string, string>>,
  around: FolderSurroundings,
): Map<DeviceId, FolderName> {
  const written = resolvePeers(['folders', folder, 'names'], names, around);
  return new Map(
    [...written].map(([id, text]) => {
      const name = parseFolderName(text);
      assert(name !== undefined, 'folder names have passed the schema');
      return [id, name];
    }),
  );
}

/** What is written by peers' names or IDs, by their IDs; without this device. */
function resolvePeers<T>(
  keys: readonly string[],
  written: Readonly<Record<string, T>>,
  { devices, self, report }: FolderSurroundings,
): Map<DeviceId, T> {
  const byId = new Map([...devices.values()].map((peer) => [peer.id as string, peer]));
  const resolved = new Map<DeviceId, T>();
  for (const [named, value] of Object.entries(written)) {
    const peer = devices.get(named) ?? byId.get(named);
    const at = [...keys, named];
    if (peer === undefined) report('E_CONFIG', at, `unknown peer; ${expectedPeer(named, devices.keys())}`);
    else if (resolved.has(peer.id)) report('E_CONFIG', at, `${peer.name} is named twice; expected each peer once`);
    else if (peer.id !== self) resolved.set(peer.id, value);
  }
  return resolved;
}

function resolveAuthority(folder: string, named: string, around: FolderSurroundings): DeviceId | undefined {
  const { devices, name, self, report } = around;
  const at = ['folders', folder, 'authority'];
  const id = parseDeviceId(named);
  if (id !== undefined) return id;
  const peer = devices.get(named);
  if (peer === undefined && named === name) return self;
  if (peer === undefined)
    report('E_CONFIG', at, `unknown device ${shown(named)}; ${expectedPeer(named, [name, ...devices.keys()])}`);
  else if (named === name && peer.id !== self)
    report('E_CONFIG', at, `${named} is the name of this device and of a peer; expected a device ID`);
  return peer?.id;
}

function expectedPeer(written: string, known: Iterable<string>): string {
  const near = suggest(written, known);
  return near === undefined ? 'expected a name under «peers:»' : `did you mean ${near}?`;
}
