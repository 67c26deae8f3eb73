// `syncctl logs`: the daemon's own log, as far as it keeps it in memory.
import type { LogItem } from '../../protocol/control.ts';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';
import { escape } from '../output/escape.ts';
import { wholeNumberOption } from '../read/number.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'];

export const logs: Command = {
  name: 'logs',
  summary: "show the daemon's log",
  details:
    'The last records that the daemon keeps in memory; older ones are in the journal. With --json one object a line.',
  options: [
    { flags: '-f, --follow', tells: 'go on until Ctrl-C' },
    { flags: '--level <level>', tells: `this level and above: ${LEVELS.join(', ')}`, completes: LEVELS },
    { flags: '--limit <n>', tells: 'how many of the past at most (200; with --follow 10)' },
  ],
  examples: [
    { line: 'syncctl logs --level warn', tells: 'what the owner may want to act on' },
    { line: 'syncctl logs --follow', tells: 'as it happens' },
  ],
  async run({ client, out }, given) {
    const level = given.option('level');
    if (level !== undefined && !LEVELS.includes(level))
      throw usage(`--level ${level}: expected one of ${LEVELS.join(', ')}`);
    const asked = {
      follow: given.flag('follow'),
      level,
      limit: wholeNumberOption('--limit', given.option('limit')),
    };
    for await (const record of client.stream('logs', asked))
      await (out.json ? out.streamed(record) : out.streamedLine(escape(oneLine(record, out.terminal))));
  },
};

function oneLine(record: LogItem, terminal: boolean): string {
  const time = terminal ? new Date(record.time).toTimeString().slice(0, 8) : record.time;
  const fields = Object.entries(record.fields).map(([key, value]) => `${key}=${shown(value)}`);
  return [time, record.level.padEnd(terminal ? 5 : 0), record.message, ...fields].join(' ');
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? '');
}
