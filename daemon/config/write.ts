// What commands add to the configuration: one file a folder in the last of the folder directories, one a peer in the
// last of the peer directories. config.yaml and an administrator's files are never written. Each change is tried first
// by loading the whole as it would be: what does not load is not written.
import { CodedError } from '../../protocol/errors.ts';
import { assert } from '../core/assert.ts';
import { type DeviceId, type FolderName, privateTo } from '../core/ids.ts';
import type { Role } from '../core/settings.ts';
import type { ConfigFiles } from '../ports/config-files.ts';
import type { Assignment } from './assignments.ts';
import { bothWays } from './bandwidth.ts';
import type { Config } from './config.ts';
import { type Edit, editText } from './edit.ts';
import { type Changes, type ConfigContext, loadConfig, loadSources, withChanges } from './load.ts';
import { isDeviceName, toDeviceName } from './names.ts';
import { ConfigError } from './problem.ts';
import { isPlainObject, MAX_CONFIG_BYTES } from './document.ts';
import type { FileKind } from './schema.ts';
import { type Source, whereIs } from './sources.ts';

export interface WriteContext extends ConfigContext {
  readonly files: ConfigFiles;
}

/** To see what a change would make of the configuration: everything is checked, nothing is written. */
export function withoutWriting(context: WriteContext): WriteContext {
  return { ...context, files: { ...context.files, change: () => {} } };
}

/** Adds a folder. E_FOLDER_EXISTS; E_FOLDER_NESTED, E_FOLDER_PATH, E_CONFIG for what does not load. */
export function addFolder(context: WriteContext, name: FolderName, settings: readonly Assignment[]): Config {
  const { config, sources } = loadSources(context);
  if (config.folders.has(name)) throw new CodedError('E_FOLDER_EXISTS', `the folder ${name} exists already`);
  return editOne(context, sources, { kind: 'folders', name }, settings);
}

/** Changes single keys of a folder; null gives a key back to what is set elsewhere. All or nothing. */
export function editFolder(context: WriteContext, name: FolderName, settings: readonly Assignment[]): Config {
  const sources = sourcesWith(context, name);
  for (const { keys, value } of settings) if (value === null) refuseFixed(sources, ['folders', name, ...keys]);
  return editOne(context, sources, { kind: 'folders', name }, settings);
}

/** Forgets a folder. E_FOLDER_IN_CONFIG where a person wrote it. */
export function removeFolder(context: WriteContext, name: FolderName): Config {
  const sources = sourcesWith(context, name);
  refuseFixed(sources, ['folders', name]);
  return apply(context, removals(sources, ['folders', name]));
}

/** Lets a peer have a folder, in a role. The peer is given by its name; `nameThere` is the folder's, if it is another. */
export function grant(
  context: WriteContext,
  folder: FolderName,
  peerName: string,
  role: Role,
  nameThere: FolderName = folder,
): Config {
  const named = nameThere === folder ? [] : [{ keys: ['names', peerName], value: nameThere }];
  return editFolder(context, folder, [{ keys: ['peers', peerName], value: role }, ...named]);
}

/** Takes a folder from a peer. Nothing happens where it has not got it. */
export function revoke(context: WriteContext, folder: FolderName, peer: DeviceId): Config {
  const sources = sourcesWith(context, folder);
  const names = namesOf(sources, peer);
  const roles = names.flatMap((name) => inFolder(folder, name));
  for (const keys of [...roles, ...names.map((name) => ['defaults', 'peers', name])]) refuseFixed(sources, keys);
  return apply(context, ...roles.map((keys) => removals(sources, keys)));
}

/**
 * Trusts a device, and answers with the name that it has here: the wanted one where it is free, else `NAME-K5QX`. A
 * device that is trusted already keeps its name, and its addresses where none are given.
 */
export function addPeer(
  context: WriteContext,
  wanted: string,
  peer: { readonly id: DeviceId; readonly addresses: readonly string[] },
): { readonly config: Config; readonly name: string } {
  return admitPeer(context, wanted, { ...peer, folders: [] });
}

