// A device for tests: real keys, real TLS on loopback, a state directory of its own, folders that only record.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../protocol/errors.ts';
import type { FolderDigest } from '../../daemon/core/digest.ts';
import type { DeviceId, FolderName } from '../../daemon/core/ids.ts';
import type { Listen, PeerSettings, Role } from '../../daemon/core/settings.ts';
import { type Identity, loadIdentity } from '../../daemon/peer/identity.ts';
import type { Admission } from '../../daemon/peer/host.ts';
import { Peers } from '../../daemon/peer/peers.ts';
import type { PeersSettings, SharedFolder } from '../../daemon/peer/trust.ts';
import type { Clock } from '../../daemon/ports/clock.ts';
import type { Log } from '../../daemon/ports/log.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { TlsNetwork } from '../../daemon/system/network.ts';
import { RealRandom } from '../../daemon/system/random.ts';
import { RecordingDoor } from './recording-door.ts';

export const LOOPBACK: Listen = { kind: 'at', host: '127.0.0.1', port: 0 };

export interface Device {
  readonly name: string;
  readonly id: DeviceId;
  readonly peers: Peers;
  readonly stateDir: string;
  /** Lines of the log, `level message {fields}`. */
  readonly log: readonly string[];
  readonly admitted: readonly Admission[];
  /** The folder of this name, shared with nobody at first. */
  folder(name: string): RecordingDoor;
  /** Makes the other one a peer, with the addresses given, and shares folders with it. */
  trust(
    other: Pick<Device, 'id' | 'name'>,
    how?: { addresses?: readonly string[]; folders?: readonly string[] },
  ): Promise<void>;
  unshare(name: string, other: Device): void;
  /** Puts another door in the place of the folder's: as when its flow is started again. */
  restart(name: string): RecordingDoor;
  distrust(other: Device): Promise<void>;
  /** `wss://127.0.0.1:PORT` */
  address(): string;
}

export interface DeviceOptions {
  readonly listen?: Listen;
  readonly clock?: Clock;
  /** Another device's identity: a copy of the machine. */
  readonly identity?: Identity;
  readonly stateDir?: string;
  /** Of each of its folders. */
  readonly digest?: (maxEntries: number) => FolderDigest | undefined;
  /** The first device that joins cannot be written down. */
  readonly failFirstAdmission?: boolean;
}

export async function device(t: TestContext, name: string, options: DeviceOptions = {}): Promise<Device> {
  const stateDir = options.stateDir ?? temporaryDirectory(t);
  const files = new KeyFiles(stateDir);
  const identity = options.identity ?? (await loadIdentity(files, keyMaker));
  const lines: string[] = [];
  const admitted: Admission[] = [];
  let failures = 0;
  const known = new Map<DeviceId, PeerSettings>();
  const folders = new Map<FolderName, SharedFolder & { door: RecordingDoor; peers: Map<DeviceId, Role> }>();
  const settings = (): PeersSettings => ({
    name,
    listen: options.listen ?? LOOPBACK,
    peers: new Map(known),
    folders: new Map([...folders].map(([key, folder]) => [key, { ...folder, peers: new Map(folder.peers) }])),
  });
  const folder = (text: string): RecordingDoor => {
    const present = [...folders.values()].find(({ door }) => door.name === text);
    if (present !== undefined) return present.door;
    const door = new RecordingDoor(text);
    const offer = (): ReturnType<SharedFolder['offer']> => ({
      authority: identity.device,
      conflict: 'newest',
      files: 3,
      bytes: 12,
    });
    const digest: SharedFolder['digest'] = async (maxEntries) => options.digest?.(maxEntries);
    folders.set(door.name, { door, peers: new Map(), names: new Map(), offer, digest });
    return door;
  };
  const share = (id: DeviceId, names: readonly string[]): void => {
    for (const one of names) {
      folder(one);
      for (const { door, peers } of folders.values()) if (door.name === one) peers.set(id, 'two-way');
    }
  };
  const peers: Peers = new Peers(
    {
      clock: options.clock ?? new RealClock(),
      random: new RealRandom(),
      log: recordingLog(lines),
      network: new TlsNetwork(),
      files,
      identity,
      program: 'syncd test',
      host: {
        foldersFor: (grant) => {
          const here = grant.folders.map((one) => ({ name: one, exists: true }));
          return here.every((one) => folders.has(one.name)) ? here : undefined;
        },
        admit: async (admission) => {
          if (options.failFirstAdmission === true && failures++ === 0)
            throw new CodedError('E_HOME', 'the disk is full');
          admitted.push(admission);
          const addresses = admission.address === undefined ? [] : [admission.address];
          known.set(admission.device, { id: admission.device, name: admission.name, addresses });
          share(
            admission.device,
            admission.folders.map((one) => one.name),
          );
          await peers.update(settings());
          return admission.name;
        },
      },
    },
    settings(),
  );
  t.after(() => peers.stop());
  await peers.start();
  return {
    name,
    id: identity.device,
    peers,
    stateDir,
    log: lines,
    admitted,
    folder: (text) => {
      const door = folder(text);
      void peers.update(settings());
      return door;
    },
    trust: async (other, how = {}) => {
      known.set(other.id, { id: other.id, name: other.name, addresses: how.addresses ?? [] });
      share(other.id, how.folders ?? []);
      await peers.update(settings());
    },
    unshare: (text, other) => {
      for (const one of folders.values()) if (one.door.name === text) one.peers.delete(other.id);
      void peers.update(settings());
    },
    restart: (text) => {
      const door = new RecordingDoor(text);
      const present = folders.get(door.name);
      if (present === undefined) throw new Error(`no folder ${text}`);
      folders.set(door.name, { ...present, door });
      void peers.update(settings());
      return door;
    },
    distrust: async (other) => {
      known.delete(other.id);
      for (const one of folders.values()) one.peers.delete(other.id);
      await peers.update(settings());
    },
    address: () => `wss://${peers.listening() ?? 'nowhere'}`,
  };
}

export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'syncd-peer-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Waits for a condition; fails after a generous deadline, saying what was waited for. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (holds()) return;
    await sleep(10);
  }
  throw new Error(`it did not happen: ${what}`);
}

export function connected(one: Device, other: Device): boolean {
  return one.peers.list().some((peer) => peer.id === other.id && peer.connected);
}

function recordingLog(lines: string[], fields: object = {}): Log {
  const at =
    (level: string) =>
    (message: string, more: object = {}): void => {
      lines.push(`${level} ${message} ${JSON.stringify({ ...fields, ...more })}`);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (more) => recordingLog(lines, { ...fields, ...more }),
  };
}
