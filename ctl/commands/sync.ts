// `syncctl sync`.
import type { Command } from '../command.ts';

export const sync: Command = {
  name: 'sync',
  summary: 'scan and sync now, whatever interval and schedule say',
  details: 'Returns when it has been begun; syncctl wait tells when it is done.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone' }],
  examples: [{ line: 'syncctl sync docs && syncctl wait docs', tells: 'now, and wait for it' }],
  async run({ client, out }, given) {
    const { folders } = await client.ask('sync', { folder: given.optional('folder') });
    out.done({ folders }, ...folders.map((name) => `Syncing ${name}.`));
  },
};
