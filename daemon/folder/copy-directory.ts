// Copies a directory out of the folder, as it was at a time: what has not changed since from the tree, the rest from what
// is kept. The folder stays as it is.
import { type DirPath, type RelativePath, comparePaths } from '../core/path.ts';
import { type LiveEntry, sameContent } from '../core/record.ts';
import type { StateBefore } from '../core/undo.ts';
import { type CopiedEntry, copyOut, finishDirectories, makeTarget } from '../disk/copy-out.ts';
import type { LocalContent } from '../transfer/local-content.ts';
import type { FolderContext } from './context.ts';
import { targetRefused, wasMadeAfter } from './restore.ts';
import type { Step } from './undo.ts';

/** Entries of one job. */
const AT_ONCE = 64;

interface Where {
  readonly dir: DirPath;
  readonly atMs: number | undefined;
  /** Absolute; must not exist. */
  readonly to: string;
  readonly dryRun: boolean;
}

/** One step for each path that is, or would be, copied. E_FOLDER_PATH. */
export async function copyDirectory(
  context: FolderContext,
  content: LocalContent,
  past: readonly StateBefore[],
  { dir, atMs, to, dryRun }: Where,
): Promise<readonly Step[]> {
  const wished = wishedIn(context, dir, atMs, past);
  const entries = [...wished].map(([path, entry]) => withSource(context, content, dir, path, entry));
  if (!dryRun) await makeDirectory(context, to);
  const steps: Step[] = [];
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const some = entries.slice(at, at + AT_ONCE);
    const tree = context.tree();
    const results = dryRun ? [] : await context.workers.run(copyOut, { tree, target: to, entries: some });
    some.forEach(({ path, entry, source }, i) => {
      const result = results[i] ?? (entry.kind === 'file' && source === undefined ? 'gone' : 'done');
      const step = { path: inFolder(dir, path), entry, editedSince: false };
      if (result === 'done') steps.push({ ...step, what: 'restored', code: undefined });
      else steps.push({ ...step, what: 'impossible', code: result === 'gone' ? 'E_VERSION_GONE' : result });
    });
  }
  if (!dryRun) await setModes(context, to, entries);
  return steps;
}

/** What was in the directory then, by path. */
function wishedIn(
  context: FolderContext,
  dir: DirPath,
  atMs: number | undefined,
  past: readonly StateBefore[],
): ReadonlyMap<RelativePath, LiveEntry> {
  const wished = new Map<RelativePath, LiveEntry>();
  for (const { record, seen } of context.index.liveBelow(dir)) {
    const { path, entry, stamp } = record;
    if (seen === undefined || entry.kind === 'absent') continue;
    const isNew = atMs !== undefined && stamp > atMs && wasMadeAfter(context, path, atMs);
    if (!isNew) wished.set(path, entry);
  }
  for (const { path, entry } of past) {
    if (entry.kind === 'absent') wished.delete(path);
    else if (path !== dir) wished.set(path, entry);
  }
  return new Map([...wished].sort(([a], [b]) => comparePaths(a, b)));
}

function withSource(
  { index }: FolderContext,
  content: LocalContent,
  dir: DirPath,
  path: RelativePath,
  entry: LiveEntry,
): CopiedEntry {
  const below = (dir === '' ? path : path.slice(dir.length + 1)) as RelativePath;
  if (entry.kind !== 'file') return { path: below, entry, source: undefined };
  const row = index.row(path);
  if (row?.seen !== undefined && sameContent(row.record.entry, entry))
    return { path: below, entry, source: { kind: 'copy', from: path, seen: row.seen } };
  const source = content.source(entry);
  return { path: below, entry, source: source?.kind === 'part' ? undefined : source };
}

const inFolder = (dir: DirPath, path: RelativePath): RelativePath =>
  (dir === '' ? path : `${dir}/${path}`) as RelativePath;

async function makeDirectory({ workers }: FolderContext, to: string): Promise<void> {
  const slash = to.lastIndexOf('/');
  const made = await workers.run(makeTarget, { dir: to.slice(0, slash) || '/', name: to.slice(slash + 1) });
  if (made !== 'done') throw targetRefused(to, made);
}

async function setModes({ workers }: FolderContext, target: string, entries: readonly CopiedEntry[]): Promise<void> {
  const directories = entries
    .flatMap(({ path, entry }) => (entry.kind === 'dir' ? [{ path, mode: entry.mode }] : []))
    .reverse();
  for (let at = 0; at < directories.length; at += AT_ONCE)
    await workers.run(finishDirectories, { target, directories: directories.slice(at, at + AT_ONCE) });
}
