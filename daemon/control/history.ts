// What happened to which path, what is kept of it, and bringing it back.
import type { ConflictItem, ResolveAnswer } from '../../protocol/conflicts.ts';
import type { Answer, Asked, HistoryItem, VersionItem } from '../../protocol/control.ts';
import { CodedError } from '../../protocol/errors.ts';
import { MAX_UNDO_PATHS, type UndoAnswer } from '../../protocol/undo.ts';
import type { DeviceId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { ControlledFolder, HistoryEntry, Keep, KeptVersion, UndoPlan } from '../folder/view.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { deviceNames, directoryIn, findFolder, findFolders, findSettings, pathIn } from './find.ts';
import { rfc3339 } from './rfc3339.ts';

/** Which contents of a conflict may stay. */
export const KEEPS: readonly Keep[] = ['local', 'remote', 'both'];

const DEFAULT_LIMIT = 100;
export const MAX_HISTORY_LIMIT = 10_000;

/** Newest first. Of one path also what is kept without an event that tells of it: an index that was made anew knows none. */
export function history(
  daemon: ControlledDaemon,
  asked: Omit<Asked<'history'>, 'since'>,
  sinceMs: number | undefined,
): readonly HistoryItem[] {
  const limit = asked.limit ?? DEFAULT_LIMIT;
  const nameOf = deviceNames(daemon);
  const items = findFolders(daemon, asked.folder).flatMap((folder) => {
    const path = asked.path === undefined ? undefined : pathIn(findSettings(daemon, folder.name), asked.path);
    const entries = folder.history({
      limit,
      ...(path === undefined ? {} : { path }),
      ...(sinceMs === undefined ? {} : { sinceMs }),
    });
    const known = entries.map((entry) => ({ atMs: entry.atMs, item: describe(folder, entry, nameOf) }));
    const kept = path === undefined ? [] : keptWithoutEvent(folder, path, entries, sinceMs, nameOf);
    return [...known, ...kept];
  });
  return items
    .sort((a, b) => b.atMs - a.atMs || (b.item.id ?? 0) - (a.item.id ?? 0))
    .slice(0, limit)
    .map((one) => one.item);
}

function describe(folder: ControlledFolder, entry: HistoryEntry, nameOf: (id: DeviceId) => string): HistoryItem {
  return {
    folder: folder.name,
    id: entry.id,
    time: rfc3339(entry.atMs),
    path: entry.path,
    what: entry.what,
    device: entry.device,
    device_name: nameOf(entry.device),
    size: entry.sizeBytes ?? null,
    version: entry.version ?? null,
    detail: entry.detail ?? null,
  };
}

function keptWithoutEvent(
  folder: ControlledFolder,
  path: RelativePath,
  entries: readonly HistoryEntry[],
  sinceMs: number | undefined,
  nameOf: (id: DeviceId) => string,
): { readonly atMs: number; readonly item: HistoryItem }[] {
  const told = new Set(entries.map((entry) => entry.version));
  return folder
    .versions(path)
    .filter((version) => !told.has(version.id) && version.replacedMs >= (sinceMs ?? 0))
    .map((version) => ({
      atMs: version.replacedMs,
      item: {
        folder: folder.name,
        id: null,
        time: rfc3339(version.replacedMs),
        path: version.path,
        what: 'kept',
        device: version.replacedBy,
        device_name: nameOf(version.replacedBy),
        size: version.sizeBytes,
        version: version.id,
        detail: version.why,
      },
    }));
}

export function versions(daemon: ControlledDaemon, asked: Asked<'versions'>): readonly VersionItem[] {
  const folder = findFolder(daemon, asked.folder);
  const path = pathIn(findSettings(daemon, folder.name), asked.path);
  const nameOf = deviceNames(daemon);
  return folder.versions(path).map((version) => describeVersion(folder, version, nameOf));
}

function describeVersion(
  folder: ControlledFolder,
  version: KeptVersion,
  nameOf: (id: DeviceId) => string,
): VersionItem {
  return {
    folder: folder.name,
    path: version.path,
    version: version.id,
    kind: version.kind,
    size: version.sizeBytes,
    sha256: version.sha256 ?? null,
    modified: rfc3339(version.modifiedMs),
    replaced: rfc3339(version.replacedMs),
    replaced_by: version.replacedBy,
    replaced_by_name: nameOf(version.replacedBy),
    why: version.why,
    file: version.file,
  };
}

export async function restore(
  daemon: ControlledDaemon,
  asked: Omit<Asked<'restore'>, 'at'>,
  atMs: number | undefined,
): Promise<Answer<'restore'>> {
  const folder = findFolder(daemon, asked.folder);
  const { version, to, dry_run: dryRun = false } = asked;
  const path = directoryIn(findSettings(daemon, folder.name), asked.path);
  if (to !== undefined) daemon.checkCopy(to);
  const restored = await folder.restore({ path, version, atMs, to, dryRun });
  return restored.kind === 'dir'
    ? { kind: 'dir', path: path === '' ? '.' : path, ...describePlan(folder, restored, dryRun) }
    : describeVersion(folder, restored, deviceNames(daemon));
}

export async function undo(
  daemon: ControlledDaemon,
  asked: Omit<Asked<'undo'>, 'since'>,
  sinceMs: number | undefined,
): Promise<UndoAnswer> {
  const { last = false, id, dry_run: dryRun = false } = asked;
  if ([last, id !== undefined, sinceMs !== undefined].filter(Boolean).length !== 1)
    throw new CodedError('E_USAGE', 'one of last, since and id says what is to be undone');
  if (id === '') throw new CodedError('E_USAGE', 'id: missing');
  const folder = findFolder(daemon, asked.folder);
  return describePlan(folder, await folder.undo({ last, sinceMs, id, dryRun }), dryRun);
}

function describePlan(folder: ControlledFolder, { paths, knownSinceMs }: UndoPlan, dryRun: boolean): UndoAnswer {
  const count = (what: UndoAnswer['paths'][number]['what']) => paths.filter((one) => one.what === what).length;
  return {
    folder: folder.name,
    dry_run: dryRun,
    restored: count('restored'),
    removed: count('removed'),
    kept: count('kept'),
    impossible: count('impossible'),
    paths: paths.slice(0, MAX_UNDO_PATHS).map((one) => ({ ...one, code: one.code ?? null })),
    known_since: knownSinceMs === undefined ? null : rfc3339(knownSinceMs),
  };
}

export function conflicts(daemon: ControlledDaemon, folderName: string | undefined): readonly ConflictItem[] {
  const nameOf = deviceNames(daemon);
  return findFolders(daemon, folderName).flatMap((folder) =>
    folder.conflicts().map(({ path, winner, lost, version, copy }) => ({
      folder: folder.name,
      path,
      winner,
      winner_name: nameOf(winner),
      loser: lost.origin,
      loser_name: nameOf(lost.origin),
      edited: rfc3339(lost.stamp),
      size: lost.sizeBytes,
      sha256: lost.sha256,
      version: version ?? null,
      copy: copy ?? null,
    })),
  );
}

export async function resolve(
  daemon: ControlledDaemon,
  asked: { readonly folder: string; readonly path: string; readonly keep: Keep },
): Promise<ResolveAnswer> {
  const folder = findFolder(daemon, asked.folder);
  const { path, keep, copies } = await folder.resolve(
    pathIn(findSettings(daemon, folder.name), asked.path),
    asked.keep,
  );
  return { folder: folder.name, path, keep, copies };
}
