// `plan --set` and `plan --why`: what other settings of the filter would do to what the index knows, and which rule decides
// on one path now. Nothing is changed.
import { Filtered, type FilterPlan } from '../core/filter-plan.ts';
import type { Decision, Filter } from '../core/filter.ts';
import type { RelativePath } from '../core/path.ts';
import { type Entry, isLive } from '../core/record.ts';
import { bytesOf } from '../core/sync-plan.ts';
import { codeOf } from '../disk/errno.ts';
import { lookInto } from '../disk/look-into.ts';
import type { FolderContext } from './context.ts';

/** Rows at a time, with room for other work between. */
const TURN_ROWS = 500;

/** Files that only a look at their bytes can decide on count as they are named. */
export async function planFilter(
  context: FolderContext,
  filter: Filter,
): Promise<Pick<FilterPlan, 'withdraw' | 'receive'>> {
  const { index } = context;
  const groups = { withdraw: new Filtered(), receive: new Filtered() };
  let rows = 0;
  for (const { record } of index.liveBelow('')) {
    if (++rows % TURN_ROWS === 0) await pause(context);
    if (decide(filter, record.path, record.entry) === 'ignored')
      groups.withdraw.add(record.path, bytesOf(record.entry));
  }
  for (const { why, record } of index.wantedAll()) {
    if (++rows % TURN_ROWS === 0) await pause(context);
    if (why !== 'ignored' || !isLive(record)) continue;
    if (decide(filter, record.path, record.entry) === 'included')
      groups.receive.add(record.path, bytesOf(record.entry));
  }
  return groups;
}

function decide(filter: Filter, path: RelativePath, entry: Entry): Decision['kind'] {
  if (entry.kind === 'absent') return filter.decide(path, {}).kind;
  return filter.decide(path, { kind: entry.kind, size: entry.kind === 'file' ? entry.size : undefined }).kind;
}

/** Which rule decides on a path now; what is there is looked at, also into its bytes where they count. */
export async function whyOf(context: FolderContext, path: RelativePath): Promise<Decision> {
  const { index, workers } = context;
  const filter = context.filter();
  const entry = index.row(path)?.record.entry ?? index.wanted(path)?.record.entry;
  const known = entry === undefined || entry.kind === 'absent' ? {} : { kind: entry.kind, size: bytesOf(entry) };
  const text = filter.mustLookInto(path);
  try {
    const [found] = await workers.run(lookInto, { tree: context.tree(), items: [{ path, text }] });
    if (found?.kind !== 'there') {
      const decision = filter.decide(path, known);
      // It is not here because its bytes were looked at when it came.
      const isLeftOut = decision.kind === 'included' && text && index.wanted(path)?.why === 'ignored';
      return isLeftOut ? { kind: 'ignored', why: { key: 'content' } } : decision;
    }
    const { seen, isText } = found;
    const decision = filter.decide(path, { kind: seen.kind, size: Number(seen.size) });
    if (decision.kind === 'included' && !isText) return { kind: 'ignored', why: { key: 'content' } };
    return decision;
  } catch (error) {
    // A folder that halts has rules all the same.
    if (codeOf(error) === undefined) throw error;
    return filter.decide(path, known);
  }
}

const pause = ({ clock }: FolderContext): Promise<void> => new Promise((resolve) => clock.after(0, resolve));
