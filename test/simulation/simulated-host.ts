// One process's side of the wires of bytes: the connections, sessions and frames that ship, over links in memory. Only who
// dials when is the simulator's own: the real dialler pauses in real time.
import type { DeviceId, FolderName } from '../../daemon/core/ids.ts';
import { Connections } from '../../daemon/peer/connections.ts';
import { OfferedDigests } from '../../daemon/peer/digests.ts';
import { Invitations } from '../../daemon/peer/invitations.ts';
import type { Host } from '../../daemon/peer/host.ts';
import { Pairing } from '../../daemon/peer/pairing.ts';
import { Roster } from '../../daemon/peer/roster.ts';
import { WrongTries } from '../../daemon/peer/tries.ts';
import { type PeersSettings, Trust } from '../../daemon/peer/trust.ts';
import type { Clock } from '../../daemon/ports/clock.ts';
import type { Link } from '../../daemon/ports/link.ts';
import type { Log } from '../../daemon/ports/log.ts';
import type { Network } from '../../daemon/ports/network.ts';
import type { FolderDoor } from '../../daemon/ports/peers.ts';
import type { PrivateFiles } from '../../daemon/ports/private-files.ts';
import type { Random } from '../../daemon/ports/random.ts';
import { encodeBase32 } from '../../daemon/core/base32.ts';
import { PROTOCOL } from '../../protocol/session.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const NO_FILES: PrivateFiles = {
  read: () => undefined,
  create: () => true,
  replace: () => undefined,
  remove: () => false,
  list: () => [],
};

export interface HostOptions {
  readonly self: DeviceId;
  readonly peers: readonly DeviceId[];
  /** Those of the peers that this device dials. */
  readonly dials: readonly DeviceId[];
  readonly folder: FolderName;
  /** Dead with its process. */
  readonly clock: Clock & { readonly alive: boolean };
  readonly random: Random;
  readonly log: Log;
  readonly dial: Network['dial'];
}

export class SimulatedHost {
  readonly #options: HostOptions;
  readonly #trust: Trust;
  readonly #connections: Connections;
  readonly #stopping = new AbortController();
  /** Ends the pause before the next try, of each peer that is dialled. */
  readonly #wake = new Map<DeviceId, () => void>();

  constructor(options: HostOptions) {
    this.#options = options;
    const { clock, random, log, self, dial } = options;
    const trust = new Trust(self, this.#settings(undefined));
    const invitations = new Invitations(NO_FILES, random, clock);
    const digests = new OfferedDigests(trust, clock, log);
    const host: Host = { foldersFor: () => undefined, admit: () => Promise.reject(new Error('nobody joins')) };
    const pairing = new Pairing({ trust, invitations, tries: new WrongTries(clock), digests, self, host, log });
    const network: Network = {
      dial,
      listen: () => Promise.reject(new Error('nobody listens')),
      hostAddresses: () => [],
    };
    this.#trust = trust;
    this.#connections = new Connections({
      self,
      greeting: { protocol: PROTOCOL, program: 'simulated', boot: encodeBase32(random.bytes(10)) },
      clock,
      log,
      dial: { network, credentials: { key: '', certificate: '' }, clock },
      trust,
      pairing,
      roster: new Roster(log),
      changed: () => {},
    });
  }

  get backpressure(): ReturnType<Connections['backpressure']> {
    return this.#connections.backpressure(this.#options.folder);
  }

  /** The folder is there: it is shared, and peers are dialled. */
  open(door: FolderDoor): void {
    this.#trust.replace(this.#settings(door));
    this.#connections.update();
    for (const device of this.#options.dials) void this.#keepDialling(device);
  }

  arrived(link: Link): void {
    const startedMs = this.#options.clock.monotonicMs();
    this.#connections.arrived({ link, source: '10.0.0.1', paired: true, startedMs, known: () => undefined });
  }

  /** The connection on which the session with a device is. */
  connectionWith(device: DeviceId): string | undefined {
    return this.#connections.session(device)?.address;
  }

  /** Dials now whom it was going to dial later. */
  wake(device: DeviceId): void {
    this.#wake.get(device)?.();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#connections.stop();
  }

  async #keepDialling(device: DeviceId): Promise<void> {
    const { clock } = this.#options;
    let pauseMs = FIRST_PAUSE_MS;
    while (clock.alive && !this.#stopping.signal.aborted) {
      try {
        await this.#connections.attempt(device, this.#stopping.signal);
        pauseMs = FIRST_PAUSE_MS;
      } catch {
        pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
      }
      await new Promise<void>((resolve) => {
        const timer = clock.after(pauseMs, resolve);
        this.#wake.set(device, () => {
          timer.cancel();
          resolve();
        });
      });
    }
  }

  #settings(door: FolderDoor | undefined): PeersSettings {
    const { peers, dials, folder, self } = this.#options;
    const known = peers.map((id) => {
      const addresses = dials.includes(id) ? [`wss://${id}:1`] : [];
      return [id, { id, name: id.slice(-1), addresses }] as const;
    });
    const shared =
      door === undefined
        ? []
        : [
            [
              folder,
              {
                door,
                peers: new Map(peers.map((id) => [id, 'two-way' as const])),
                names: new Map(),
                offer: () => ({ authority: self, conflict: 'newest' as const, files: 0, bytes: 0 }),
                digest: () => Promise.resolve(undefined),
              },
            ] as const,
          ];
    return { name: self.slice(-1), listen: { kind: 'off' }, peers: new Map(known), folders: new Map(shared) };
  }
}
