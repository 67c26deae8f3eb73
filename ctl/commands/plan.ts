// `syncctl plan`: what would happen, before it does.
import type { PlanItem } from '../../protocol/plan.ts';
import type { Command, Context } from '../command.ts';
import { grouped } from '../output/cell.ts';
import { GROUPS, countLines, pathRows } from '../output/plan.ts';

/** A large index is gone through. */
const PLAN_TIMEOUT_MS = 600_000;

export const plan: Command = {
  name: 'plan',
  summary: 'a dry run: what would be sent, received and deleted, what is in conflict, and how many bytes',
  details:
    'Nothing is done. Of a folder that is paused it shows what waits: syncctl pause FOLDER, syncctl plan FOLDER, syncctl resume FOLDER. Columns in a pipe: folder, group, what, path, bytes, from, peers.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone' }],
  examples: [
    { line: 'syncctl plan docs', tells: 'what would happen if it went on now' },
    { line: "syncctl plan docs --json | jq '.[].counts'", tells: 'the counts for a script' },
  ],
  async run(context, given) {
    const plans = await context.client.ask('plan', { folder: given.optional('folder') }, PLAN_TIMEOUT_MS);
    if (context.out.json) context.out.value(plans);
    else if (context.out.quiet) for (const path of plans.flatMap(paths)) context.out.line(path);
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
  const columns = [{ title: 'FOLDER' }, { title: 'GROUP' }, { title: 'WHAT' }, { title: 'PATH' }];
  if (rows.length > 0)
    out.table([...columns, { title: 'SIZE', align: 'right' }, { title: 'FROM' }, { title: 'PEERS' }], rows);
  const named = out.terminal ? rows.length : GROUPS.reduce((sum, { group }) => sum + one[group].length, 0);
  const left = GROUPS.reduce((sum, { total }) => sum + total(one), 0) - named;
  if (left > 0) out.note(`and ${grouped(left)} more`);
}
