// `syncctl events`: the activity feed, a line each.
import type { EventItem } from '../../protocol/control.ts';
import type { Command } from '../command.ts';
import { Desktop } from '../desktop.ts';
import { type Cell, humanSize, text, words } from '../output/cell.ts';
import { alignedLines, separatedLines } from '../output/table.ts';
import { plain } from '../output/color.ts';
import { wholeNumberOption } from '../read/number.ts';

export const events: Command = {
  name: 'events',
  summary: 'show what happens, a line each',
  details:
    'The daemon remembers the last 10,000 since its start. With --json one object a line. Columns: id, time, folder, kind, what, device, size, path, code.',
  options: [
    { flags: '-f, --follow', tells: 'go on until Ctrl-C' },
    { flags: '--since <id>', tells: 'all that came after this event; 0 for all that is remembered' },
    {
      flags: '--desktop',
      tells: 'show conflicts and what needs attention as desktop notices, and nothing else; goes on until Ctrl-C',
    },
    { flags: '--limit <n>', tells: 'how many of the past at most (100; with --follow 10)' },
  ],
  examples: [
    { line: 'syncctl events --follow', tells: 'watch it sync' },
    { line: 'syncctl events --follow --json | jq \'select(.kind == "conflict")\'', tells: 'for a script' },
  ],
  async run({ client, out, nowMs }, given) {
    const desktop = given.flag('desktop') ? new Desktop(nowMs) : undefined;
    const asked = {
      follow: given.flag('follow') || desktop !== undefined,
      since: wholeNumberOption('--since', given.option('since')),
      // What was shown before is not shown again when the unit is started again.
      limit: wholeNumberOption('--limit', given.option('limit')) ?? (desktop === undefined ? undefined : 0),
    };
    for await (const event of client.stream('events', asked)) {
      if (desktop !== undefined) await desktop.show(event);
      else if (out.json) await out.streamed(event);
      else if (out.quiet) await out.streamedLine(String(event.id));
      else await out.streamedLine(out.terminal ? forPeople(event) : (separatedLines([cells(event)])[0] ?? ''));
    }
  },
};

function cells(event: EventItem): Cell[] {
  return [
    text(String(event.id)),
    text(event.time),
    text(event.folder),
    text(event.kind),
    text(event.what),
    text(event.device_name),
    text(event.size === null ? null : String(event.size)),
    text(event.path),
    text(event.code),
  ];
}

/** The widths of one line are all that a stream can align by. */
function forPeople(event: EventItem): string {
  const time = new Date(event.time).toTimeString().slice(0, 8);
  const from = event.direction === 'received' && event.device_name !== null ? ` from ${event.device_name}` : '';
  const details = [event.size === null ? '' : humanSize(event.size), from.trim(), event.code ?? ''];
  const line = [
    words(time, time),
    words(event.folder.padEnd(12), event.folder),
    words(event.what.padEnd(10), event.what),
    text([event.path ?? '', details.filter((part) => part !== '').join(', ')].filter((part) => part !== '').join('  ')),
  ];
  return (
    alignedLines(
      line.map(() => ({ title: '' })),
      [line],
      plain,
    ).at(-1) ?? ''
  );
}
