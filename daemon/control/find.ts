// What a person names, found: a folder by its name, a peer by its name or the beginning of its ID, a path in a folder.
import { CodedError } from '../../protocol/errors.ts';
import { type DeviceId, type FolderName, parseFolderName } from '../core/ids.ts';
import { type DirPath, type RelativePath, parseRelativePath } from '../core/path.ts';
import type { FolderSettings } from '../core/settings.ts';
import type { ControlledFolder, FolderSnapshot } from '../folder/view.ts';
import type { ControlledDaemon, PeerState } from './daemon-port.ts';
import { similarTo } from './similar.ts';

/** E_FOLDER_NAME unless a folder may be called so. */
export function folderName(text: string): FolderName {
  const name = parseFolderName(text);
  if (name === undefined) throw new CodedError('E_FOLDER_NAME', `${text} cannot be the name of a folder`);
  return name;
}

/** A folder of the configuration, running or not. E_NO_SUCH_FOLDER. */
export function findSettings(daemon: ControlledDaemon, text: string): FolderSettings {
  const all = daemon.folderSettings();
  const name = parseFolderName(text);
  const settings = name === undefined ? undefined : all.get(name);
  if (settings !== undefined) return settings;
  throw noSuchFolder(text, all.keys());
}

/** A folder that runs. E_NO_SUCH_FOLDER. */
export function findFolder(daemon: ControlledDaemon, text: string): ControlledFolder {
  const settings = findSettings(daemon, text);
  const folder = daemon.folders().get(settings.name);
  if (folder !== undefined) return folder;
  throw notRunning(daemon, settings);
}

/** Why it does not run, where that is known: its own code says what to do. */
function notRunning(daemon: ControlledDaemon, { name, enabled }: FolderSettings): CodedError {
  const problem = daemon.problems().find(({ folder }) => folder === name);
  if (problem !== undefined) return new CodedError(problem.code, problem.message);
  const [why, hint] = enabled
    ? ['it is still being opened', 'Does its disk answer? See syncctl status.']
    : ['it is disabled', `syncctl edit-folder ${name} --set enabled=true.`];
  return new CodedError('E_NO_SUCH_FOLDER', `folder ${name} is not running: ${why}`, hint);
}

/** The named folder alone, or all that run, by name. */
export function findFolders(daemon: ControlledDaemon, text: string | undefined): readonly ControlledFolder[] {
  if (text !== undefined) return [findFolder(daemon, text)];
  return [...daemon.folders().values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** How the named folder stands, or all that are enabled, by name: also those that do not run (yet). E_NO_SUCH_FOLDER. */
export function findSnapshots(daemon: ControlledDaemon, text: string | undefined): readonly FolderSnapshot[] {
  if (text !== undefined) {
    const settings = findSettings(daemon, text);
    return [settings.enabled ? snapshotOf(daemon, settings) : findFolder(daemon, text).snapshot()];
  }
  return [...daemon.folderSettings().values()]
    .filter(({ enabled }) => enabled)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((settings) => snapshotOf(daemon, settings));
}

function snapshotOf(daemon: ControlledDaemon, { name, path, peers }: FolderSettings): FolderSnapshot {
  const running = daemon.folders().get(name);
  if (running !== undefined) return running.snapshot();
  const problem = daemon.problems().find(({ folder }) => folder === name);
  return {
    name,
    path,
    condition:
      problem === undefined ? { kind: 'scanning' } : { kind: 'error', code: problem.code, message: problem.message },
    files: 0,
    bytes: 0,
    pendingFiles: 0,
    pendingBytes: 0,
    conflicts: 0,
    lastSyncMs: undefined,
    skipped: [],
    skippedCount: 0,
    peers: [...peers.keys()].map((device) => ({ device, connected: false, inSync: false })),
    notes: [],
    warnings: [],
  };
}

function noSuchFolder(text: string, names: Iterable<FolderName>): CodedError {
  const similar = similarTo(text, names);
  return similar === undefined
    ? new CodedError('E_NO_SUCH_FOLDER', `there is no folder ${text}`)
    : new CodedError('E_NO_SUCH_FOLDER', `there is no folder ${text}`, `Did you mean ${similar}? See syncctl folders.`);
}

/** By its whole name, or by any unique beginning of its ID, with or without dashes. E_NO_SUCH_PEER, E_AMBIGUOUS. */
export function findPeer(daemon: ControlledDaemon, text: string): PeerState {
  const peers = daemon.peers();
  const named = peers.filter((peer) => peer.name === text);
  const prefix = text.replaceAll('-', '').toUpperCase();
  const found = named.length > 0 ? named : prefix === '' ? [] : peers.filter((peer) => peer.id.startsWith(prefix));
  const [peer, another] = found;
  if (another !== undefined)
    throw new CodedError('E_AMBIGUOUS', `${text} means ${found.map((one) => `${one.name} (${one.id})`).join(' or ')}`);
  if (peer !== undefined) return peer;
  const similar = similarTo(
    text,
    peers.map((one) => one.name),
  );
  throw similar === undefined
    ? new CodedError('E_NO_SUCH_PEER', `there is no peer ${text}`)
    : new CodedError('E_NO_SUCH_PEER', `there is no peer ${text}`, `Did you mean ${similar}? See syncctl peers.`);
}

/** A path in the folder: relative to its root, or absolute and below it. */
export function pathIn(settings: FolderSettings, text: string): RelativePath {
  const root = settings.path.endsWith('/') ? settings.path : `${settings.path}/`;
  const relative = (text.startsWith(root) ? text.slice(root.length) : text.replace(/^(?:\.\/)+/, '')).replace(
    /\/+$/,
    '',
  );
  const parsed = parseRelativePath(relative);
  if (parsed.ok) return parsed.path;
  throw new CodedError(
    'E_USAGE',
    `${text} is not a path in folder ${settings.name} (${parsed.why})`,
    `Give it as it is below ${settings.path}.`,
  );
}

/** The same, and `.` or the root itself for the whole folder. */
export function directoryIn(settings: FolderSettings, text: string): DirPath {
  const given = text.replace(/\/+$/, '');
  return given === '.' || given === settings.path.replace(/\/+$/, '') ? '' : pathIn(settings, text);
}

/** How devices are called here; without a name, the beginning of the ID. */
export function deviceNames(daemon: ControlledDaemon): (id: DeviceId) => string {
  const names = new Map<DeviceId, string>(daemon.peers().map((peer) => [peer.id, peer.name]));
  names.set(daemon.id, daemon.name());
  return (id) => names.get(id) ?? id.slice(0, 7);
}
