// `syncctl logs`: the daemon's own log, of the journal where it is a service, else as far as it keeps it in memory.
import type { LevelName, LogItem } from '../../protocol/control.ts';
import type { Command, Context } from '../command.ts';
import { Failure, usage } from '../failure.ts';
import { type AskedJournal, journalOf, readJournal } from '../journal.ts';
import { escape } from '../output/escape.ts';
import { wholeNumberOption } from '../read/number.ts';
import { findService } from '../services.ts';
import { userName } from '../user-name.ts';

const LEVELS: readonly LevelName[] = ['debug', 'info', 'warn', 'error'];

export const logs: Command = {
  name: 'logs',
  summary: "show the daemon's log",
  details:
    'Of a service, what the journal has, also of runs before this one and when it does not run (then the exit status is 3). Who may not read the journal (group systemd-journal), and of any other daemon, the last records that it keeps in memory. With --json one object a line.',
  options: [
    { flags: '-f, --follow', tells: 'go on until Ctrl-C' },
    { flags: '--level <level>', tells: `this level and above: ${LEVELS.join(', ')}`, completes: LEVELS },
    { flags: '--limit <n>', tells: 'how many of the past at most (200; with --follow 10)' },
  ],
  examples: [
    { line: 'syncctl logs --level warn', tells: 'what the owner may want to act on' },
    { line: 'syncctl logs --follow', tells: 'as it happens' },
  ],
  async run(context, given) {
    const { out } = context;
    const asked = {
      follow: given.flag('follow'),
      level: levelOption(given.option('level')),
      limit: wholeNumberOption('--limit', given.option('limit')),
    };
    for await (const record of recordsOf(context, asked))
      await (out.json ? out.streamed(record) : out.streamedLine(escape(oneLine(record, out.terminal))));
  },
};

function levelOption(text: string | undefined): LevelName | undefined {
  const level = LEVELS.find((one) => one === text);
  if (text !== undefined && level === undefined) throw usage(`--level ${text}: expected one of ${LEVELS.join(', ')}`);
  return level;
}

async function* recordsOf({ client, isUsual }: Context, asked: AskedJournal): AsyncGenerator<LogItem> {
  let pid: number;
  try {
    ({ pid } = (await client.ask('status', {})).daemon);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'E_NOT_RUNNING' || !isUsual) throw error;
    // Why it does not run is what somebody wants to know now.
    const service = await findService(userName(), process.getuid?.() === 0);
    if (service !== undefined) yield* readJournal(service, asked);
    throw error;
  }
  const unit = await journalOf(pid);
  if (unit === undefined) yield* client.stream('logs', asked);
  else yield* readJournal(unit, asked);
}

function oneLine(record: LogItem, terminal: boolean): string {
  const time = terminal ? new Date(record.time).toTimeString().slice(0, 8) : record.time;
  const fields = Object.entries(record.fields).map(([key, value]) => `${key}=${shown(value)}`);
  return [time, record.level.padEnd(terminal ? 5 : 0), record.message, ...fields].join(' ');
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? '');
}
