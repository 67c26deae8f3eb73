// Checked sources → one Config: names become device IDs, paths absolute, and what no single file can tell is checked.
import { posix } from 'node:path';

import { assert } from '../core/assert.ts';
import { type DeviceId, parseDeviceId, parseFolderName } from '../core/ids.ts';
import type { FolderSettings, PeerSettings, Role } from '../core/settings.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { parseListen, parsePeerAddress } from './addresses.ts';
import type { Config, Locations } from './config.ts';
import { DEFAULT_LOG_LEVEL, FOLDER_DEFAULTS } from './defaults.ts';
import type { PlainObject } from './document.ts';
import { inherit, overrideAll } from './merge.ts';
import { toDeviceName } from './names.ts';
import type { Problem } from './problem.ts';
import { shown } from './problem.ts';
import { parseDuration, parsePercent } from './quantities.ts';
import { isRawFolder, isRawPeer, type RawDocument, type RawFolder } from './schema.ts';
import { type Source, whereIs } from './sources.ts';
import { suggest } from './suggest.ts';

export interface Surroundings {
  readonly locations: Locations;
  /** This device; undefined while it has no key yet: then only `--check-config` asks. */
  readonly self: DeviceId | undefined;
  readonly hostName: string;
  /** What `~` stands for. */
  readonly home: string;
}

/** With any problem, the config must not be used. */
export function resolve(
  sources: readonly Source[],
  surroundings: Surroundings,
): { readonly config: Config; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (code, keys, text) => {
    const at = whereIs(sources, ...keys);
    const file = at?.file ?? surroundings.locations.configFile;
    problems.push({ code, file, line: at?.line, key: keys.join('.'), text });
  };
  const main: RawDocument = sources.find(({ kind }) => kind === 'config')?.value ?? {};
  const name = main.name ?? toDeviceName(surroundings.hostName);
  const devices = resolvePeers(sources, report);
  const resolver = { devices, name, surroundings, report };
  const folders = new Map(
    foldersOf(sources, main.defaults ?? {}).flatMap(([folderName, raw]) => {
      const folder = resolveFolder(folderName, raw, resolver);
      return folder === undefined ? [] : [[folder.name, folder]];
    }),
  );
  refuseNested([...folders.values()], report);
  // An entry for this device itself lets one file serve all machines.
  const peers = [...devices.values()].filter(({ id }) => id !== surroundings.self);
  const listen = parseListen(main.listen ?? 'auto');
  assert(listen !== undefined, 'listen has passed the schema');
  const log = { file: logFile(main.log?.file, surroundings), level: main.log?.level ?? DEFAULT_LOG_LEVEL };
  const config = { name, listen, folders, peers: new Map(peers.map((peer) => [peer.id, peer])), log };
  return { config: Object.freeze(config), problems };
}

type Report = (code: ErrorCode, keys: readonly string[], text: string) => void;

interface Resolver {
  readonly devices: ReadonlyMap<string, PeerSettings>;
  /** This device's. */
  readonly name: string;
  readonly surroundings: Surroundings;
  readonly report: Report;
}

function resolvePeers(sources: readonly Source[], report: Report): Map<string, PeerSettings> {
  const peers = new Map<string, PeerSettings>();
  const nameOf = new Map<DeviceId, string>();
  for (const [name, merged] of overrideAll(sources.map(({ value }) => value.peers ?? {}).map(toPlain))) {
    const raw: unknown = merged;
    assert(isRawPeer(raw), 'files that pass the schema make a peer that passes it');
    const id = parseDeviceId(raw.id ?? '');
    if (id === undefined) {
      report('E_CONFIG', ['peers', name], 'no id; expected the device ID that syncctl status shows there');
      continue;
    }
    const twin = nameOf.get(id);
    if (twin !== undefined) {
      report('E_CONFIG', ['peers', name, 'id'], `the device ID of ${twin} too; expected each device once`);
      continue;
    }
    nameOf.set(id, name);
    peers.set(name, { name, id, addresses: addressesOf(raw.address) });
  }
  return peers;
}

function addressesOf(address: string | readonly string[] | undefined): string[] {
  const all = typeof address === 'string' ? [address] : (address ?? []);
  return [...new Set(all.map(parsePeerAddress).filter((one) => one !== undefined))];
}

function foldersOf(sources: readonly Source[], defaults: RawFolder): [string, RawFolder][] {
  const written = overrideAll(sources.map(({ value }) => value.folders ?? {}).map(toPlain));
  return [...written].map(([name, own]) => {
    const raw: unknown = inherit({ ...defaults }, own);
    assert(isRawFolder(raw), 'files that pass the schema make a folder that passes it');
    return [name, raw];
  });
}

/** The same values, seen as keys to be merged. */
function toPlain(layer: Readonly<Record<string, object>>): Record<string, PlainObject> {
  return Object.fromEntries(Object.entries(layer).map(([name, value]) => [name, { ...value }]));
}

