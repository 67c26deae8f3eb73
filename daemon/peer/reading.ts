// Which sessions are not read, because a folder's inbox is full. A session is read while no folder objects; a folder
// that is gone, or has begun anew, objects no longer.
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { Backpressure, FolderDoor } from '../ports/peers.ts';

/** The part of a conversation that is needed here. */
export interface Readable {
  setReading(on: boolean): void;
}

export class Reading {
  readonly #sessionOf: (device: DeviceId) => Readable | undefined;
  readonly #objectors = new Map<DeviceId, Set<FolderName>>();
  readonly #doors = new Map<FolderName, FolderDoor>();

  constructor(sessionOf: (device: DeviceId) => Readable | undefined) {
    this.#sessionOf = sessionOf;
  }

  /** What one folder is given. */
  of(folder: FolderName): Backpressure {
    return { setReading: (device, on) => this.#set(folder, device, on) };
  }

  /** A session has been opened. */
  opened(device: DeviceId): void {
    if (this.#objectors.has(device)) this.#sessionOf(device)?.setReading(false);
  }

  /** The folders that there are now. */
  keep(folders: ReadonlyMap<FolderName, { readonly door: FolderDoor }>): void {
    for (const [name, door] of this.#doors) {
      if (folders.get(name)?.door === door) continue;
      for (const device of [...this.#objectors.keys()]) this.#set(name, device, true);
    }
    this.#doors.clear();
    for (const [name, { door }] of folders) this.#doors.set(name, door);
  }

  #set(folder: FolderName, device: DeviceId, on: boolean): void {
    const objectors = this.#objectors.get(device) ?? new Set();
    const before = objectors.size > 0;
    if (on) objectors.delete(folder);
    else objectors.add(folder);
    const after = objectors.size > 0;
    if (after) this.#objectors.set(device, objectors);
    else this.#objectors.delete(device);
    if (before !== after) this.#sessionOf(device)?.setReading(!after);
  }
}
