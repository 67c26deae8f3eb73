// A plan in words: the counts first, then paths.
import type { PathRule, PlanItem, PlannedItem, SettingsPlan } from '../../protocol/plan.ts';
import { type Cell, grouped, humanSize, size, text, words } from './cell.ts';

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

/** Other settings: counts, and what becomes of what is left out. */
export function settingsLines({ folder, withdraw, receive, send, more }: SettingsPlan): string[] {
  const parts = [
    ...(withdraw.count > 0 ? [`leave out ${paths(withdraw.count)} (${humanSize(withdraw.bytes)})`] : []),
    ...(receive.count > 0 ? [`receive ${paths(receive.count)} (${humanSize(receive.bytes)})`] : []),
    ...(send.count > 0 ? [`send ${paths(send.count)} (${humanSize(send.bytes)})`] : []),
  ];
  return [
    `${folder}: would ${parts.length === 0 ? 'change nothing in which paths are synced' : parts.join(', ')}.`,
    ...(withdraw.count > 0 ? ['  What is left out stays where it is, here and on every device.'] : []),
    ...(more ? ['  There is more in the directory than was looked at.'] : []),
  ];
}

export function settingsRows(plan: SettingsPlan, isForPerson: boolean): Cell[][] {
  const groups = [
    ['leave out', 'withdraw', plan.withdraw],
    ['receive', 'receive', plan.receive],
    ['send', 'send', plan.send],
  ] as const;
  return groups.flatMap(([shown, plain, list]) =>
    list.paths
      .slice(0, isForPerson ? SHOWN : undefined)
      .map(({ path, bytes }) => [text(plan.folder), words(shown, plain), text(path), size(bytes)]),
  );
}

/** `notes/a.iso: not synced: *.iso (ignore)`. */
export function ruleLine({ path, synced, key, pattern, file, line }: PathRule): string {
  const where = file === null ? (key ?? '') : `${file}:${line ?? ''}`;
  if (key === null) return `${path}: ${SYNCED[synced]}: no rule is about it`;
  const what = pattern === null ? (RULES.get(key) ?? key) : `${pattern} (${where})`;
  return `${path}: ${SYNCED[synced]}: ${what}`;
}

const RULES: ReadonlyMap<string, string> = new Map([
  ['content', 'it is no text (content: text)'],
  ['hidden', 'its name begins with a dot (hidden: false)'],
  ['max_size', 'it is larger than max_size'],
  ['only', 'nothing of only names it'],
]);

const SYNCED: Readonly<Record<PathRule['synced'], string>> = {
  yes: 'synced',
  no: 'not synced',
  inside: 'synced only where something in it is',
  unknown: 'depends on what is there',
};
