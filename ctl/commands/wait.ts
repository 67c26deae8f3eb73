// `syncctl wait`: returns when all is the same everywhere, and says why not when it cannot.
import type { WaitAnswer } from '../../protocol/control.ts';
import type { Command } from '../command.ts';
import { Failure } from '../failure.ts';
import { text } from '../output/cell.ts';
import { secondsOption } from '../read/number.ts';

const DEFAULT_SECONDS = 60;
/** The daemon answers at the deadline; one that does not is given this much more, so that a wait never hangs. */
const GRACE_MS = 10_000;

export const wait: Command = {
  name: 'wait',
  summary: 'wait until a folder is the same on all connected devices',
  details:
    'Exit status: 0 in sync, 4 not in time or no peer connected, 5 the folder is halted, held, paused or outside of its schedule. It covers all that was written before it was called.',
  arguments: [{ syntax: '[folder]', tells: 'this folder; otherwise all' }],
  options: [{ flags: '--timeout <seconds>', tells: `how long at most (${DEFAULT_SECONDS})` }],
  examples: [
    { line: 'make site && syncctl wait site', tells: 'go on when everybody has it' },
    { line: 'syncctl wait docs --timeout 5', tells: 'at most five seconds' },
  ],
  async run({ client, out }, given) {
    const seconds = secondsOption('--timeout', given.option('timeout')) ?? DEFAULT_SECONDS;
    const answer = await client.ask(
      'wait',
      { folder: given.optional('folder'), timeout_s: seconds },
      Math.min(seconds * 1000 + GRACE_MS, 2 ** 31 - 1),
    );
    if (answer.result !== 'in-sync') throw failureOf(answer);
    if (out.json) out.value(answer);
    else if (out.terminal || out.quiet)
      out.list(answer.folders, {
        id: (folder) => folder.name,
        columns: [
          { title: 'FOLDER', cell: (folder) => text(folder.name) },
          { title: 'STATE', cell: () => text('in sync', 'good') },
        ],
        empty: 'No folders to wait for.',
      });
  },
};

function failureOf(answer: WaitAnswer): Failure {
  const [code, exit] = answer.result === 'not-in-time' ? (['E_TIMEOUT', 4] as const) : (['E_INTERNAL', 5] as const);
  const folder = answer.folders.find((one) => one.result === answer.result);
  const message = folder?.message ?? 'not in sync';
  const about = folder === undefined || message.includes(folder.name) ? message : `${folder.name}: ${message}`;
  return new Failure(folder?.code ?? code, about, undefined, exit);
}
