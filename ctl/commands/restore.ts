// `syncctl restore`.
import type { Answer } from '../../protocol/control.ts';
import type { RestoredDirectory } from '../../protocol/undo.ts';
import { type Command, type Context, YES } from '../command.ts';
import { usage } from '../failure.ts';
import { undoLines } from '../output/undo-lines.ts';
import { givenPath } from '../read/path.ts';
import { timeOption } from '../read/time.ts';

/** Copying a large file takes its time. */
const RESTORE_TIMEOUT_MS = 3_600_000;

export const restore: Command = {
  name: 'restore',
  summary: 'bring an older content of a file, or of a whole directory, back as a new change',
  details:
    'Without --version or --at: the one before the current; of a directory, as it was before the last changes of one ' +
    'device in it. What it replaces is kept as a version in turn, and what was made in a directory since stays. ' +
    'What was changed on this device itself is kept on the others: restore it there.',
  arguments: [
    { syntax: '<folder>', tells: 'the folder' },
    { syntax: '<path>', tells: 'a file or a directory in it; . is all of it' },
  ],
  options: [
    { flags: '--version <id>', tells: 'this version, or the beginning of its ID: see syncctl history FOLDER PATH' },
    { flags: '--at <time>', tells: "the content as of then: RFC 3339, 2h, or 'yesterday 14:00'" },
    { flags: '--to <path>', tells: 'write it to this new file or directory instead', completes: 'file' },
    { flags: '--dry-run', tells: 'only show what would be done' },
    YES,
  ],
  examples: [
    { line: 'syncctl restore docs notes/todo.md', tells: 'the content before the last change' },
    {
      line: "syncctl restore docs notes/todo.md --at 'yesterday 14:00' --to /srv/syncd/todo.md",
      tells: 'only to look at it',
    },
    { line: "syncctl restore docs photos --at 'yesterday 14:00'", tells: 'a whole directory' },
  ],
  async run(context, given) {
    const { client, out, terminal, cwd, nowMs } = context;
    const [version, at, to] = [given.option('version'), given.option('at'), given.option('to')];
    if (version !== undefined && at !== undefined) throw usage('--version and --at exclude each other');
    const asked = {
      folder: given.argument('folder'),
      path: given.argument('path'),
      version,
      at: timeOption('--at', at, nowMs()),
      to: to === undefined ? undefined : givenPath(cwd, '--to', to),
    };
    const dryRun = given.flag('dry-run');
    // Nobody could answer: nothing need be shown.
    if (!dryRun && to === undefined && !given.flag('yes') && !out.json && terminal.answers) {
      const plan = await client.ask('restore', { ...asked, dry_run: true }, RESTORE_TIMEOUT_MS);
      if (plan.kind === 'dir') {
        for (const line of undoLines(plan)) out.note(line);
        out.note(summary(plan, undefined));
        if (plan.restored === 0) return;
        await terminal.confirm('Restore it on all devices?', 'no');
      }
    }
    const restored = await client.ask('restore', { ...asked, dry_run: dryRun || undefined }, RESTORE_TIMEOUT_MS);
    show(context, restored, { to, dryRun });
  },
};

function show(
  { out }: Context,
  restored: Answer<'restore'>,
  { to, dryRun }: { readonly to: string | undefined; readonly dryRun: boolean },
): void {
  if (restored.kind === 'dir') {
    if (!out.json && (dryRun || restored.impossible > 0)) for (const line of undoLines(restored)) out.note(line);
    out.done(restored, summary(restored, to));
    return;
  }
  const where = to === undefined ? 'as a new change' : `to ${to}`;
  const what = dryRun ? 'Would restore' : 'Restored';
  out.done(restored, `${what} version ${restored.version} of ${restored.path} ${where}.`);
}

function summary(plan: RestoredDirectory, to: string | undefined): string {
  const { folder, path, dry_run, restored, kept, impossible } = plan;
  const name = path === '.' ? folder : `${path} in ${folder}`;
  if (restored + impossible === 0) return `Nothing to restore: what was in ${name} then is there as it was.`;
  const counts = [
    `${dry_run ? 'Would restore' : 'Restored'} ${restored}`,
    ...(kept > 0 ? [`${dry_run ? 'leave' : 'left'} ${kept} that were made since`] : []),
    ...(impossible > 0 ? [`${impossible} cannot be brought back`] : []),
  ];
  return `${counts.join(', ')}: ${name}${to === undefined ? '' : `, to ${to}`}.`;
}
