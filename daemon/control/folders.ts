// Folders: listed, added, changed, forgotten; told to sync, to pause, to go on; a held deletion let through or brought back.
import { CodedError } from '../../protocol/errors.ts';
import type { AddedFolder, Asked, Done, FolderItem } from '../../protocol/control.ts';
import type { FolderSurvey } from '../../protocol/survey.ts';
import { DEFAULT_RULE } from '../core/common-setting.ts';
import type { FolderSettings, Mode } from '../core/settings.ts';
import type { ControlledFolder } from '../folder/view.ts';
import type { ControlledDaemon, NewFolder, TreeSurvey } from './daemon-port.ts';
import { deviceNames, findFolder, findFolders, findSettings, folderName } from './find.ts';

const NEVER = new AbortController().signal;
export const MODES: readonly Mode[] = ['two-way', 'send-only', 'receive-only'];

export function listFolders(daemon: ControlledDaemon): readonly FolderItem[] {
  const all = [...daemon.folderSettings().values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return all.map((settings) => describe(daemon, settings));
}

function describe(daemon: ControlledDaemon, settings: FolderSettings): FolderItem {
  const folder = daemon.folders().get(settings.name);
  const snapshot = folder?.snapshot();
  const nameOf = deviceNames(daemon);
  return {
    name: settings.name,
    path: settings.path,
    profile: settings.profile ?? null,
    mode: settings.mode,
    state: snapshot?.condition.kind ?? 'disabled',
    files: snapshot?.files ?? 0,
    bytes: snapshot?.bytes ?? 0,
    authority: folder?.agreed.now.authority.value ?? settings.authority ?? null,
    conflict: folder?.agreed.now.conflict.value ?? settings.conflict ?? DEFAULT_RULE,
    peers: [...settings.peers].map(([id, role]) => ({ id, name: nameOf(id), role })),
  };
}

type AskedFolder = Omit<Asked<'addFolder'>, 'mode'> & { readonly mode: Mode | undefined };

/** What is there is looked at first: afterwards a person knows what was in the way of the daemon. */
export async function addFolder(daemon: ControlledDaemon, asked: AskedFolder): Promise<AddedFolder> {
  const folder = newFolder(asked);
  const survey = await daemon.surveyFolder(folder, { quick: true, signal: NEVER });
  await daemon.addFolder(folder);
  return { ...describe(daemon, findSettings(daemon, folder.name)), survey: shownSurvey(folder, survey) };
}

/** What `add-folder` would find. Nothing is made or written. */
export async function surveyFolder(
  daemon: ControlledDaemon,
  asked: AskedFolder,
  signal: AbortSignal,
): Promise<FolderSurvey> {
  const folder = newFolder(asked);
  return shownSurvey(folder, await daemon.surveyFolder(folder, { quick: false, signal }));
}

function newFolder(asked: AskedFolder): NewFolder {
  const name = folderName(asked.name);
  const { path, profile, mode, ignore = [], set = [] } = asked;
  if (!path.startsWith('/')) throw new CodedError('E_USAGE', `path: expected an absolute one; found ${path}`);
  return { name, path, profile, mode, ignore, set };
}

function shownSurvey({ name, path }: NewFolder, { noAccess, ...survey }: TreeSurvey): FolderSurvey {
  return { name, path, ...survey, no_access: noAccess };
}

export async function editFolder(daemon: ControlledDaemon, asked: Asked<'editFolder'>): Promise<FolderItem> {
  const { name } = findSettings(daemon, asked.folder);
  if (asked.set.length === 0) throw new CodedError('E_USAGE', 'set: nothing to change', 'Give --set KEY=VALUE.');
  await daemon.editFolder(name, asked.set);
  return describe(daemon, findSettings(daemon, name));
}

export async function removeFolder(daemon: ControlledDaemon, asked: Asked<'removeFolder'>): Promise<Done> {
  const awaited = daemon.pairing.unfinished().flatMap(({ places }) => places.map((place) => place.name));
  const unmade = awaited.find((name) => name === asked.folder && !daemon.folderSettings().has(name));
  if (unmade !== undefined) {
    // A join was to bring it: it is not here, and is not to come.
    daemon.pairing.forget(unmade);
    return { folders: [unmade] };
  }
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
