// How far this folder and each peer have got with one another's sequences.
import type Database from 'better-sqlite3';
import type { DeviceId, Epoch, Sequence } from '../core/ids.ts';
import type { Devices } from './devices.ts';
import { lazily } from './lazily.ts';

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

const UNKNOWN: PeerColumns = { haveEpoch: null, haveSeq: null, holdsEpoch: null, holdsSeq: null };

export class Peers {
  readonly #devices: Devices;
  /** What is known of those that were asked about. */
  readonly #cached = new Map<DeviceId, PeerColumns | undefined>();
  readonly #statements;

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    const set = (what: 'have' | 'holds'): Database.Statement<[number, Epoch, Sequence]> =>
      db.prepare(`INSERT INTO peer (peer, ${what}Epoch, ${what}Seq) VALUES (?, ?, ?)
        ON CONFLICT (peer) DO UPDATE SET ${what}Epoch = excluded.${what}Epoch, ${what}Seq = excluded.${what}Seq`);
    this.#statements = lazily({
      get: () =>
        db.prepare<[number], PeerColumns>('SELECT haveEpoch, haveSeq, holdsEpoch, holdsSeq FROM peer WHERE peer = ?'),
      setHave: () => set('have'),
      setHolds: () => set('holds'),
      drop: () => db.prepare<[number]>('DELETE FROM peer WHERE peer = ?'),
    });
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
    this.#statements.setHave.run(this.#devices.numberOf(peer), epoch, seq);
    this.#cached.set(peer, { ...(this.#columns(peer) ?? UNKNOWN), haveEpoch: epoch, haveSeq: seq });
  }

  setHolds(peer: DeviceId, { epoch, seq }: Position): void {
    this.#statements.setHolds.run(this.#devices.numberOf(peer), epoch, seq);
    this.#cached.set(peer, { ...(this.#columns(peer) ?? UNKNOWN), holdsEpoch: epoch, holdsSeq: seq });
  }

  forget(peer: DeviceId): void {
    const number = this.#devices.find(peer);
    this.#cached.delete(peer);
    if (number !== undefined) this.#statements.drop.run(number);
  }

  #columns(peer: DeviceId): PeerColumns | undefined {
    if (this.#cached.has(peer)) return this.#cached.get(peer);
    const number = this.#devices.find(peer);
    const columns = number === undefined ? undefined : this.#statements.get.get(number);
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
