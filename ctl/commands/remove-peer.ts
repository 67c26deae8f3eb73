// `syncctl remove-peer`.
import type { Command } from '../command.ts';

export const removePeer: Command = {
  name: 'remove-peer',
  summary: 'stop trusting a device, at once',
  details: 'Its session ends, and it gets and gives nothing any more. Files stay on both.',
  arguments: [{ syntax: '<peer>', tells: 'its name, or the beginning of its ID' }],
  examples: [{ line: 'syncctl remove-peer laptop', tells: 'pair it again with invite and join' }],
  async run({ client, out }, given) {
    const removed = await client.ask('removePeer', { peer: given.argument('peer') });
    out.done(removed, `Removed ${removed.name} (${removed.id.slice(0, 7)}). Files stay on both devices.`);
  },
};
