// `syncctl peers`.
import type { Command } from '../command.ts';
import { moment, size, text, words } from '../output/cell.ts';

export const peers: Command = {
  name: 'peers',
  summary: 'list the devices that this one trusts',
  details: 'Columns: name, connected, since, round trip in ms, sent, received, address, folders, ID.',
  lists: true,
  examples: [{ line: 'syncctl peers', tells: 'who is connected, and since when' }],
  async run({ client, out, nowMs }) {
    const now = nowMs();
    out.list(await client.ask('peers', {}), {
      id: (peer) => peer.name,
      columns: [
        { title: 'PEER', cell: (peer) => text(peer.name) },
        {
          title: 'CONNECTED',
          cell: ({ connected, error }) =>
            connected ? text('yes', 'good') : words(error === null ? 'no' : `no: ${error.code}`, 'no', 'attention'),
        },
        { title: 'SINCE', cell: (peer) => moment(peer.since, now) },
        {
          title: 'RTT',
          align: 'right',
          cell: ({ rtt_ms }) => (rtt_ms === null ? text(null) : words(`${Math.round(rtt_ms)} ms`, String(rtt_ms))),
        },
        { title: 'SENT', align: 'right', cell: (peer) => size(peer.bytes_sent) },
        { title: 'RECEIVED', align: 'right', cell: (peer) => size(peer.bytes_received) },
        { title: 'ADDRESS', cell: (peer) => text(peer.address) },
        { title: 'FOLDERS', cell: (peer) => words(peer.folders.join(' '), peer.folders.join(',')) },
        { title: 'ID', cell: (peer) => words(peer.id.slice(0, 7), peer.id) },
      ],
      empty: 'No peers yet. Pair one: syncctl invite FOLDER here, syncctl join there',
    });
  },
};
