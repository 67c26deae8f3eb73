// Peers: listed, and removed. Pairing is in pairing.ts.
import type { PeerItem } from '../../protocol/control.ts';
import { hintFor } from './attention.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { findPeer } from './find.ts';
import { statusOfPeer } from './status.ts';

export function listPeers(daemon: ControlledDaemon): readonly PeerItem[] {
  const folders = [...daemon.folderSettings().values()];
  return [...daemon.peers()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((peer) => ({
      ...statusOfPeer(peer),
      folders: folders.filter((folder) => folder.peers.has(peer.id)).map((folder) => folder.name),
      error: peer.problem === undefined ? null : { ...peer.problem, hint: hintFor(peer.problem.code) },
    }));
}

export async function removePeer(
  daemon: ControlledDaemon,
  text: string,
): Promise<{ readonly id: string; readonly name: string }> {
  const peer = findPeer(daemon, text);
  await daemon.removePeer(peer.id);
  return { id: peer.id, name: peer.name };
}
