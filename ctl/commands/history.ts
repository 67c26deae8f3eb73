// `syncctl history`.
import type { HistoryItem } from '../../protocol/control.ts';
import type { Command } from '../command.ts';
import { type Cell, moment, size, text } from '../output/cell.ts';
import { wholeNumberOption } from '../read/number.ts';
import { timeOption } from '../read/time.ts';

export const history: Command = {
  name: 'history',
  summary: 'show what happened to which path, when, from which device',
  details:
    'Newest first. VERSION names the content that a change replaced, as far as it is kept: syncctl restore takes it. Columns: time, what, device, size, version, folder, path, detail.',
  arguments: [
    { syntax: '[folder]', tells: 'this folder alone' },
    { syntax: '[path]', tells: 'this path alone, with all that is kept of it' },
  ],
  options: [
    { flags: '--since <time>', tells: "RFC 3339, 2h, or 'yesterday 14:00'" },
    { flags: '--limit <n>', tells: 'how many at most (100)' },
  ],
  lists: true,
  examples: [
    { line: 'syncctl history docs --since 2h', tells: 'the last two hours' },
    { line: 'syncctl history docs notes/todo.md', tells: 'one file, and its versions' },
  ],
  async run({ client, out, nowMs }, given) {
    const now = nowMs();
    const items = await client.ask('history', {
      folder: given.optional('folder'),
      path: given.optional('path'),
      since: timeOption('--since', given.option('since'), now),
      limit: wholeNumberOption('--limit', given.option('limit')),
    });
    out.list(items, {
      id: (item) => item.version ?? '',
      columns: [
        { title: 'WHEN', cell: (item) => moment(item.time, now) },
        { title: 'WHAT', cell: (item) => whatHappened(item) },
        { title: 'FROM', cell: (item) => text(item.device_name) },
        { title: 'SIZE', align: 'right', cell: (item) => size(item.size) },
        { title: 'VERSION', cell: (item) => text(item.version) },
        { title: 'FOLDER', cell: (item) => text(item.folder) },
        { title: 'PATH', cell: (item) => text(item.path) },
        { title: '', cell: (item) => ({ shown: item.detail ?? '', plain: item.detail ?? '', tone: 'faint' }) },
      ],
      empty: 'Nothing has happened yet.',
    });
  },
};

function whatHappened(item: HistoryItem): Cell {
  return text(item.what, item.what === 'conflict' || item.what === 'held' ? 'attention' : undefined);
}