/** The same, and lets it have folders that are here: all of it is written, or nothing where there is no room. */
export function admitPeer(
  context: WriteContext,
  wanted: string,
  peer: {
    readonly id: DeviceId;
    readonly addresses: readonly string[];
    readonly folders: readonly { readonly name: FolderName; readonly role: Role; readonly isOwn: boolean }[];
  },
): { readonly config: Config; readonly name: string } {
  const { config, sources } = loadSources(context);
  const known = config.peers.get(peer.id);
  const name = nameFor(peer.id, wanted, config, sources);
  const id = known === undefined ? [{ keys: ['id'], value: peer.id }] : [];
  const address = peer.addresses.length > 0 ? [{ keys: ['address'], value: [...peer.addresses] }] : [];
  const granted = peer.folders.map((folder) => {
    const owner = folder.isOwn ? [{ keys: ['owner'], value: peer.id }] : [];
    const settings = [...owner, { keys: ['peers', name], value: folder.role }];
    return inOne(context, sources, { kind: 'folders', name: folder.name }, settings);
  });
  const trusted = inOne(context, sources, { kind: 'peers', name }, [...id, ...address]);
  return { config: apply(context, [trusted, ...granted]), name };
}

/** The name that a device has here, or would be given if it were trusted now. */
export function peerName(context: ConfigContext, wanted: string, id: DeviceId): string {
  const { config, sources } = loadSources(context);
  return nameFor(id, wanted, config, sources);
}

/**
 * Stops trusting a device, and takes every folder from it. E_FOLDER_IN_CONFIG where a person wrote a folder's peers,
 * E_PEER_IN_CONFIG where a person wrote the peer.
 */
export function removePeer(context: WriteContext, id: DeviceId): Config {
  const { config, sources } = loadSources(context);
  const peer = config.peers.get(id);
  if (peer === undefined) throw new CodedError('E_NO_SUCH_PEER', `no peer has the device ID ${id}`);
  const names = namesOf(sources, id);
  const roles = [...config.folders.keys()].flatMap((folder) => names.flatMap((name) => inFolder(folder, name)));
  const inherited = names.map((name) => ['defaults', 'peers', name]);
  for (const keys of [...roles, ...inherited, ['peers', peer.name]]) refuseFixed(sources, keys);
  // An authority is a device, trusted or not: it stays, by its ID.
  const authorities = [...config.folders.keys()].map((folder) => ['folders', folder, 'authority']);
  const byId = sources.flatMap((source) =>
    authorities
      .filter((keys) => valueAt(source, keys) === peer.name)
      .map((keys) => ({ file: source.file, edits: [{ keys, value: id }] })),
  );
  return apply(context, byId, ...roles.map((keys) => removals(sources, keys)), removals(sources, ['peers', peer.name]));
}

interface FileEdits {
  readonly file: string;
  readonly edits: readonly Edit[];
}

/** The sources, where this folder is in them; else E_NO_SUCH_FOLDER. */
function sourcesWith(context: WriteContext, name: FolderName): readonly Source[] {
  const { config, sources } = loadSources(context);
  if (!config.folders.has(name)) throw new CodedError('E_NO_SUCH_FOLDER', `there is no folder ${name}`);
  return sources;
}

function editOne(context: WriteContext, sources: readonly Source[], one: One, settings: readonly Assignment[]): Config {
  return apply(context, [inOne(context, sources, one, settings)]);
}

/** A folder or a peer. */
interface One {
  readonly kind: 'folders' | 'peers';
  readonly name: string;
}

/** Into the file of the writable directory that has it already, or into one of its own. */
function inOne(
  context: WriteContext,
  sources: readonly Source[],
  { kind, name }: One,
  settings: readonly Assignment[],
): FileEdits {
  const has = sources.findLast((source) => source.writable && valueAt(source, [kind, name]) !== undefined);
  const file = has?.file ?? ownFile(context, kind, name);
  const edits = settings.map(({ keys, value }) => ({ keys: [kind, name, ...keys], value }));
  const bandwidth = [kind, name, 'bandwidth'];
  const before = has && valueAt(has, bandwidth);
  const spread = bothWays(before);
  // Inside of one rate for both ways there is nothing to change.
  const isInside = settings.some(({ keys: [key, ...inside] }) => key === 'bandwidth' && inside.length > 0);
  const first = isInside && spread !== before ? [{ keys: bandwidth, value: spread }] : [];
  return { file, edits: [...first, ...edits] };
}

