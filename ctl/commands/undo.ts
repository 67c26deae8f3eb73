// `syncctl undo`.
import type { UndoAnswer } from '../../protocol/undo.ts';
import { type Command, type Context, YES } from '../command.ts';
import { usage } from '../failure.ts';
import { undoLines } from '../output/undo-lines.ts';
import { timeOption } from '../read/time.ts';

/** Looking through a long history, and writing down what is to come back, takes its time. */
const UNDO_TIMEOUT_MS = 3_600_000;

export const undo: Command = {
  name: 'undo',
  summary: 'roll back what other devices have changed',
  details:
    'Each path becomes again what it was before, as a new change that reaches all devices; what it replaces is kept as a ' +
    'version. What somebody has edited since stays as a conflict. To undo an undo: syncctl undo FOLDER --last.',
  arguments: [
    { syntax: '<folder>', tells: 'the folder' },
    { syntax: '[id]', tells: 'one change: the number of its event, or its version in syncctl history' },
  ],
  options: [
    { flags: '--last', tells: 'the last changes of one device, back to a pause of 10 seconds' },
    { flags: '--since <time>', tells: "all changes of others since then: RFC 3339, 2h, or 'yesterday 14:00'" },
    { flags: '--dry-run', tells: 'only show what would be done' },
    YES,
  ],
  examples: [
    { line: 'syncctl undo docs --last', tells: 'somebody has just deleted or overwritten what they should not' },
    { line: "syncctl undo docs --since 'today 14:00' --dry-run", tells: 'what that would bring back' },
  ],
  async run(context, given) {
    const { client, out, terminal, nowMs } = context;
    const [id, last] = [given.optional('id'), given.flag('last')];
    const since = timeOption('--since', given.option('since'), nowMs());
    if ([last, since !== undefined, id !== undefined].filter(Boolean).length !== 1)
      throw usage('say what to undo: --last, --since TIME, or the ID of one change');
    const asked = { folder: given.argument('folder'), last: last || undefined, since, id };
    const dryRun = given.flag('dry-run');
    if (dryRun) {
      show(context, await client.ask('undo', { ...asked, dry_run: true }, UNDO_TIMEOUT_MS));
      return;
    }
    // Nobody could answer: nothing need be shown.
    if (!given.flag('yes') && !out.json && terminal.answers) {
      const plan = await client.ask('undo', { ...asked, dry_run: true }, UNDO_TIMEOUT_MS);
      for (const line of undoLines(plan)) out.note(line);
      out.note(summary(plan));
      if (plan.paths.length === 0) return;
      await terminal.confirm('Undo it on all devices?', 'no');
    }
    const done = await client.ask('undo', asked, UNDO_TIMEOUT_MS);
    if (done.impossible > 0) for (const line of undoLines(done)) out.note(line);
    out.done(done, summary(done));
  },
};

function show({ out }: Context, plan: UndoAnswer): void {
  if (!out.json) for (const line of undoLines(plan)) out.note(line);
  out.done(plan, summary(plan));
}

function summary({ folder, dry_run, restored, removed, kept, impossible, paths }: UndoAnswer): string {
  if (paths.length === 0) return `Everything in ${folder} is as it was already.`;
  const counts = [
    `${dry_run ? 'Would restore' : 'Restored'} ${restored}`,
    `${dry_run ? 'remove' : 'removed'} ${removed}`,
    ...(kept > 0 ? [`${dry_run ? 'leave' : 'left'} ${kept} that somebody has worked on since`] : []),
    ...(impossible > 0 ? [`${impossible} cannot be brought back: their content is not kept any more`] : []),
  ];
  return `${counts.join(', ')} in ${folder}.`;
}
