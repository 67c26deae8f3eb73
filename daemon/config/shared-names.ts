// What folders are called between this device and a peer: a name there may be another one than here (`names:`), and means
// one folder. Pure.
import type { DeviceId, FolderName } from '../core/ids.ts';
import { type FolderSettings, type PeerSettings, nameAt } from '../core/settings.ts';
import type { Report } from './problem.ts';

/** Two folders that a peer would take for one. */
export function refuseSharedNames(
  folders: readonly FolderSettings[],
  devices: Iterable<PeerSettings>,
  report: Report,
): void {
  const peerName = new Map([...devices].map(({ id, name }) => [id, name]));
  const taken = new Map<DeviceId, Map<FolderName, FolderName>>();
  for (const folder of folders)
    for (const peer of folder.peers.keys()) {
      const there = nameAt(folder, peer);
      const ofPeer = taken.get(peer) ?? new Map<FolderName, FolderName>();
      const other = ofPeer.get(there);
      taken.set(peer, ofPeer.set(there, folder.name));
      if (other === undefined) continue;
      const named = peerName.get(peer) ?? peer;
      const text = `${other} is ${there} on ${named} too; expected each of its folders once`;
      report('E_CONFIG', ['folders', folder.names.has(peer) ? folder.name : other, 'names', named], text);
    }
}
