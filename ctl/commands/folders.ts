// `syncctl folders`.
import type { Command } from '../command.ts';
import { count, size, text } from '../output/cell.ts';

export const folders: Command = {
  name: 'folders',
  summary: 'list folders',
  details: 'Columns: name, state, mode, files, size, peers with their roles, path.',
  lists: true,
  examples: [
    { line: 'syncctl folders', tells: 'all of them' },
    { line: 'syncctl folders -q | xargs -n1 syncctl wait', tells: 'wait for one after the other' },
  ],
  async run({ client, out }) {
    out.list(await client.ask('folders', {}), {
      id: (folder) => folder.name,
      columns: [
        { title: 'FOLDER', cell: (folder) => text(folder.name) },
        { title: 'STATE', cell: (folder) => text(folder.state) },
        { title: 'MODE', cell: (folder) => text(folder.mode) },
        { title: 'FILES', align: 'right', cell: (folder) => count(folder.files) },
        { title: 'SIZE', align: 'right', cell: (folder) => size(folder.bytes) },
        { title: 'PEERS', cell: (folder) => text(folder.peers.map((one) => `${one.name}: ${one.role}`).join(', ')) },
        { title: 'PATH', cell: (folder) => text(folder.path) },
      ],
      empty: 'No folders yet. Add one: syncctl add-folder NAME PATH',
    });
  },
};