/** Letters of any script stay as they are; what is left that a name may hold is `:` and space. */
function ownFile({ locations }: WriteContext, kind: Exclude<FileKind, 'config'>, name: string): string {
  const dir = (kind === 'folders' ? locations.folderDirs : locations.peerDirs).at(-1);
  assert(dir !== undefined, 'there is a directory to write to');
  const fileName = `${name.replaceAll(':', '%3A').replaceAll(' ', '%20')}.yaml`;
  // A name of a file has at most 255 bytes, and the temporary one is longer.
  if (new TextEncoder().encode(fileName).length > 240)
    throw new CodedError('E_FOLDER_NAME', `${name} is too long to be the name of a file`);
  return `${dir}/${fileName}`;
}

/** What takes these keys out of every file that a command may write. */
function removals(sources: readonly Source[], keys: readonly string[]): FileEdits[] {
  return sources
    .filter((source) => source.writable && valueAt(source, keys) !== undefined)
    .map(({ file }) => ({ file, edits: [{ keys, value: null }] }));
}

/** E_FOLDER_IN_CONFIG, E_PEER_IN_CONFIG: what a person wrote is not taken away by a command. */
function refuseFixed(sources: readonly Source[], keys: readonly string[]): void {
  const fixed = sources.filter((source) => !source.writable && valueAt(source, keys) !== undefined);
  const at = whereIs(fixed, ...keys);
  if (at === undefined) return;
  const code = keys[0] === 'peers' ? 'E_PEER_IN_CONFIG' : 'E_FOLDER_IN_CONFIG';
  throw new CodedError(code, `${keys.join('.')} is written in ${at.file}:${at.line}, which commands never change`);
}

/** All texts as they would be; loaded; then written in this order: what names a peer goes before the peer. */
function apply(context: WriteContext, ...groups: readonly (readonly FileEdits[])[]): Config {
  const editsOf = new Map<string, Edit[]>();
  for (const { file, edits } of groups.flat()) editsOf.set(file, [...(editsOf.get(file) ?? []), ...edits]);
  const changes = new Map<string, string | undefined>();
  for (const [file, edits] of editsOf) {
    const before = context.files.read(file, MAX_CONFIG_BYTES);
    const after = editText(before, edits);
    if (after !== before) changes.set(file, after);
  }
  const config = loadChanged(context, changes);
  if (changes.size > 0) context.files.change(changes);
  return config;
}

function loadChanged(context: WriteContext, changes: Changes): Config {
  try {
    return loadConfig({ ...context, files: withChanges(context.files, changes) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A line of a text that was never written would send people to the wrong place.
    const [first, ...others] = error.problems.map((one) =>
      changes.has(one.file) ? { ...one, file: '', line: undefined } : one,
    );
    throw first === undefined ? error : new ConfigError([first, ...others]);
  }
}

/** All that a folder says of one peer. */
function inFolder(folder: FolderName, peerName: string): string[][] {
  return ['peers', 'names'].map((key) => ['folders', folder, key, peerName]);
}

/** How a folder's peers may name this device: by its name here, or by its ID. */
function namesOf(sources: readonly Source[], id: DeviceId): string[] {
  const named = sources.flatMap(({ value }) => Object.entries(value.peers ?? {}));
  return [...new Set([...named.filter(([, peer]) => peer.id === id).map(([name]) => name), id])];
}

function valueAt(source: Source, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    source.document.value,
  );
}

/** A device that has private folders here is known by their name, also when it was removed as a peer meanwhile. */
function nameFor(id: DeviceId, wanted: string, config: Config, sources: readonly Source[]): string {
  const known = config.peers.get(id);
  if (known !== undefined) return known.name;
  const taken = takenNames(config, sources);
  const itsOwn = [...config.folders.values()].find(({ owner }) => owner === id)?.name;
  const before = itsOwn && privateTo(itsOwn);
  if (before !== undefined && !taken.has(before)) return before;
  for (const folder of config.folders.values()) {
    const device = privateTo(folder.name);
    if (device !== undefined && folder.owner !== id) taken.add(device);
  }
  return freeName(toDeviceName(wanted), id, taken);
}

/** Also this device's own: two that are called debian must not be mistaken for one another. */
function takenNames(config: Config, sources: readonly Source[]): Set<string> {
  return new Set([config.name, ...sources.flatMap(({ value }) => Object.keys(value.peers ?? {}))]);
}

function freeName(wanted: string, id: DeviceId, taken: ReadonlySet<string>): string {
  for (let length = 0; length <= 12; length += 4) {
    const name = length === 0 ? wanted : `${wanted}-${id.slice(0, length)}`;
    if (!taken.has(name) && isDeviceName(name)) return name;
  }
  return `device-${id.slice(0, 16)}`;
}
