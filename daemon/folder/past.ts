// How a directory was at a time, as far as this device knows: from the changes that it has carried out for others since,
// which say what was there before, and from the contents that it keeps.
import { CodedError } from '../../protocol/errors.ts';
import { type DirPath, type RelativePath, comparePaths, isBelow } from '../core/path.ts';
import { type AppliedChange, type StateBefore, lastGroup, statesBefore } from '../core/undo.ts';
import { lookAtVersion } from '../disk/versions-out.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import type { LocalContent } from '../transfer/local-content.ts';
import type { FolderContext } from './context.ts';
import { wasMadeAfter } from './restore.ts';
import { type Step, everyChange, stepOf } from './undo.ts';
import type { RestoreRequest } from './view.ts';

const AT_ONCE = 1000;
const NEVER_MS = Number.MIN_SAFE_INTEGER;

/** Whether a directory is meant, by what is there now, or was. */
export function isDirectory(context: FolderContext, { path, version, atMs }: RestoreRequest): boolean {
  const { index } = context;
  if (version !== undefined) return false;
  if (path === '') return true;
  const now = index.row(path)?.record.entry;
  if (now?.kind === 'dir') return true;
  const afterMs = atMs ?? NEVER_MS;
  if (index.versions(path).some(({ replacedMs }) => replacedMs > afterMs)) return false;
  if (index.keptVersions.below(path, afterMs, '', 1).length > 0) return true;
  // An empty directory leaves nothing but events.
  return now?.kind === 'absent' && index.history({ path, limit: 1 }).length > 0;
}

/** Each path of the directory, itself too, that was otherwise. E_NO_SUCH_PATH, E_NO_SUCH_VERSION. */
export async function pastOf(
  context: FolderContext,
  dir: DirPath,
  atMs: number | undefined,
): Promise<readonly StateBefore[]> {
  const changes = changesIn(context, dir, atMs);
  const states = new Map(
    statesBefore(changes)
      .filter(({ path }) => isIn(path, dir))
      .map((state) => [state.path, asOf(context, state, atMs)]),
  );
  if (atMs !== undefined)
    for await (const state of keptOnly(context, dir, atMs)) if (!states.has(state.path)) states.set(state.path, state);
  if (states.size === 0 && !isThere(context, dir)) throw new CodedError('E_NO_SUCH_PATH', `nothing is kept of ${dir}`);
  if (states.size === 0 && atMs === undefined)
    throw new CodedError(
      'E_NO_SUCH_VERSION',
      `no other device has changed anything in ${dir === '' ? context.name : dir}`,
      'What was changed here is kept on the other devices: restore it there.',
    );
  return [...states.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/** What is to be done for it to be so again. What was made there since stays. */
export function stepsBackTo(
  context: FolderContext,
  content: LocalContent,
  past: readonly StateBefore[],
): readonly Step[] {
  return past.flatMap((state): Step[] => {
    const step = stepOf(context, content, state);
    if (step === undefined) return [];
    if (step.what === 'removed') return [{ ...step, what: 'kept' }];
    return [isFull(context, state) ? { ...step, what: 'impossible', code: 'E_DIR_KEPT' } : step];
  });
}

function isIn(path: RelativePath, dir: DirPath): boolean {
  return path === dir || isBelow(path, dir);
}

function isThere({ index }: FolderContext, dir: DirPath): boolean {
  return dir === '' || index.row(dir)?.record.entry.kind === 'dir';
}

/** Newest first, those of this device too: what was brought back since was not so then. */
function changesIn(context: FolderContext, dir: DirPath, atMs: number | undefined): readonly AppliedChange[] {
  const inDir = touching(everyChange(context), dir);
  // A clock that was set back puts older times behind younger ones: no event is passed over for that.
  return atMs === undefined ? lastGroup(inDir) : [...inDir].filter((change) => change.atMs > atMs);
}

function* touching(changes: Iterable<AppliedChange>, dir: DirPath): Generator<AppliedChange> {
  for (const change of changes)
    if (isIn(change.path, dir) || (change.moved !== undefined && isIn(change.moved.from, dir))) yield change;
}

/** What somebody here had made since, before another device changed it, was not there then either. */
function asOf(context: FolderContext, state: StateBefore, atMs: number | undefined): StateBefore {
  const isNew = atMs !== undefined && state.entry.kind !== 'absent' && wasMadeAfter(context, state.path, atMs);
  return isNew ? { ...state, entry: { kind: 'absent' } } : state;
}

/** Of an index that was made anew no event tells; the contents are there all the same. */
async function* keptOnly(context: FolderContext, dir: DirPath, atMs: number): AsyncGenerator<StateBefore> {
  const { index } = context;
  let after = '';
  for (;;) {
    const paths = index.keptVersions.below(dir, atMs, after, AT_ONCE);
    for (const path of paths) {
      const first = index.versions(path).findLast(({ replacedMs }) => replacedMs > atMs);
      if (first === undefined || wasMadeAfter(context, path, atMs)) continue;
      const state = await stateOf(context, first);
      if (state !== undefined) yield state;
    }
    const last = paths.at(-1);
    if (last === undefined || paths.length < AT_ONCE) return;
    after = last;
  }
}

async function stateOf(context: FolderContext, version: KeptVersionRow): Promise<StateBefore | undefined> {
  const { index, workers, clock } = context;
  const entry = await workers.run(lookAtVersion, { tree: context.tree(), storedAs: version.storedAs });
  if (entry === undefined) return undefined;
  // By its content it is found when it is to be put back.
  if (version.sha256 === undefined && entry.kind === 'file')
    index.commit({ nowUs: clock.nowUs(), versions: [{ ...version, sha256: entry.sha256 }] });
  return { path: version.path, entry, lastId: Number.MAX_SAFE_INTEGER };
}

/** A file is to be where a directory is now in which something lives. */
function isFull({ index }: FolderContext, { path, entry }: StateBefore): boolean {
  if (entry.kind === 'dir' || index.row(path)?.record.entry.kind !== 'dir') return false;
  return index.liveBelow(path).next().done !== true;
}