function resolveFolder(folderName: string, raw: RawFolder, resolver: Resolver): FolderSettings | undefined {
  const name = parseFolderName(folderName);
  assert(name !== undefined, 'folder names have passed the schema');
  const path = resolvePath(name, raw.path, resolver);
  const peers = resolveRoles(name, raw.peers ?? {}, resolver);
  const authority = raw.authority === undefined ? undefined : resolveAuthority(name, raw.authority, resolver);
  if (path === undefined) return undefined;
  const { versions } = FOLDER_DEFAULTS;
  return {
    name,
    path,
    peers,
    mode: raw.mode ?? FOLDER_DEFAULTS.mode,
    enabled: raw.enabled ?? FOLDER_DEFAULTS.enabled,
    rescanMs: parseDuration(raw.rescan) ?? FOLDER_DEFAULTS.rescanMs,
    permissions: raw.permissions ?? FOLDER_DEFAULTS.permissions,
    watch: raw.watch ?? FOLDER_DEFAULTS.watch,
    authority,
    conflict: raw.conflict ?? FOLDER_DEFAULTS.conflict,
    maxDelete: parsePercent(raw.max_delete) ?? FOLDER_DEFAULTS.maxDelete,
    versions: {
      keepMs: parseDuration(raw.versions?.keep) ?? versions.keepMs,
      maxShare: parsePercent(raw.versions?.max_size) ?? versions.maxShare,
    },
  };
}

function resolvePath(folder: string, path: string | undefined, { surroundings, report }: Resolver): string | undefined {
  const { locations } = surroundings;
  if (path === undefined) {
    report('E_CONFIG', ['folders', folder], 'no path; expected «path:» with an absolute path');
    return undefined;
  }
  const absolute = expandPath(path, surroundings.home);
  const refuse = (why: string): undefined => report('E_FOLDER_PATH', ['folders', folder, 'path'], why) as undefined;
  // What lies there would be sent to other devices, the key among it.
  if (isAtOrBelow(locations.stateDir, absolute))
    return refuse(`${shown(absolute)} holds the daemon's own ${locations.stateDir}`);
  if (isAtOrBelow(absolute, locations.stateDir))
    return refuse(`${shown(absolute)} lies in the daemon's own ${locations.stateDir}`);
  if (['/proc', '/sys'].some((dir) => isAtOrBelow(absolute, dir)))
    return refuse(`${shown(absolute)} is made by the kernel and holds no files`);
  return absolute;
}

/** `~` expanded, without `.`, `..`, doubled slashes and a slash at the end. */
function expandPath(path: string, home: string): string {
  const expanded = path.startsWith('~') ? `${home}/${path.slice(1)}` : path;
  const normal = posix.normalize(expanded);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

function isAtOrBelow(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === '/' ? dir : `${dir}/`);
}

function resolveRoles(
  folder: string,
  roles: Readonly<Record<string, Role>>,
  { devices, surroundings, report }: Resolver,
): Map<DeviceId, Role> {
  const byId = new Map([...devices.values()].map((peer) => [peer.id as string, peer]));
  const resolved = new Map<DeviceId, Role>();
  for (const [named, role] of Object.entries(roles)) {
    const peer = devices.get(named) ?? byId.get(named);
    const at = ['folders', folder, 'peers', named];
    if (peer === undefined) report('E_CONFIG', at, `unknown peer; ${expectedPeer(named, devices.keys())}`);
    else if (resolved.has(peer.id)) report('E_CONFIG', at, `${peer.name} is named twice; expected each peer once`);
    else if (peer.id !== surroundings.self) resolved.set(peer.id, role);
  }
  return resolved;
}

function resolveAuthority(folder: string, named: string, resolver: Resolver): DeviceId | undefined {
  const { devices, name, surroundings, report } = resolver;
  const at = ['folders', folder, 'authority'];
  const id = parseDeviceId(named);
  if (id !== undefined) return id;
  const peer = devices.get(named);
  if (peer === undefined && named === name) return surroundings.self;
  if (peer === undefined)
    report('E_CONFIG', at, `unknown device ${shown(named)}; ${expectedPeer(named, [name, ...devices.keys()])}`);
  else if (named === name && peer.id !== surroundings.self)
    report('E_CONFIG', at, `${named} is the name of this device and of a peer; expected a device ID`);
  return peer?.id;
}

function expectedPeer(written: string, known: Iterable<string>): string {
  const near = suggest(written, known);
  return near === undefined ? 'expected a name under «peers:»' : `did you mean ${near}?`;
}

function refuseNested(folders: readonly FolderSettings[], report: Report): void {
  const inOrder = folders.toSorted((a, b) => (`${a.path}/` < `${b.path}/` ? -1 : 1));
  let above: FolderSettings | undefined;
  for (const folder of inOrder) {
    if (above === undefined || !isAtOrBelow(folder.path, above.path)) {
      above = folder;
      continue;
    }
    const how = folder.path === above.path ? 'is also the path of' : 'lies inside';
    const text = `${shown(folder.path)} ${how} the folder ${above.name} (${shown(above.path)})`;
    report('E_FOLDER_NESTED', ['folders', folder.name, 'path'], text);
  }
}

function logFile(file: string | undefined, { locations, home }: Surroundings): string | undefined {
  if (file === undefined) return undefined;
  if (file.startsWith('/') || file.startsWith('~')) return expandPath(file, home);
  return `${locations.logsDir ?? locations.stateDir}/${file}`;
}
