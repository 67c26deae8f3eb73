// Folders: listed, added, changed, forgotten; told to sync, to pause, to go on; a held deletion let through or brought back.
import { CodedError } from '../../protocol/errors.ts';
import type { Asked, Done, FolderItem } from '../../protocol/control.ts';
import type { FolderSettings, Mode } from '../core/settings.ts';
import type { ControlledFolder } from '../folder/view.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { deviceNames, findFolder, findFolders, findSettings, folderName } from './find.ts';

export const MODES: readonly Mode[] = ['two-way', 'send-only', 'receive-only'];

export function listFolders(daemon: ControlledDaemon): readonly FolderItem[] {
  const all = [...daemon.folderSettings().values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return all.map((settings) => describe(daemon, settings));
}

function describe(daemon: ControlledDaemon, settings: FolderSettings): FolderItem {
  const snapshot = daemon.folders().get(settings.name)?.snapshot();
  const nameOf = deviceNames(daemon);
  return {
    name: settings.name,
    path: settings.path,
    profile: settings.profile ?? null,
    mode: settings.mode,
    state: snapshot?.condition.kind ?? 'disabled',
    files: snapshot?.files ?? 0,
    bytes: snapshot?.bytes ?? 0,
    authority: settings.authority ?? null,
    conflict: settings.conflict,
    peers: [...settings.peers].map(([id, role]) => ({ id, name: nameOf(id), role })),
  };
}

export async function addFolder(
  daemon: ControlledDaemon,
  asked: Omit<Asked<'addFolder'>, 'mode'> & { readonly mode: Mode | undefined },
): Promise<FolderItem> {
  const name = folderName(asked.name);
  if (!asked.path.startsWith('/'))
    throw new CodedError('E_USAGE', `path: expected an absolute one; found ${asked.path}`);
  await daemon.addFolder({
    name,
    path: asked.path,
    profile: asked.profile,
    mode: asked.mode,
    ignore: asked.ignore ?? [],
    set: asked.set ?? [],
  });
  return describe(daemon, findSettings(daemon, name));
}

export async function editFolder(daemon: ControlledDaemon, asked: Asked<'editFolder'>): Promise<FolderItem> {
  const { name } = findSettings(daemon, asked.folder);
  if (asked.set.length === 0) throw new CodedError('E_USAGE', 'set: nothing to change', 'Give --set KEY=VALUE.');
  await daemon.editFolder(name, asked.set);
  return describe(daemon, findSettings(daemon, name));
}

export async function removeFolder(daemon: ControlledDaemon, asked: Asked<'removeFolder'>): Promise<Done> {
  const { name } = findSettings(daemon, asked.folder);
  await daemon.removeFolder(name);
  return { folders: [name] };
}

export async function syncFolders(daemon: ControlledDaemon, name: string | undefined): Promise<Done> {
  const folders = findFolders(daemon, name);
  daemon.wakePeers();
  await Promise.all(folders.map((folder) => folder.sync()));
  return done(folders);
}

export function pauseFolders(daemon: ControlledDaemon, name: string | undefined): Done {
  const folders = findFolders(daemon, name);
  for (const folder of folders) folder.pause();
  return done(folders);
}

export function resumeFolders(daemon: ControlledDaemon, name: string | undefined): Done {
  const folders = findFolders(daemon, name);
  for (const folder of folders) folder.resume();
  return done(folders);
}

export async function settleHold(
  daemon: ControlledDaemon,
  name: string,
  how: 'approve' | 'reject',
): Promise<{ readonly folder: string; readonly deletions: number }> {
  const folder = findFolder(daemon, name);
  const deletions = how === 'approve' ? await folder.approve() : await folder.reject();
  return { folder: folder.name, deletions };
}

const done = (folders: readonly ControlledFolder[]): Done => ({ folders: folders.map((folder) => folder.name) });
