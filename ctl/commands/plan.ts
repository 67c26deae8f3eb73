// `syncctl plan`: what would happen, before it does.
import type { PathRule, PlanItem, SettingsPlan } from '../../protocol/plan.ts';
import type { Command, Context } from '../command.ts';
import { usage } from '../failure.ts';
import { grouped } from '../output/cell.ts';
import { GROUPS, countLines, pathRows, ruleLine, settingsLines, settingsRows } from '../output/plan.ts';

/** A large index is gone through. */
const PLAN_TIMEOUT_MS = 600_000;

const PATH_COLUMNS = [
  { title: 'FOLDER' },
  { title: 'GROUP' },
  { title: 'WHAT' },
  { title: 'PATH' },
  { title: 'SIZE', align: 'right' as const },
  { title: 'FROM' },
  { title: 'PEERS' },
];

export const plan: Command = {
  name: 'plan',
  summary: 'a dry run: what would be sent, received and deleted, what is in conflict, and how many bytes',
  details:
    'Nothing is done. Of a folder that is paused it shows what waits: syncctl pause FOLDER, syncctl plan FOLDER, syncctl resume FOLDER. Columns in a pipe: folder, group, what, path, bytes, from, peers.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone' }],
  options: [
    {
      flags: '--set <key=value>',
      tells:
        'what other settings would do to which paths are synced: a key of the configuration, with a YAML value; may be repeated',
      many: true,
    },
    { flags: '--why <path>', tells: 'which rule decides whether this path is synced' },
  ],
  lists: true,
  examples: [
    { line: 'syncctl plan docs', tells: 'what would happen if it went on now' },
    { line: "syncctl plan docs --json | jq '.[].counts'", tells: 'the counts for a script' },
    { line: `syncctl plan docs --set 'ignore=["*.iso"]'`, tells: 'what would be left out, and what would come' },
    { line: 'syncctl plan docs --why notes/todo.md', tells: 'the pattern, and where it is written' },
  ],
  async run(context, given) {
    const [folder, set, path] = [given.optional('folder'), given.options('set'), given.option('why')];
    if (set.length > 0 && path !== undefined) throw usage('give --set or --why, not both');
    if (set.length > 0 || path !== undefined) {
      if (folder === undefined) throw usage('name the folder', 'See syncctl plan --help.');
      if (path !== undefined) showRule(context, await context.client.ask('why', { folder, path }));
      else showSettings(context, await context.client.ask('planSettings', { folder, set }, PLAN_TIMEOUT_MS));
      return;
    }
    const plans = await context.client.ask('plan', { folder }, PLAN_TIMEOUT_MS);
    if (context.out.json) context.out.value(plans);
    else if (context.out.quiet) for (const path of plans.flatMap(paths)) context.out.line(path);
    else if (context.out.csv)
      context.out.table(
        PATH_COLUMNS,
        plans.flatMap((one) => pathRows(one, false)),
      );
    else for (const one of plans) show(context, one);
  },
};

const paths = (one: PlanItem): string[] => [
  ...new Set(GROUPS.flatMap(({ group }) => one[group].map(({ path }) => path))),
];

function show({ out }: Context, one: PlanItem): void {
  for (const line of countLines(one)) {
    if (out.terminal) out.line(line);
    else out.note(line);
  }
  const rows = pathRows(one, out.terminal);
  if (rows.length > 0) out.table(PATH_COLUMNS, rows);
  const named = out.terminal ? rows.length : GROUPS.reduce((sum, { group }) => sum + one[group].length, 0);
  const left = GROUPS.reduce((sum, { total }) => sum + total(one), 0) - named;
  if (left > 0) out.note(`and ${grouped(left)} more`);
}

function showRule({ out }: Context, rule: PathRule): void {
  if (out.json) out.value(rule);
  else out.line(out.quiet ? rule.synced : ruleLine(rule));
}

function showSettings({ out }: Context, plan: SettingsPlan): void {
  if (out.json) {
    out.value(plan);
    return;
  }
  for (const line of settingsLines(plan)) {
    if (out.terminal) out.line(line);
    else out.note(line);
  }
  const rows = settingsRows(plan, out.terminal);
  const columns = [
    { title: 'FOLDER' },
    { title: 'GROUP' },
    { title: 'PATH' },
    { title: 'SIZE', align: 'right' as const },
  ];
  if (out.quiet)
    for (const { path } of [...plan.withdraw.paths, ...plan.receive.paths, ...plan.send.paths]) out.line(path);
  else if (rows.length > 0 || out.csv) out.table(columns, rows);
}
