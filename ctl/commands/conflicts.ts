// `syncctl conflicts`.
import type { Command } from '../command.ts';
import { moment, size, text } from '../output/cell.ts';

export const conflicts: Command = {
  name: 'conflicts',
  summary: 'list what was changed in two places at once',
  details:
    'The winner is in the folder. The other content is kept on the device where it was replaced: VERSION where that is this one. COPY: where it stands beside the winner. Columns: folder, path, winner, loser, edited, size, version, copy.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone' }],
  lists: true,
  examples: [
    { line: 'syncctl conflicts docs', tells: 'all of docs' },
    {
      line: 'syncctl restore docs notes.txt --version ID --to /srv/syncd/theirs.txt',
      tells: 'to look at the other content',
    },
    { line: 'syncctl resolve docs notes.txt --keep remote', tells: 'to settle it' },
  ],
  async run({ client, out, nowMs }, given) {
    const now = nowMs();
    out.list(await client.ask('conflicts', { folder: given.optional('folder') }), {
      id: (conflict) => conflict.path,
      columns: [
        { title: 'FOLDER', cell: (conflict) => text(conflict.folder) },
        { title: 'PATH', cell: (conflict) => text(conflict.path) },
        { title: 'WINNER', cell: (conflict) => text(conflict.winner_name) },
        { title: 'LOSER', cell: (conflict) => text(conflict.loser_name) },
        { title: 'EDITED', cell: (conflict) => moment(conflict.edited, now) },
        { title: 'SIZE', align: 'right', cell: (conflict) => size(conflict.size) },
        { title: 'VERSION', cell: (conflict) => text(conflict.version) },
        { title: 'COPY', cell: (conflict) => text(conflict.copy) },
      ],
      empty: 'No conflicts.',
    });
  },
};
