// `syncctl resume`.
import type { Command } from '../command.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'go on after pause',

  arguments: [{ syntax: '[folder]', tells: 'this folder alone; otherwise all' }],
  examples: [{ line: 'syncctl resume docs', tells: 'docs is synced again' }],
  async run({ client, out }, given) {
    const { folders } = await client.ask('resume', { folder: given.optional('folder') });
    out.done({ folders }, ...folders.map((name) => `Resumed ${name}.`));
  },
};
