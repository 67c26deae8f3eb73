// A conflict settled by a person: one of the contents stays, or all of them side by side. The new version over them lists
// no loser, so the entry goes on every device.
import { CodedError } from '../../protocol/errors.ts';
import { copyPath } from '../core/conflict-copy.ts';
import { tombstone } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, type LiveEntry, type LostContent, isLive, newVersion } from '../core/record.ts';
import { lookAtVersion } from '../disk/versions-out.ts';
import { hashText } from '../disk/versions.ts';
import type { HistoryEvent } from '../index/history.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import { type Want, wantedVersions } from '../index/wanted.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Keep, Resolved } from './view.ts';

type Content = Extract<LiveEntry, { kind: 'file' | 'symlink' }>;

/** E_NO_CONFLICT, E_AMBIGUOUS, E_VERSION_GONE, E_FOLDER_PATH. */
export async function resolve(context: FolderContext, path: RelativePath, keep: Keep): Promise<Resolved> {
  const { index, clock, self } = context;
  const row = index.row(path);
  const losers = row?.record.lost ?? [];
  if (row === undefined || losers.length === 0 || !isLive(row.record))
    throw new CodedError('E_NO_CONFLICT', `${path} is not in conflict`);
  const chosen = keep === 'both' ? undefined : choose(context, row.record, losers, keep);
  const rows: RowChange[] = [];
  const want: Want[] = [];
  const nowMs = clock.nowMs();
  const content = chosen === undefined ? undefined : await contentOf(context, row.record, chosen);
  const settled = over(context, row, content ?? row.record.entry, nowMs);
  if (content === undefined && index.wanted(path) === undefined) rows.push({ ...row, record: settled, announce: true });
  else want.push({ record: settled, why: 'fetch', sinceMs: nowMs });
  const copies: RelativePath[] = [];
  for (const lost of losers) {
    if (keep !== 'both') {
      want.push(...withoutCopy(context, path, lost, nowMs));
      continue;
    }
    const copy = await besideFor(context, row.record, lost, nowMs);
    if (copy.want !== undefined) want.push(copy.want);
    copies.push(copy.path);
  }
  const detail = keep === 'both' ? `both are kept: ${copies.join(', ')}` : `the ${keep} content is kept`;
  const history: HistoryEvent[] = [
    { atMs: nowMs, path, what: 'resolved', device: self, sizeBytes: undefined, version: undefined, detail },
  ];
  index.commit({ nowUs: clock.nowUs(), rows, want, history });
  context.log.info('settled a conflict', { path, keep });
  return { path, keep, copies, changed: want.map(({ record }) => record.path) };
}

/** Undefined: what is in the folder. Local is what this device has made; of others' conflicts, what it holds. */
function choose(
  { self }: FolderContext,
  winner: FileRecord,
  losers: readonly LostContent[],
  keep: 'local' | 'remote',
): LostContent | undefined {
  const mine = winner.origin === self ? undefined : losers.filter(({ origin }) => origin === self).sort(newest)[0];
  if (keep === 'local') return mine;
  if (mine !== undefined) return undefined;
  const [one, another] = losers;
  if (another === undefined) return one;
  throw new CodedError(
    'E_AMBIGUOUS',
    `${losers.length} other contents of ${winner.path} are kept`,
    'Bring one back with syncctl restore FOLDER PATH --version ID, or keep all: --keep both.',
  );
}

const newest = (a: LostContent, b: LostContent): number => b.stamp - a.stamp;

/** A version over all that is known of the path, in which nothing is in conflict. */
function over(context: FolderContext, row: Row, entry: FileRecord['entry'], nowMs: number): FileRecord {
  const want = context.index.wanted(row.record.path);
  const replaces = [row.record, ...(want === undefined ? [] : wantedVersions(want))];
  return { ...newVersion(row.record.path, entry, replaces, makerOf(context), nowMs, nowMs), lost: [] };
}

/** The losing content as it was: from our version store, from its copy, or as the others know it and will send it. */
async function contentOf(context: FolderContext, winner: FileRecord, lost: LostContent): Promise<Content> {
  const { index, workers } = context;
  const version = index.versionsByContent(lost.sha256)[0];
  if (version !== undefined) {
    const found = await workers.run(lookAtVersion, { tree: context.tree(), storedAs: version.storedAs });
    if (found !== undefined && isContent(found, lost)) return found;
  }
  const copy = copyPath(winner.path, lost);
  const beside = copy === undefined ? undefined : index.row(copy);
  if (isLive(beside?.record) && isContent(beside.record.entry, lost)) return beside.record.entry;
  if (lost.kind === 'symlink')
    throw new CodedError(
      'E_VERSION_GONE',
      `the other content of ${winner.path} is a link that ${context.deviceName(lost.origin)} or another device keeps`,
      'Run the same command there.',
    );
  const mode = winner.entry.kind === 'file' ? winner.entry.mode : 0o644;
  const mtimeUs = BigInt(Math.trunc(lost.stamp)) * 1000n;
  return { kind: 'file', size: lost.sizeBytes, sha256: lost.sha256, mode, mtimeUs };
}

function isContent(entry: LiveEntry, { sha256 }: LostContent): entry is Content {
  if (entry.kind === 'file') return entry.sha256 === sha256;
  return entry.kind === 'symlink' && hashText(entry.target) === sha256;
}

async function besideFor(
  context: FolderContext,
  winner: FileRecord,
  lost: LostContent,
  nowMs: number,
): Promise<{ readonly path: RelativePath; readonly want?: Want }> {
  const path = copyPath(winner.path, lost);
  if (path === undefined)
    throw new CodedError(
      'E_FOLDER_PATH',
      `beside ${winner.path} there is no name for another content`,
      'Write it elsewhere: syncctl restore FOLDER PATH --version ID --to FILE.',
    );
  const { index } = context;
  const row = index.row(path);
  if (isLive(row?.record)) {
    if (isContent(row.record.entry, lost)) return { path };
    throw new CodedError('E_FOLDER_PATH', `${path} exists already, with another content`, 'Rename it, and try again.');
  }
  const entry = await contentOf(context, winner, lost);
  const replaces = row === undefined ? [] : [row.record];
  const record = newVersion(path, entry, replaces, makerOf(context), lost.stamp, nowMs);
  return { path, want: { record, why: 'fetch', sinceMs: nowMs } };
}

/** What `keep-both` has put beside goes, unless somebody has worked on it. */
function withoutCopy(context: FolderContext, of: RelativePath, lost: LostContent, nowMs: number): readonly Want[] {
  const { index } = context;
  const path = copyPath(of, lost);
  const row = path === undefined ? undefined : index.row(path);
  if (row === undefined || !isLive(row.record) || !isContent(row.record.entry, lost)) return [];
  if (index.wanted(row.record.path) !== undefined) return [];
  return [{ record: tombstone(row.record, makerOf(context), nowMs), why: 'fetch', sinceMs: nowMs }];
}
