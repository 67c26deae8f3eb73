// How a folder ends: its loop first, then what is durable is written down, then its root is free for another. A disk that
// does not answer holds nobody up: what it is at is done again at the next start.
import type { FolderContext } from './context.ts';
import type { Health } from './health.ts';
import type { Jobs } from './jobs.ts';
import type { Upkeep } from './upkeep.ts';
import type { Watching } from './watching.ts';

/** All of it, but for the last checkpoint. */
const END_MS = 3_000;

export interface EndingParts {
  readonly jobs: Jobs;
  readonly watching: Watching;
  readonly upkeep: Upkeep;
  readonly health: Health;
}

/**
 * @param loop of the folder: it has been told to end
 * @param jobsToo waits for the jobs in workers as well: for a process that goes on, and may open the same root again. Who
 * ends with the process need not: the threads end with it.
 */
export async function end(
  context: FolderContext,
  parts: EndingParts,
  loop: Promise<void>,
  jobsToo: boolean,
): Promise<void> {
  const { clock, log, index } = context;
  const { jobs, watching, upkeep, health } = parts;
  const late = new Promise<'late'>((resolve) => clock.after(END_MS, () => resolve('late')));
  const ended = await Promise.race([Promise.all([loop, upkeep.atRest()]), late]);
  if (ended === 'late') log.warn('stops in the middle of its work; it goes on from there at the next start');
  await watching.stop();
  if (ended !== 'late' && health.isReady) await upkeep.checkpoint().catch(() => undefined);
  // A job that is late may still write: as long as it does, the root stays locked, also for this folder when it is opened
  // anew. That one is halted until then.
  const free = Promise.allSettled([loop, jobs.close()]).then(() => health.close());
  if (jobsToo) await Promise.race([free, late]);
  index.close(index.closedCleanly || health.isReady);
}
