// What `syncctl doctor` wants to know of a folder.
import { rootCode } from '../disk/errno.ts';
import { probeRoot } from '../disk/probe.ts';
import type { FolderContext } from './context.ts';
import type { FolderExamination } from './view.ts';

export async function examine(
  context: FolderContext,
  polledFor: FolderExamination['polledFor'],
): Promise<FolderExamination> {
  const { index, name, workers, clock } = context;
  const { opened } = index;
  const damagedIndex = typeof opened === 'object' ? opened.damaged : undefined;
  const about = { name, path: context.settings().path, ...index.survey(clock.nowMs()), damagedIndex, polledFor };
  try {
    const { code, ...space } = await workers.run(probeRoot, { root: context.tree().root });
    return { ...about, space, code };
  } catch (error) {
    const code = rootCode(error);
    if (code === undefined) throw error;
    return { ...about, space: undefined, code };
  }
}
