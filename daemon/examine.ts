// What `syncctl doctor` judges: the machine's limits, the state directory, and what each folder says of itself, with what
// of its tree this process may not read or write.
import type { Examination } from './control/daemon-port.ts';
import type { FolderName } from './core/ids.ts';
import type { FolderSettings } from './core/settings.ts';
import type { ControlledFolder } from './folder/view.ts';
import type { Clock } from './ports/clock.ts';
import type { Workers } from './ports/workers.ts';
import { machineLimits } from './system/machine-limits.ts';
import { RealFileSystem } from './system/file-system.ts';
import { allowanceFor, surveyTree } from './tree-survey.ts';

export interface ExamineEdges {
  readonly folders: { readonly running: ReadonlyMap<FolderName, ControlledFolder> };
  readonly workers: Workers;
  readonly clock: Clock;
}

const NEVER = new AbortController().signal;

export async function examine(
  program: string,
  stateDir: string,
  settings: ReadonlyMap<FolderName, FolderSettings>,
  edges: ExamineEdges,
): Promise<Examination> {
  const fs = new RealFileSystem();
  const dir = fs.openRoot(stateDir);
  try {
    const state = { path: stateDir, mode: dir.lstat().mode & 0o777, ...fs.space(dir) };
    const examined = await Promise.all(
      [...edges.folders.running.values()].map((folder) => examineFolder(edges, settings, folder)),
    );
    return { program, limits: machineLimits(), state, folders: examined };
  } finally {
    dir.close();
  }
}

async function examineFolder(
  { workers, clock }: ExamineEdges,
  settings: ReadonlyMap<FolderName, FolderSettings>,
  folder: ControlledFolder,
): Promise<Examination['folders'][number]> {
  const examination = await folder.examine();
  const found = settings.get(folder.name);
  // Of one that cannot be used at all its parts need not be told of.
  if (found === undefined || examination.code !== undefined)
    return { ...examination, noAccess: { count: 0, paths: [] } };
  const allowance = allowanceFor(clock, { quick: true, signal: NEVER });
  const { noAccess } = await surveyTree(workers, found.path, found.filter, allowance);
  return { ...examination, noAccess };
}
