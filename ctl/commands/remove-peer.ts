// `syncctl remove-peer`.
import { type Command, YES } from '../command.ts';
import { counted } from '../output/cell.ts';

export const removePeer: Command = {
  name: 'remove-peer',
  summary: 'stop trusting a device, at once',
  details: 'Its session ends, and it gets and gives nothing any more. Files stay on both.',
  arguments: [{ syntax: '<peer>', tells: 'its name, or the beginning of its ID' }],
  options: [YES],
  examples: [{ line: 'syncctl remove-peer laptop', tells: 'pair it again with invite and join' }],
  async run({ client, out, terminal }, given) {
    const wanted = given.argument('peer');
    if (terminal.answers && !given.flag('yes')) {
      const peer = (await client.ask('peers', {})).find(({ id, name }) => name === wanted || id.startsWith(wanted));
      if (peer !== undefined) {
        const names = peer.folders.length === 0 ? '' : `: ${peer.folders.join(', ')}`;
        out.line(`${peer.name} (${peer.id.slice(0, 7)}) shares ${counted(peer.folders.length, 'folder')}${names}`);
        await terminal.confirm('Stop trusting it?', 'no');
      }
    }
    const removed = await client.ask('removePeer', { peer: wanted });
    out.done(removed, `Removed ${removed.name} (${removed.id.slice(0, 7)}). Files stay on both devices.`);
  },
};
