// A plan in words: the counts first, then paths.
import type { PlanItem, PlannedItem } from '../../protocol/plan.ts';
import { type Cell, grouped, humanSize, size, text } from './cell.ts';

type GroupName = 'receive' | 'delete' | 'conflict' | 'send' | 'delete_there';

/** In the order in which they matter. */
export const GROUPS: readonly { readonly group: GroupName; readonly total: (one: PlanItem) => number }[] = [
  { group: 'conflict', total: ({ counts }) => counts.conflict },
  { group: 'delete', total: ({ counts }) => counts.delete },
  { group: 'delete_there', total: ({ counts }) => counts.delete_there },
  { group: 'receive', total: ({ counts }) => counts.receive },
  { group: 'send', total: ({ counts }) => counts.send },
];

/** Paths of each group that a person is shown. */
const SHOWN = 20;

export function countLines({ folder, state, error, counts, not_connected: away }: PlanItem): string[] {
  const { receive, receive_bytes, conflict, conflict_bytes, send, send_bytes, delete_there, held, skipped } = counts;
  const parts = [
    ...(receive > 0 ? [`receive ${paths(receive)} (${humanSize(receive_bytes)})`] : []),
    ...(send > 0 ? [`send ${paths(send)} (${humanSize(send_bytes)})`] : []),
    ...(counts.delete > 0 ? [`delete ${paths(counts.delete)} here`] : []),
    ...(delete_there > 0 ? [`delete ${paths(delete_there)} on peers`] : []),
    ...(conflict > 0 ? [`${grouped(conflict)} in conflict (${humanSize(conflict_bytes)} to receive)`] : []),
  ];
  return [
    `${folder} (${state}): ${parts.length === 0 ? 'nothing to do' : parts.join(', ')}.`,
    ...(error === null ? [] : [`  ${error.code}: ${error.message}`]),
    ...(held > 0
      ? [`  ${grouped(held)} deletions are held: syncctl approve ${folder}, or syncctl reject ${folder}`]
      : []),
    ...(skipped > 0 ? [`  ${grouped(skipped)} skipped: see syncctl status ${folder}`] : []),
    ...(away.length > 0 ? [`  Not connected, so what they have changed is not known: ${away.join(', ')}`] : []),
  ];
}

/** For a person the first of each group. */
export function pathRows(one: PlanItem, isForPerson: boolean): Cell[][] {
  return GROUPS.flatMap(({ group }) =>
    one[group].slice(0, isForPerson ? SHOWN : undefined).map((item) => row(one.folder, group, item)),
  );
}

function row(folder: string, group: GroupName, { path, what, bytes, from, peers }: PlannedItem): Cell[] {
  const tone = group === 'send' || group === 'receive' ? undefined : 'attention';
  return [
    text(folder),
    { shown: NAMES[group], plain: group, ...(tone === undefined ? {} : { tone }) },
    text(what),
    text(path),
    size(bytes),
    text(from),
    text(peers.join(', ')),
  ];
}

const NAMES: Readonly<Record<GroupName, string>> = {
  conflict: 'conflict',
  delete: 'delete here',
  delete_there: 'delete there',
  receive: 'receive',
  send: 'send',
};

const paths = (count: number): string => `${grouped(count)} ${count === 1 ? 'path' : 'paths'}`;
