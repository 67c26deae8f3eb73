// How far this folder and each peer have got with one another's sequences. It is written with what comes next: what a crash
// takes of it a peer says again, and nothing else does. So an acknowledgement alone does not wait for the disk.
import type Database from 'better-sqlite3';
import type { DeviceId, Epoch, Run, Sequence } from '../core/ids.ts';
import type { Devices } from './devices.ts';
import { lazily } from '../core/lazily.ts';

/** A sequence of one life of an index. */
export interface Position {
  readonly epoch: Epoch;
  readonly seq: Sequence;
}

/** How far a device was heard. A copy of its index knows this epoch too, and may give out the same numbers: not this run. */
export interface Heard extends Position {
  /** In which it said so; undefined: it did not name it. */
  readonly run?: Run;
}

/** What a commit says of them. */
export interface Positions {
  /** Received up to here. A new epoch drops the peer from all wants first: it will announce again what it has. */
  readonly have?: readonly ({ readonly peer: DeviceId; readonly run?: Run | undefined } & Position)[];
  /** What a peer acknowledged as held of ours. */
  readonly peerHolds?: readonly ({ readonly peer: DeviceId } & Position)[];
}

interface PeerColumns {
  readonly haveEpoch: Epoch | null;
  readonly haveSeq: Sequence | null;
  readonly haveRun: Run | null;
  readonly holdsEpoch: Epoch | null;
  readonly holdsSeq: Sequence | null;
}

const UNKNOWN: PeerColumns = { haveEpoch: null, haveSeq: null, haveRun: null, holdsEpoch: null, holdsSeq: null };

export class Peers {
  readonly #devices: Devices;
  /** What is known of those that were asked about. */
  readonly #cached = new Map<DeviceId, PeerColumns>();
  /** Of these the table does not say it yet. */
  #unwritten: ReadonlySet<DeviceId> = new Set();
  readonly #statements;

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    this.#statements = lazily({
      get: () =>
        db.prepare<[number], PeerColumns>(
          'SELECT haveEpoch, haveSeq, haveRun, holdsEpoch, holdsSeq FROM peer WHERE peer = ?',
        ),
      put: () =>
        db.prepare<[number, Epoch | null, Sequence | null, Run | null, Epoch | null, Sequence | null]>(
          'INSERT OR REPLACE INTO peer (peer, haveEpoch, haveSeq, haveRun, holdsEpoch, holdsSeq) VALUES (?, ?, ?, ?, ?, ?)',
        ),
      drop: () => db.prepare<[number]>('DELETE FROM peer WHERE peer = ?'),
    });
  }

  have(peer: DeviceId): Heard | undefined {
    const { haveEpoch, haveSeq, haveRun } = this.#columns(peer);
    const have = position(haveEpoch, haveSeq);
    return have === undefined || haveRun === null ? have : { ...have, run: haveRun };
  }

  holds(peer: DeviceId): Position | undefined {
    const { holdsEpoch, holdsSeq } = this.#columns(peer);
    return position(holdsEpoch, holdsSeq);
  }

  /** Those of whom another life was known than what they are said to be in now. */
  renewed({ have = [] }: Positions): DeviceId[] {
    return have.filter(({ peer, epoch }) => (this.#columns(peer).haveEpoch ?? epoch) !== epoch).map(({ peer }) => peer);
  }

  set({ have = [], peerHolds = [] }: Positions): void {
    for (const { peer, epoch, seq, run } of have)
      this.#set(peer, { ...this.#columns(peer), haveEpoch: epoch, haveSeq: seq, haveRun: run ?? null });
    for (const { peer, epoch, seq } of peerHolds)
      this.#set(peer, { ...this.#columns(peer), holdsEpoch: epoch, holdsSeq: seq });
  }

  forget(peer: DeviceId): void {
    const number = this.#devices.find(peer);
    this.#cached.delete(peer);
    this.#unwritten = new Set([...this.#unwritten].filter((one) => one !== peer));
    if (number !== undefined) this.#statements.drop.run(number);
  }

  /** Inside a transaction only. */
  write(): void {
    if (this.#unwritten.size === 0) return;
    for (const peer of this.#unwritten) {
      const { haveEpoch, haveSeq, haveRun, holdsEpoch, holdsSeq } = this.#columns(peer);
      this.#statements.put.run(this.#devices.numberOf(peer), haveEpoch, haveSeq, haveRun, holdsEpoch, holdsSeq);
    }
    this.#unwritten = new Set();
  }

  remember(): () => void {
    const unwritten = this.#unwritten;
    const cached = [...this.#cached];
    return () => {
      this.#unwritten = unwritten;
      this.#cached.clear();
      for (const [peer, columns] of cached) this.#cached.set(peer, columns);
    };
  }

  #set(peer: DeviceId, columns: PeerColumns): void {
    this.#cached.set(peer, columns);
    if (!this.#unwritten.has(peer)) this.#unwritten = new Set([...this.#unwritten, peer]);
  }

  #columns(peer: DeviceId): PeerColumns {
    const cached = this.#cached.get(peer);
    if (cached !== undefined) return cached;
    const number = this.#devices.find(peer);
    const columns = (number === undefined ? undefined : this.#statements.get.get(number)) ?? UNKNOWN;
    this.#cached.set(peer, columns);
    return columns;
  }
}

function position(epoch: Epoch | null, seq: Sequence | null): Position | undefined {
  return epoch === null || seq === null ? undefined : { epoch, seq };
}
