// `syncctl top`: what moves, live.
import { setTimeout as pause } from 'node:timers/promises';
import type { Overview } from '../../protocol/control.ts';
import type { Command, Context } from '../command.ts';
import { Movement } from '../output/movement.ts';
import { topAnswer, topFrame, topRows } from '../output/top-screen.ts';

/** Between two looks. */
const LOOK_MS = 1_000;

export const top: Command = {
  name: 'top',
  summary: 'show what moves, live: progress, rates and the time that is left',
  details:
    'Until q or Ctrl-C. In a pipe, or with --json, it looks for one second and ends. Columns then: folder, its name, state, ' +
    'files and bytes to come, bytes a second, seconds left; peer, its name, bytes a second from it and to it.',
  examples: [
    { line: 'syncctl top', tells: 'watch it sync' },
    { line: "syncctl top --json | jq '.folders[] | select(.pending_bytes > 0)'", tells: 'for a script' },
  ],
  async run(context) {
    const movement = new Movement();
    if (context.out.json || !context.out.terminal || process.env['TERM'] === 'dumb') return once(context, movement);
    await live(context, movement);
  },
};

async function look({ client, nowMs }: Context, movement: Movement): Promise<Overview> {
  const overview = await client.ask('overview', {});
  movement.add({ atMs: nowMs(), ...overview.status });
  return overview;
}

async function once(context: Context, movement: Movement): Promise<void> {
  const { out } = context;
  await look(context, movement);
  await pause(LOOK_MS);
  const answer = topAnswer(await look(context, movement), movement);
  if (out.json) out.value(answer);
  else if (out.quiet) for (const { name } of answer.folders) out.line(name);
  else out.table([], topRows(answer));
}

async function live(context: Context, movement: Movement): Promise<void> {
  const { out, terminal, nowMs } = context;
  const quit = terminal.whenKey(['q', '\u0003', '\u0004']);
  const leave = out.fullScreen();
  try {
    for (;;) {
      const overview = await look(context, movement);
      out.frame(topFrame(out, overview, movement, nowMs()));
      if ((await Promise.race([quit.pressed, pause(LOOK_MS)])) === 'pressed') return;
    }
  } finally {
    leave();
    quit.end();
  }
}
