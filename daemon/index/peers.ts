// How far this folder and each peer have got with one another's sequences.
import type Database from 'better-sqlite3';
import type { DeviceId, Epoch, Sequence } from '../core/ids.ts';
import type { Devices } from './devices.ts';

/** A sequence of one life of an index. */
export interface Position {
  readonly epoch: Epoch;
  readonly seq: Sequence;
}

interface PeerColumns {
  readonly haveEpoch: Epoch | null;
  readonly haveSeq: Sequence | null;
  readonly holdsEpoch: Epoch | null;
  readonly holdsSeq: Sequence | null;
}

export class Peers {
  readonly #devices: Devices;
  /** What is known of those that were asked about. */
  readonly #cached = new Map<DeviceId, PeerColumns | undefined>();
  readonly #get: Database.Statement<[number], PeerColumns>;
  readonly #setHave: Database.Statement<[number, Epoch, Sequence]>;
  readonly #setHolds: Database.Statement<[number, Epoch, Sequence]>;
  readonly #drop: Database.Statement<[number]>;

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    this.#get = db.prepare('SELECT haveEpoch, haveSeq, holdsEpoch, holdsSeq FROM peer WHERE peer = ?');
    const set = (what: 'have' | 'holds'): Database.Statement<[number, Epoch, Sequence]> =>
      db.prepare(`INSERT INTO peer (peer, ${what}Epoch, ${what}Seq) VALUES (?, ?, ?)
        ON CONFLICT (peer) DO UPDATE SET ${what}Epoch = excluded.${what}Epoch, ${what}Seq = excluded.${what}Seq`);
    this.#setHave = set('have');
    this.#setHolds = set('holds');
    this.#drop = db.prepare('DELETE FROM peer WHERE peer = ?');
  }

  have(peer: DeviceId): Position | undefined {
    const columns = this.#columns(peer);
    return position(columns?.haveEpoch, columns?.haveSeq);
  }

  holds(peer: DeviceId): Position | undefined {
    const columns = this.#columns(peer);
    return position(columns?.holdsEpoch, columns?.holdsSeq);
  }

  setHave(peer: DeviceId, { epoch, seq }: Position): void {
    this.#cached.delete(peer);
    this.#setHave.run(this.#devices.numberOf(peer), epoch, seq);
  }

  setHolds(peer: DeviceId, { epoch, seq }: Position): void {
    this.#cached.delete(peer);
    this.#setHolds.run(this.#devices.numberOf(peer), epoch, seq);
  }

  forget(peer: DeviceId): void {
    const number = this.#devices.find(peer);
    this.#cached.delete(peer);
    if (number !== undefined) this.#drop.run(number);
  }

  #columns(peer: DeviceId): PeerColumns | undefined {
    if (this.#cached.has(peer)) return this.#cached.get(peer);
    const number = this.#devices.find(peer);
    const columns = number === undefined ? undefined : this.#get.get(number);
    this.#cached.set(peer, columns);
    return columns;
  }

  remember(): () => void {
    return () => this.#cached.clear();
  }
}

function position(epoch: Epoch | null | undefined, seq: Sequence | null | undefined): Position | undefined {
  if (epoch === null || epoch === undefined || seq === null || seq === undefined) return undefined;
  return { epoch, seq };
}
