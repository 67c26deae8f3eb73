// Rolls changes back that this device has carried out for others: each path is wanted again as it was before the first of
// them, as a new version made here and now. What lies there meanwhile goes to the version store, as with every change.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { lostContent } from '../core/conflict.ts';
import { type RelativePath, comparePaths } from '../core/path.ts';
import {
  type Entry,
  type FileRecord,
  type LiveEntry,
  isLive,
  joinLost,
  newVersion,
  sameEntry,
} from '../core/record.ts';
import { type AppliedChange, type StateBefore, lastGroup, statesBefore } from '../core/undo.ts';
import { hashText } from '../disk/versions.ts';
import type { Want } from '../index/wanted.ts';
import { wantedVersions } from '../index/wanted.ts';
import type { HistoryEvent } from '../index/history.ts';
import type { LocalContent } from '../transfer/local-content.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { UndoPlan, UndoRequest } from './view.ts';

/** Events of one page. */
const PAGE = 1000;
const EVENT_ID = /^\d{1,12}$/;

/** What going back means for one path. */
export interface Step {
  readonly path: RelativePath;
  readonly entry: Entry;
  readonly what: 'restored' | 'removed' | 'kept' | 'impossible';
  readonly code: ErrorCode | undefined;
  /** Somebody has worked on the path since: that becomes a conflict. */
  readonly editedSince: boolean;
}

/** What an undo would do now. E_NOTHING_TO_UNDO, E_AMBIGUOUS. */
export function planUndo(context: FolderContext, content: LocalContent, request: UndoRequest): readonly Step[] {
  const states = statesBefore(changesOf(context, request));
  return states
    .sort((a, b) => comparePaths(a.path, b.path))
    .flatMap((state) => {
      const step = stepOf(context, content, state);
      return step === undefined ? [] : [step];
    });
}

/** Wants all of it, in one transaction; answers with the paths that are to be fetched anew. */
export function goBack(
  context: FolderContext,
  steps: readonly Step[],
  why: 'undone' | 'restored',
): readonly RelativePath[] {
  const { index, clock, self } = context;
  const nowMs = clock.nowMs();
  const want: Want[] = [];
  const history: HistoryEvent[] = [];
  for (const step of steps) {
    if (step.what !== 'restored' && step.what !== 'removed') continue;
    const { path, entry } = step;
    want.push({ record: newRecord(context, step, nowMs), why: 'fetch', sinceMs: nowMs });
    const sizeBytes = entry.kind === 'file' ? entry.size : undefined;
    const detail = `${why}: ${step.what === 'removed' ? 'it was not there before' : 'as it was before'}`;
    history.push({ atMs: nowMs, path, what: 'restored', device: self, sizeBytes, version: undefined, detail });
  }
  if (want.length > 0) index.commit({ nowUs: clock.nowUs(), want, history });
  return want.map(({ record }) => record.path);
}

/** As people see it. */
export function shownPlan(context: FolderContext, steps: readonly Step[], sinceMs: number | undefined): UndoPlan {
  const knownSinceMs = context.index.historySinceMs();
  const isCut = sinceMs !== undefined && knownSinceMs !== undefined && knownSinceMs > sinceMs;
  return {
    paths: steps.map(({ path, what, code, editedSince }) => ({ path, what, code, conflict: editedSince })),
    knownSinceMs: isCut ? knownSinceMs : undefined,
  };
}

function changesOf(context: FolderContext, { last, sinceMs, id }: UndoRequest): readonly AppliedChange[] {
  const all = everyChange(context);
  if (id !== undefined) return [changeNamed(context, id)];
  const changes = last ? lastGroup(all) : [...sinceThen(all, sinceMs ?? 0, context)];
  if (changes.length > 0) return changes;
  const when = last ? '' : ' since then';
  throw new CodedError('E_NOTHING_TO_UNDO', `no other device has changed anything in ${context.name}${when}`);
}

/** Newest first, page by page. */
export function* everyChange({ index }: FolderContext): Generator<AppliedChange> {
  for (let page = index.applied(PAGE); page.length > 0; page = index.applied(PAGE, page.at(-1)?.id)) yield* page;
}

/** Of others only: what was restored here is meant to stay. */
function* sinceThen(changes: Iterable<AppliedChange>, sinceMs: number, { self }: FolderContext) {
  for (const change of changes) {
    // A clock that was set back puts older times behind younger ones: no event is passed over for that.
    if (change.atMs >= sinceMs && change.device !== self) yield change;
  }
}

/** By the number of its event, or by the version that it left behind. */
function changeNamed(context: FolderContext, id: string): AppliedChange {
  const { index, name } = context;
  const events = EVENT_ID.test(id) ? [Number(id)] : index.eventsOfVersion(id);
  const [event, another] = events;
  if (another !== undefined) throw new CodedError('E_AMBIGUOUS', `more than one change in ${name} begins with ${id}`);
  const [change] = event === undefined ? [] : index.applied(1, event + 1);
  if (change !== undefined && change.id === event) return change;
  throw new CodedError('E_NOTHING_TO_UNDO', `${id} is no change in ${name} that another device has made`);
}

/** Undefined where it is so already. */
export function stepOf(context: FolderContext, content: LocalContent, state: StateBefore): Step | undefined {
  const { index } = context;
  const { path, entry, lastId } = state;
  const row = index.row(path);
  const here: Entry = row?.seen === undefined ? { kind: 'absent' } : row.record.entry;
  if (sameEntry(here, entry) && index.wanted(path) === undefined) return undefined;
  const editedSince = isLive(row?.record) && index.changedAfter(path, lastId);
  const step = { path, entry, editedSince, code: undefined };
  const kind = entry.kind === 'absent' ? undefined : entry.kind;
  if (context.filter().decide(path, { kind }).kind === 'ignored')
    return { ...step, what: 'impossible', code: 'E_IGNORED' };
  // It was not there before, and somebody has worked on it since: nobody asked for that to go.
  if (entry.kind === 'absent') return { ...step, what: editedSince ? 'kept' : 'removed' };
  if (!isAtHand(content, entry)) return { ...step, what: 'impossible', code: 'E_VERSION_GONE' };
  return { ...step, what: 'restored' };
}

function isAtHand(content: LocalContent, entry: LiveEntry): boolean {
  return entry.kind !== 'file' || content.source(entry) !== undefined;
}

/** Over all that is known of the path. What somebody made there since then is a conflict; the old ones are settled. */
function newRecord(context: FolderContext, { path, entry, editedSince }: Step, nowMs: number): FileRecord {
  const { index } = context;
  const row = index.row(path);
  const want = index.wanted(path);
  const announced = want === undefined ? [] : wantedVersions(want);
  const replaces = row === undefined ? announced : [row.record, ...announced];
  const made = newVersion(path, entry, replaces, makerOf(context), nowMs, nowMs);
  if (entry.kind === 'absent') return made;
  const later = editedSince && row !== undefined ? lostContent(row.record, hashText) : [];
  const now = entry.kind === 'file' ? entry.sha256 : undefined;
  return { ...made, lost: joinLost(made.lost, later).filter(({ sha256 }) => sha256 !== now) };
}
