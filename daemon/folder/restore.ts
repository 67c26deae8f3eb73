// Brings an older content back: as a new change of the folder, or as a file elsewhere.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { type DirPath, type RelativePath, nameOf } from '../core/path.ts';
import { type FileRecord, newVersion } from '../core/record.ts';
import { copyVersionOut, lookAtVersion } from '../disk/versions-out.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import { wantedVersions } from '../index/wanted.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { RestoreRequest } from './view.ts';

/** Events of a path that are looked through for its beginning. */
const HISTORY_LOOKED_AT = 1000;

/** Which version is meant. E_NO_SUCH_VERSION, E_AMBIGUOUS. */
export function chooseVersion(context: FolderContext, request: RestoreRequest): KeptVersionRow {
  const { index } = context;
  const { version, atMs } = request;
  const path = fileIn(request.path);
  if (version !== undefined) {
    const [found, another] = index.version(version, path);
    if (found === undefined) throw new CodedError('E_NO_SUCH_VERSION', `${path} has no version ${version}`);
    if (another !== undefined)
      throw new CodedError('E_AMBIGUOUS', `more than one version of ${path} begins with ${version}`);
    return found;
  }
  const kept = index.versions(path);
  if (atMs !== undefined && wasMadeAfter(context, path, atMs))
    throw new CodedError('E_NO_SUCH_VERSION', `${path} was not there at that time`);
  const entry = index.row(path)?.record.entry;
  const current = entry?.kind === 'file' ? entry.sha256 : undefined;
  // What the path held at a time is what was replaced first after it. Without one: the newest that is not there now.
  const chosen =
    atMs === undefined
      ? kept.find(({ sha256 }) => sha256 === undefined || sha256 !== current)
      : kept.filter(({ replacedMs }) => replacedMs > atMs).at(-1);
  if (chosen !== undefined) return chosen;
  if (atMs !== undefined && index.row(path) !== undefined)
    throw new CodedError('E_NO_SUCH_VERSION', `${path} has not changed since then: what is there now was there then`);
  if (index.row(path) === undefined) throw new CodedError('E_NO_SUCH_PATH', `nothing is known of ${path}`);
  throw new CodedError('E_NO_SUCH_VERSION', `no older version of ${path} is kept here`);
}

/** The folder itself is no file. */
function fileIn(path: DirPath): RelativePath {
  if (path === '') throw new CodedError('E_USAGE', 'a directory has no versions', 'Say as of when: --at TIME.');
  return path;
}

/** Whether the first that is known of a path is that it was made, and that was after this time. */
export function wasMadeAfter({ index }: FolderContext, path: RelativePath, atMs: number): boolean {
  const first = index
    .history({ path, limit: HISTORY_LOOKED_AT })
    .filter((event) => event.path === path)
    .at(-1);
  return first?.what === 'created' && first.atMs > atMs;
}

/** Copies it out of the folder; the target must not exist. */
export async function restoreToFile(context: FolderContext, version: KeptVersionRow, toFile: string): Promise<void> {
  const slash = toFile.lastIndexOf('/');
  const result = await context.workers.run(copyVersionOut, {
    tree: context.tree(),
    storedAs: version.storedAs,
    toDir: toFile.slice(0, slash) || '/',
    toName: toFile.slice(slash + 1),
  });
  if (result === 'gone')
    throw new CodedError('E_VERSION_GONE', `the content of version ${version.id} is not there any more`);
  if (result !== 'done') throw targetRefused(toFile, result);
}

/** Why a copy cannot be made there. Nothing of the folder is the matter, and nobody tries it again. */
export function targetRefused(to: string, why: ErrorCode | 'exists'): CodedError {
  if (why === 'exists') return new CodedError('E_FOLDER_PATH', `${to} exists already`, 'Choose another name for --to.');
  const message = `${to} cannot be made`;
  if (why !== 'E_UNREADABLE' && why !== 'E_ACCESS') return new CodedError(why, message);
  const hint = 'Its directory must exist, and the daemon must be allowed to write there.';
  return new CodedError('E_FOLDER_PATH', message, hint);
}

/** Wants it at its path again, as a version made here and now; the folder applies it like any other. */
export async function restoreInPlace(context: FolderContext, version: KeptVersionRow): Promise<FileRecord> {
  const { index, clock } = context;
  const { path } = version;
  const found = await context.workers.run(lookAtVersion, { tree: context.tree(), storedAs: version.storedAs });
  if (found === undefined)
    throw new CodedError('E_VERSION_GONE', `the content of version ${version.id} is not there any more`);
  const { kind } = context.filter().decide(path, found);
  if (kind === 'ignored') throw new CodedError('E_IGNORED', `${path} is not synced here; --to writes it elsewhere`);
  const row = index.row(path);
  const want = index.wanted(path);
  const announced = want === undefined ? [] : wantedVersions(want);
  const replaces = row === undefined ? announced : [row.record, ...announced];
  const nowMs = clock.nowMs();
  const made = newVersion(path, found, replaces, makerOf(context), nowMs, nowMs);
  // A conflict whose loser somebody brought back is settled.
  const lost = made.lost.filter(({ sha256 }) => found.kind !== 'file' || sha256 !== found.sha256);
  const record = { ...made, lost };
  index.commit({
    nowUs: clock.nowUs(),
    want: [{ record, why: 'fetch', sinceMs: nowMs }],
    history: [
      {
        atMs: nowMs,
        path,
        what: 'restored',
        device: context.self,
        sizeBytes: found.kind === 'file' ? found.size : undefined,
        version: version.id,
        detail: `the content of ${nameOf(path)} as of version ${version.id}`,
      },
    ],
  });
  return record;
}
