// `status`: daemon, folders and peers at this moment. It reads and keeps nothing.
import type { Attention, Overview, Status, StatusFolder, StatusPeer } from '../../protocol/control.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeviceId } from '../core/ids.ts';
import type { FolderSettings } from '../core/settings.ts';
import type { FolderSnapshot } from '../folder/view.ts';
import { attentionOf, healthOf, hintFor, seriousProblem } from './attention.ts';
import type { ControlledDaemon, PeerState } from './daemon-port.ts';
import { deviceNames, findSnapshots } from './find.ts';
import { rfc3339OrNull } from './rfc3339.ts';

/** With `folderName`, that folder alone and the peers that share it. */
export function overview(daemon: ControlledDaemon, clock: Clock, folderName: string | undefined): Overview {
  const settings = daemon.folderSettings();
  const shown = findSnapshots(daemon, folderName).flatMap((snapshot) => {
    const own = settings.get(snapshot.name);
    return own === undefined ? [] : [{ settings: own, snapshot }];
  });
  const snapshots = shown.map((one) => one.snapshot);
  const all = daemon.peers();
  const peers =
    folderName === undefined ? all : all.filter((peer) => shown.some((one) => one.settings.peers.has(peer.id)));
  const attention = attentionOf(daemon, snapshots, peers).filter(
    ({ folder }) => folder === null || folderName === undefined || folder === folderName,
  );
  const nameOf = deviceNames(daemon);
  return {
    status: {
      daemon: {
        id: daemon.id,
        name: daemon.name(),
        version: daemon.version,
        pid: daemon.pid,
        uptime_s: Math.floor((clock.monotonicMs() - daemon.startedMonotonicMs) / 1000),
        health: healthOf(snapshots, attention),
      },
      folders: shown.map((one) => statusOfFolder(one.settings, one.snapshot, { all, nameOf, attention })),
      peers: peers.map(statusOfPeer),
    },
    listening: daemon.listening() ?? null,
    attention,
    notes: snapshots.flatMap(notesOf),
  };
}

function notesOf(snapshot: FolderSnapshot): Overview['notes'][number][] {
  const { name, condition, notes } = snapshot;
  const why = condition.kind === 'paused' && 'code' in condition ? [condition.message] : [];
  return [...why, ...notes].map((message) => ({ folder: name, message }));
}

export function status(daemon: ControlledDaemon, clock: Clock, folderName: string | undefined): Status {
  return overview(daemon, clock, folderName).status;
}

interface Around {
  readonly all: readonly PeerState[];
  readonly nameOf: (id: DeviceId) => string;
  readonly attention: readonly Attention[];
}

function statusOfFolder(
  settings: FolderSettings,
  snapshot: FolderSnapshot,
  { all, nameOf, attention }: Around,
): StatusFolder {
  const states = new Map(snapshot.peers.map((peer) => [peer.device, peer]));
  return {
    name: snapshot.name,
    path: snapshot.path,
    mode: settings.mode,
    state: snapshot.condition.kind,
    files: snapshot.files,
    bytes: snapshot.bytes,
    pending_files: snapshot.pendingFiles,
    pending_bytes: snapshot.pendingBytes,
    conflicts: snapshot.conflicts,
    last_sync: rfc3339OrNull(snapshot.lastSyncMs),
    error:
      errorOf(snapshot) ??
      errorOfPeers(all.filter(({ id }) => settings.peers.has(id))) ??
      errorOfJoins(attention.filter(({ folder }) => folder === snapshot.name)),
    skipped: snapshot.skipped.map(({ path, code }) => ({ path, code })),
    peers: [...settings.peers].map(([id, role]) => ({
      id,
      name: nameOf(id),
      role,
      connected: states.get(id)?.connected ?? false,
      in_sync: states.get(id)?.inSync ?? false,
    })),
  };
}

/** Why the folder stands still; else the first thing that hampers it. */
function errorOf(snapshot: FolderSnapshot): StatusFolder['error'] {
  const found = 'code' in snapshot.condition ? snapshot.condition : snapshot.warnings[0];
  if (found === undefined) return null;
  return { code: found.code, message: found.message, hint: hintFor(found.code, snapshot.name) };
}

/** A peer that can never be reached again as things are: its folders come and go no more. */
function errorOfPeers(peers: readonly PeerState[]): StatusFolder['error'] {
  for (const peer of peers) {
    const problem = seriousProblem(peer);
    if (problem === undefined) continue;
    return { code: problem.code, message: `${peer.name}: ${problem.message}`, hint: hintFor(problem.code) };
  }
  return null;
}

/** It is here, and is to be shared with one device more. */
function errorOfJoins(attention: readonly Attention[]): StatusFolder['error'] {
  const pending = attention.find(({ code }) => code === 'E_JOIN_PENDING');
  return pending === undefined ? null : { code: 'E_JOIN_PENDING', message: pending.message, hint: pending.hint };
}

export function statusOfPeer(peer: PeerState): StatusPeer {
  return {
    id: peer.id,
    name: peer.name,
    address: peer.address ?? null,
    connected: peer.connected,
    since: rfc3339OrNull(peer.sinceMs),
    rtt_ms: peer.rttMs === undefined ? null : Math.round(peer.rttMs * 10) / 10,
    bytes_sent: peer.bytesSent,
    bytes_received: peer.bytesReceived,
  };
}
