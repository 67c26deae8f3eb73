// `syncctl pause`.
import type { Command } from '../command.ts';

export const pause: Command = {
  name: 'pause',
  summary: 'stop sending and applying content',
  details: 'Announcements still arrive, so that status shows what waits. It stays paused over a restart.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone; otherwise all' }],
  examples: [{ line: 'syncctl pause docs', tells: 'until syncctl resume docs' }],
  async run({ client, out }, given) {
    const { folders } = await client.ask('pause', { folder: given.optional('folder') });
    out.done({ folders }, ...folders.map((name) => `Paused ${name}.`));
  },
};
