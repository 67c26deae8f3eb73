// What a change of the configuration would mean, before it is made: a folder that is to be added, and other settings of one
// that runs. Everything is checked as if it were done; nothing is made or written.
import { CodedError } from '../protocol/errors.ts';
import { parseAssignments } from './config/assignments.ts';
import { type WriteContext, addFolder, editFolder, withoutWriting } from './config/write.ts';
import type { NewFolder, TreeSurvey } from './control/daemon-port.ts';
import { assert } from './core/assert.ts';
import type { FilterPlan } from './core/filter-plan.ts';
import type { DeviceId, FolderName } from './core/ids.ts';
import type { Folders } from './folders.ts';
import { settingsOf } from './new-folder.ts';
import type { Clock } from './ports/clock.ts';
import type { Workers } from './ports/workers.ts';
import { allowanceFor, findIncluded, surveyTree } from './tree-survey.ts';

export interface LookAheadEdges {
  readonly self: DeviceId;
  readonly context: WriteContext;
  readonly folders: Folders;
  readonly workers: Workers;
  readonly clock: Clock;
}

/** What lies where the folder is to be. As `add-folder` refuses. */
export async function surveyFolder(
  { self, context, folders, workers, clock }: LookAheadEdges,
  folder: NewFolder,
  how: { readonly quick: boolean; readonly signal: AbortSignal },
): Promise<TreeSurvey> {
  const config = addFolder(withoutWriting(context), folder.name, settingsOf(folder, self));
  const added = config.folders.get(folder.name);
  assert(added !== undefined, 'a folder that was added is there');
  await folders.check(added);
  return surveyTree(workers, added.path, added.filter, allowanceFor(clock, how));
}

/** What these settings would do to which paths are synced. As `edit-folder` refuses; E_NO_SUCH_FOLDER. */
export async function planSettings(
  { context, folders, workers, clock }: LookAheadEdges,
  name: FolderName,
  set: readonly string[],
  signal: AbortSignal,
): Promise<FilterPlan> {
  const settings = editFolder(withoutWriting(context), name, parseAssignments(set)).folders.get(name);
  const folder = folders.running.get(name);
  if (settings === undefined || folder === undefined)
    throw new CodedError('E_NO_SUCH_FOLDER', `folder ${name} is not running`);
  const { known, ...filters } = await folder.planFilter(settings.filter);
  const allowance = allowanceFor(clock, { quick: false, signal });
  return { ...known, ...(await findIncluded(workers, folder.snapshot().path, filters, allowance)) };
}
