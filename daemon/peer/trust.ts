// Who is trusted now, and what is shared with whom: a view on the settings, replaced whole when they are read again.
import type { FolderDigest } from '../core/digest.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { ConflictRule, Listen, PeerSettings, Role } from '../core/settings.ts';
import type { FolderDoor } from '../ports/peers.ts';
import type { Doors } from './peer.ts';

/** A folder as its peers' sessions see it. */
export interface SharedFolder {
  readonly door: FolderDoor;
  /** With whom, and what each may do here. */
  readonly peers: ReadonlyMap<DeviceId, Role>;
  /** What it is called on those of them where it has another name. */
  readonly names: ReadonlyMap<DeviceId, FolderName>;
  /** What a device that joins is told of it. */
  offer(): {
    readonly authority: DeviceId;
    readonly conflict: ConflictRule;
    readonly files: number;
    readonly bytes: number;
  };
  /** Of what it holds now. Undefined: of more than so many files and links, or not scanned yet. */
  digest(maxEntries: number): Promise<FolderDigest | undefined>;
}

/** All that peers need to know of the configuration. */
export interface PeersSettings {
  /** This device's name. */
  readonly name: string;
  readonly listen: Listen;
  readonly peers: ReadonlyMap<DeviceId, PeerSettings>;
  readonly folders: ReadonlyMap<FolderName, SharedFolder>;
}

export class Trust {
  readonly #self: DeviceId;
  #settings: PeersSettings;

  constructor(self: DeviceId, settings: PeersSettings) {
    this.#self = self;
    this.#settings = settings;
  }

  get settings(): PeersSettings {
    return this.#settings;
  }

  replace(settings: PeersSettings): void {
    this.#settings = settings;
  }

  /** Undefined: a stranger. A device is no peer of its own, whatever the configuration says. */
  peer(device: DeviceId): PeerSettings | undefined {
    return device === this.#self ? undefined : this.#settings.peers.get(device);
  }

  /** All peers but ourselves. */
  peers(): readonly PeerSettings[] {
    return [...this.#settings.peers.values()].filter((peer) => peer.id !== this.#self);
  }

  shares(folder: FolderName, device: DeviceId): boolean {
    return this.#settings.folders.get(folder)?.peers.has(device) === true;
  }

  /** By the names that they have between this device and the peer. */
  doors(device: DeviceId): Doors {
    const shared = [...this.#settings.folders].filter(([, folder]) => folder.peers.has(device));
    return new Map(shared.map(([name, folder]) => [folder.names.get(device) ?? name, folder.door]));
  }
}
