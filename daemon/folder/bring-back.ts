// Undoes what was changed on this device although its role here does not allow it. A content that was changed is replaced by
// what it was, and goes to the version store; what was deleted comes back; what was moved goes back by a rename.
import type { Observation, SeenStat } from '../core/observation.ts';
import { pages } from '../core/pages.ts';
import { type RelativePath, ancestorsOf } from '../core/path.ts';
import { type Entry, type FileRecord, UNSYNCED_STAMP, isLive, newVersion, sameContent } from '../core/record.ts';
import { relate } from '../core/version-vector.ts';
import { observe } from '../disk/observe.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import type { Want, WantMark } from '../index/wanted.ts';
import { type FolderContext, makerOf } from './context.ts';

/** What lies on the disk and is not synced. */
interface Unsynced {
  /** Where the file is that had this inode elsewhere before. */
  withInode(ino: bigint): RelativePath | undefined;
  forget(path: RelativePath): void;
}

/** Rows of one transaction, paths of one look. */
const AT_ONCE = 500;

/** A version that was made here against the role: it stands for what is on the disk, and loses against everything. */
export function unsyncedVersion(context: FolderContext, path: RelativePath, entry: Entry): FileRecord {
  const row = context.index.row(path);
  const made = newVersion(
    path,
    entry,
    row === undefined ? [] : [row.record],
    makerOf(context),
    0,
    context.clock.nowMs(),
  );
  return { ...made, stamp: UNSYNCED_STAMP };
}

/** What was changed under another role, and is not brought back yet, is looked at again: it may be allowed now. */
export function lookAtUndone({ index, clock }: FolderContext): void {
  const rows: RowChange[] = [];
  const unwant: RelativePath[] = [];
  const mark: WantMark[] = [];
  for (const want of index.wantedAll()) {
    const { path, vector } = want.record;
    const row = want.code === 'E_ROLE' ? index.row(path) : undefined;
    if (row === undefined) continue;
    rows.push({ ...row, racy: true, announce: false });
    if (relate(vector, row.record.vector) === 'equal') unwant.push(path);
    else mark.push({ path, why: want.why, attempts: want.attempts });
  }
  index.commit({ nowUs: clock.nowUs(), rows, unwant, mark });
}

/** Wants back what has vanished. Answers with how many. */
export async function bringBack(context: FolderContext, unsynced: Unsynced, gone: Iterable<Row>): Promise<number> {
  let count = 0;
  for (const page of pages(gone, AT_ONCE)) count += await bringPageBack(context, unsynced, page);
  return count;
}

async function bringPageBack(context: FolderContext, unsynced: Unsynced, rows: readonly Row[]): Promise<number> {
  const { index, clock, log } = context;
  const movedTo = await findMoved(context, unsynced, rows);
  // What was looked at may have changed meanwhile.
  const now = rows.flatMap(({ record }) => index.row(record.path) ?? []).filter(({ record }) => isLive(record));
  const sinceMs = clock.nowMs();
  const changes: RowChange[] = now.map((row) => ({ ...row, seen: undefined, announce: false }));
  const want: Want[] = now
    .filter(({ record }) => index.wanted(record.path) === undefined)
    .map(({ record }) => ({ record, why: 'fetch', sinceMs }));
  for (const { path, entry, seen } of movedTo) {
    const here = unsyncedVersion(context, path, entry);
    const made = newVersion(path, { kind: 'absent' }, [here], makerOf(context), UNSYNCED_STAMP, sinceMs);
    const away = { ...made, stamp: UNSYNCED_STAMP };
    changes.push({ record: here, seen, announce: true });
    want.push({ record: away, why: 'fetch', sinceMs });
    unsynced.forget(path);
  }
  index.commit({ nowUs: clock.nowUs(), rows: changes, want });
  const [first] = now;
  if (first !== undefined)
    log.info('brings back what may not be deleted or moved here', { path: first.record.path, of: now.length });
  return now.length;
}

interface Moved {
  readonly path: RelativePath;
  readonly entry: Entry;
  readonly seen: SeenStat;
}

/** Where the contents of these files lie now, and the directories that were made for them. */
async function findMoved(context: FolderContext, unsynced: Unsynced, rows: readonly Row[]): Promise<readonly Moved[]> {
  const from = new Map<RelativePath, Row>();
  for (const row of rows) {
    const path = row.seen?.nlink === 1 ? unsynced.withInode(row.seen.ino) : undefined;
    if (path !== undefined && isFree(context, path)) from.set(path, row);
  }
  const files = (await look(context, [...from.keys()])).filter(({ path, entry, seen }) => {
    const row = from.get(path);
    return row !== undefined && seen.ino === row.seen?.ino && sameContent(row.record.entry, entry);
  });
  const above = new Set(files.flatMap(({ path }) => ancestorsOf(path)).filter((dir) => isFree(context, dir)));
  const dirs = (await look(context, [...above])).filter(({ entry }) => entry.kind === 'dir');
  return [...dirs, ...files];
}

/** The index has nothing there, and nothing is to come. */
function isFree({ index }: FolderContext, path: RelativePath): boolean {
  return !isLive(index.row(path)?.record) && index.wanted(path) === undefined;
}

async function look(context: FolderContext, paths: readonly RelativePath[]): Promise<readonly Moved[]> {
  if (paths.length === 0) return [];
  const items = paths.map((path) => ({ path }));
  const seen: readonly Observation[] = await context.workers.run(observe, { tree: context.tree(), items });
  return paths.flatMap((path, i) => {
    const one = seen[i];
    return one?.kind === 'present' ? [{ path, entry: one.entry, seen: one.seen }] : [];
  });
}
