// Checked sources → one Config, and what no single file can tell is checked.
import { assert } from '../core/assert.ts';
import { type DeviceId, parseDeviceId } from '../core/ids.ts';
import type { FolderSettings, PeerSettings } from '../core/settings.ts';
import { parseListen, parsePeerAddress } from './addresses.ts';
import { toBandwidth } from './bandwidth.ts';
import { isRawFolder, isRawPeer } from './check.ts';
import type { Config, Locations } from './config.ts';
import { DEFAULT_LOG_LEVEL } from './defaults.ts';
import type { PlainObject } from './document.ts';
import { inherit, overrideAll } from './merge.ts';
import { toDeviceName } from './names.ts';
import { expandPath, isAtOrBelow } from './place.ts';
import { profilesOf } from './profiles.ts';
import { type Problem, type Report, shown } from './problem.ts';
import { resolveFolder } from './resolve-folder.ts';
import { inheritedBy } from './private-folders.ts';
import { refuseSharedNames } from './shared-names.ts';
import { type Source, whereIs } from './sources.ts';
import { resolveStorage } from './storage.ts';
import { suggest } from './suggest.ts';
import type { RawDocument, RawFolder } from './written.ts';

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
  const { self, home, locations } = surroundings;
  const around = { devices, name, self, home, stateDir: locations.stateDir, report };
  const profiles = profilesOf(main.profiles);
  const common = { defaults: { ...main.defaults }, profiles, report };
  const folders = new Map(
    foldersOf(sources, common).flatMap(([folderName, raw]) => {
      const folder = resolveFolder(folderName, raw, around);
      return folder === undefined ? [] : [[folder.name, folder]];
    }),
  );
  refuseNested([...folders.values()], report);
  refuseSharedNames([...folders.values()], devices.values(), report);
  const storage = resolveStorage(main.storage, {
    home,
    stateDir: locations.stateDir,
    folders: folders.values(),
    report,
  });
  // An entry for this device itself lets one file serve all machines.
  const peers = [...devices.values()].filter(({ id }) => id !== surroundings.self);
  const listen = parseListen(main.listen ?? 'auto');
  assert(listen !== undefined, 'listen has passed the schema');
  const log = { file: logFile(main.log?.file, surroundings), level: main.log?.level ?? DEFAULT_LOG_LEVEL };
  const config = {
    name,
    listen,
    storage,
    bandwidth: toBandwidth(main.bandwidth),
    folders,
    peers: new Map(peers.map((peer) => [peer.id, peer])),
    profiles,
    log,
  };
  return { config: Object.freeze(config), problems };
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
    const limit = raw.bandwidth === undefined ? {} : { bandwidth: toBandwidth(raw.bandwidth) };
    peers.set(name, { name, id, addresses: addressesOf(raw.address), ...limit });
  }
  return peers;
}

function addressesOf(address: string | readonly string[] | undefined): string[] {
  const all = typeof address === 'string' ? [address] : (address ?? []);
  return [...new Set(all.map(parsePeerAddress).filter((one) => one !== undefined))];
}

interface Common {
  readonly defaults: PlainObject;
  readonly profiles: ReadonlyMap<string, PlainObject>;
  readonly report: Report;
}

function foldersOf(sources: readonly Source[], { defaults, profiles, report }: Common): [string, RawFolder][] {
  const written = overrideAll(sources.map(({ value }) => value.folders ?? {}).map(toPlain));
  return [...written].map(([name, own]) => {
    const named = own['profile'];
    const profile = typeof named === 'string' ? findProfile(name, named, profiles, report) : {};
    const raw: unknown = inherit(inheritedBy(name, inherit(defaults, profile)), own);
    assert(isRawFolder(raw), 'files that pass the schema make a folder that passes it');
    return [name, raw];
  });
}

function findProfile(
  folder: string,
  named: string,
  profiles: ReadonlyMap<string, PlainObject>,
  report: Report,
): PlainObject {
  const at = ['folders', folder, 'profile'];
  const found = profiles.get(named);
  if (found === undefined) {
    const near = suggest(named, profiles.keys());
    const expected =
      near === undefined ? `expected one of ${[...profiles.keys()].join(', ')}` : `did you mean ${near}?`;
    report('E_CONFIG', at, `unknown profile ${shown(named)}; ${expected}`);
    return {};
  }
  return found;
}

/** The same values, seen as keys to be merged. */
function toPlain(layer: Readonly<Record<string, object>>): Record<string, PlainObject> {
  return Object.fromEntries(Object.entries(layer).map(([name, value]) => [name, { ...value }]));
}

function logFile(file: string | undefined, { locations, home }: Surroundings): string | undefined {
  if (file === undefined) return undefined;
  if (file.startsWith('/') || file.startsWith('~')) return expandPath(file, home);
  return `${locations.logsDir ?? locations.stateDir}/${file}`;
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
