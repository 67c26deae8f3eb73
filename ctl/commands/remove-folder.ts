// `syncctl remove-folder`.
import { type Command, YES } from '../command.ts';
import { counted, humanSize } from '../output/cell.ts';

export const removeFolder: Command = {
  name: 'remove-folder',
  summary: 'forget a folder; its files stay where they are',
  arguments: [{ syntax: '<name>', tells: 'the folder', completes: 'folder' }],
  options: [YES],
  examples: [{ line: 'syncctl remove-folder docs', tells: 'docs is no longer kept the same; nothing is deleted' }],
  async run({ client, out, terminal }, given) {
    const name = given.argument('name');
    if (terminal.answers && !given.flag('yes')) {
      const folder = (await client.ask('folders', {})).find((one) => one.name === name);
      if (folder !== undefined) {
        const holds = `${counted(folder.files, 'file')}, ${humanSize(folder.bytes)}`;
        out.line(
          `${name}: ${folder.path} (${holds}), kept with ${counted(folder.peers.length, 'peer')}. The files stay.`,
        );
        await terminal.confirm('Forget it?', 'no');
      }
    }
    out.done(await client.ask('removeFolder', { folder: name }), `Removed ${name}. Its files are where they were.`);
  },
};
