// Looks through a directory before it is a folder, and through one that is: how much is in it, what would be ignored, what
// the daemon may not read or write, and what cannot be synced at all. It only looks; bounded, because somebody waits.
import { CodedError, type ErrorCode } from '../protocol/errors.ts';
import type { Surveyed, TreeSurvey } from './control/daemon-port.ts';
import { Filtered, type FilterPlan } from './core/filter-plan.ts';
import type { Decision, Filter } from './core/filter.ts';
import { type DirPath, type RelativePath, isBelow } from './core/path.ts';
import type { FilterSettings } from './core/settings.ts';
import { type AskedPath, type NoAccess, checkAccess, mayMake } from './disk/access.ts';
import { rootCode } from './disk/errno.ts';
import type { ListedEntry, Listing } from './disk/scan.ts';
import { type UnclaimedRef, listUnclaimed } from './disk/unclaimed.ts';
import { errnoOf } from './ports/file-system.ts';
import type { Workers } from './ports/workers.ts';
import type { Clock } from './ports/clock.ts';
import { Allowance, type Bounds } from './unclaimed-directory.ts';
import { UnclaimedFilter } from './unclaimed-filter.ts';

const JOB_DIRS = 64;
/** For a person who asked for it, and before a folder is added all the same. */
const PATIENT: Bounds = { maxEntries: 1_000_000, maxMs: 45_000 };
const QUICK: Bounds = { maxEntries: 200_000, maxMs: 3_000 };

export function allowanceFor(clock: Clock, { quick, signal }: { quick: boolean; signal: AbortSignal }): Allowance {
  return new Allowance(clock, quick ? QUICK : PATIENT, signal);
}

/** Paths of each kind that are named; all are counted. */
const MAX_SURVEY_PATHS = 100;

class Counted<Path> implements Surveyed<Path> {
  count = 0;
  readonly paths: Path[] = [];

  add(path: Path): void {
    this.count++;
    if (this.paths.length < MAX_SURVEY_PATHS) this.paths.push(path);
  }
}

class Survey implements TreeSurvey {
  exists = true;
  files = 0;
  bytes = 0;
  directories = 0;
  more = false;
  readonly ignored = new Counted<RelativePath>();
  readonly noAccess = new Counted<NoAccess>();
  readonly skipped = new Counted<{ readonly path: string; readonly code: ErrorCode }>();
  readonly mounts = new Counted<RelativePath>();
}

/** Rejects with the error of a root that is there and cannot be opened for another reason than rights. */
export async function surveyTree(
  workers: Workers,
  root: string,
  settings: FilterSettings,
  allowance: Allowance,
): Promise<TreeSurvey> {
  const survey = new Survey();
  const boundaries: RelativePath[] = [];
  const tree = { root, boundaries };
  const filter = new UnclaimedFilter(workers, tree, settings);
  const waiting: DirPath[] = [''];
  try {
    for (const problem of await workers.run(checkAccess, { tree, paths: [{ path: '', kind: 'dir' }] }))
      survey.noAccess.add(problem);
    for await (const listings of walk(workers, tree, waiting, allowance)) {
      if (listings === 'more') survey.more = true;
      else {
        for (const listing of listings)
          if (listing.kind === 'whole') for (const skipped of listing.skipped) survey.skipped.add(skipped);
        const paths = [...take(survey, await filter.decide(listings), waiting, boundaries)];
        for (const problem of await workers.run(checkAccess, { tree, paths })) survey.noAccess.add(problem);
      }
    }
  } catch (error) {
    await noRoot(workers, survey, root, error);
  }
  for (const path of filter.unusable) survey.skipped.add({ path, code: 'E_IGNORE_RULES' });
  return survey;
}

/** Lists the directories that wait, some at a time, also those that are added meanwhile; `more` when it is too much. */
async function* walk(
  workers: Workers,
  tree: UnclaimedRef,
  waiting: DirPath[],
  allowance: Allowance,
): AsyncGenerator<readonly Listing[] | 'more'> {
  while (waiting.length > 0) {
    const asked = { tree, dirs: waiting.splice(-JOB_DIRS), maxEntries: allowance.entries };
    const listings = await workers.run(listUnclaimed, asked);
    const found = listings?.reduce((sum, one) => sum + (one.kind === 'whole' ? one.entries.length : 1), 0);
    if (listings === undefined || found === undefined || !allowance.take(found)) {
      yield 'more';
      return;
    }
    yield listings;
  }
}

/** What lies there and is ignored now, and would not be any more. */
export async function findIncluded(
  workers: Workers,
  root: string,
  { now, then }: { readonly now: Filter; readonly then: Filter },
  allowance: Allowance,
): Promise<Pick<FilterPlan, 'include' | 'more'>> {
  const include = new Filtered();
  const boundaries: RelativePath[] = [];
  const waiting: DirPath[] = [''];
  let more = false;
  for await (const listings of walk(workers, { root, boundaries }, waiting, allowance)) {
    if (listings === 'more') more = true;
    else
      for (const { path, seen, boundary } of listings.flatMap((one) => (one.kind === 'whole' ? one.entries : []))) {
        const thing = { kind: seen.kind, size: seen.size };
        const decision = then.decide(path, thing).kind;
        if (decision === 'ignored') continue;
        if (boundary) boundaries.push(path);
        if (seen.kind === 'dir') waiting.push(path);
        if (decision === 'included' && now.decide(path, thing).kind === 'ignored')
          include.add(path, seen.kind === 'file' ? seen.size : 0);
      }
  }
  return { include, more };
}

/** Counts what is in some directories, and answers with what is to be asked after. */
function* take(
  survey: Survey,
  decided: readonly (readonly [ListedEntry, Decision['kind']])[],
  waiting: DirPath[],
  boundaries: RelativePath[],
): Generator<AskedPath> {
  for (const [{ path, seen, boundary }, decision] of decided) {
    if (decision === 'ignored') {
      survey.ignored.add(path);
      continue;
    }
    if (boundary) {
      boundaries.push(path);
      survey.mounts.add(path);
    }
    if (seen.kind === 'dir') {
      survey.directories++;
      waiting.push(path);
    } else {
      survey.files++;
      survey.bytes += seen.size;
    }
    // What lies on another file system is never written to.
    const isElsewhere = boundaries.some((mount) => path === mount || isBelow(path, mount));
    if (seen.kind === 'file' || (seen.kind === 'dir' && !isElsewhere)) yield { path, kind: seen.kind };
  }
}

/** A root that is not there is made, where it may be. */
async function noRoot(workers: Workers, survey: Survey, root: string, error: unknown): Promise<void> {
  if (errnoOf(error) === 'ENOTDIR') throw new CodedError('E_FOLDER_PATH', `${root} is not a directory`);
  if (errnoOf(error) === 'ENOENT') {
    survey.exists = false;
    if (!(await workers.run(mayMake, { path: root })))
      survey.noAccess.add({ path: '', cannot: 'write', code: 'E_ACCESS' });
    return;
  }
  const code = rootCode(error);
  if (code === undefined) throw error;
  survey.noAccess.add({ path: '', cannot: 'read', code });
}
