// What is at the paths of a batch: looked at by all threads at the same time, but never by all of them at large files.
import type { Observation, SeenStat } from '../core/observation.ts';
import { pages } from '../core/pages.ts';
import type { RelativePath } from '../core/path.ts';
import { type ObserveInput, type Unread, glance, observe } from '../disk/observe.ts';
import { LONG_BYTES } from '../ports/workers.ts';
import type { FolderContext } from './context.ts';
import type { LargeReads } from './large-reads.ts';
import type { MovedAlong } from './moved-along.ts';

/** Paths looked at in one job: few enough that no thread waits long for the last one. */
const LOOK_IN_ONE_JOB = 64;

type Items = ObserveInput['items'];

interface How {
  /** Until the first scan is complete peers are told nothing, and nothing waits: it has to know large files too. */
  readonly isFirstScan: boolean;
  readonly largeReads: LargeReads;
  /** What a scan says of these paths. */
  readonly listed: ReadonlyMap<RelativePath, SeenStat | undefined> | undefined;
  readonly movedAlong: MovedAlong;
}

/**
 * One a path, in their order. Where a large file is still being read it is as it was: the look that follows the reading
 * tells.
 */
export async function observeBatch(
  context: FolderContext,
  items: Items,
  { isFirstScan, largeReads, listed, movedAlong }: How,
): Promise<Observation[]> {
  const found = isFirstScan
    ? await observeWhole(context, items, (path) => listed?.get(path)?.size)
    : await inPieces(items, (piece) => context.workers.run(glance, { tree: context.tree(), items: piece }));
  return items.map(({ path, growing }, i): Observation => {
    const one: Observation | Unread = found[i] ?? { kind: 'changing' };
    if (one.kind !== 'unread') return movedAlong.asSeen(path, one);
    return largeReads.take(path, one.seen, growing === true) ?? { kind: 'same' };
  });
}

async function observeWhole(
  context: FolderContext,
  items: Items,
  sizeOf: (path: RelativePath) => number | undefined,
): Promise<(Observation | undefined)[]> {
  const tree = context.tree();
  const isLarge = ({ path }: Items[number]): boolean => (sizeOf(path) ?? 0) >= LONG_BYTES;
  const [large, others] = [items.filter(isLarge), items.filter((item) => !isLarge(item))];
  const [fromLarge, fromOthers] = await Promise.all([
    large.length === 0 ? [] : context.workers.run(observe, { tree, items: large, long: true }),
    inPieces(others, (piece) => context.workers.run(observe, { tree, items: piece })),
  ]);
  const [nextLarge, nextOther] = [fromLarge.values(), fromOthers.values()];
  return items.map((item) => (isLarge(item) ? nextLarge : nextOther).next().value);
}

async function inPieces<T>(items: Items, look: (piece: Items) => Promise<T[]>): Promise<T[]> {
  const found = await Promise.all([...pages(items, LOOK_IN_ONE_JOB)].map(look));
  return found.flat();
}
