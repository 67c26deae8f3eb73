// One life of an index: its epoch, and the highest sequence that was given out in it.
import type Database from 'better-sqlite3';
import { type Epoch, NO_SEQUENCE, type Sequence, nextSequence } from '../core/ids.ts';
import { lazily } from '../core/lazily.ts';

interface LifeColumns {
  readonly epoch: Epoch;
  readonly seq: Sequence;
}

export class Life {
  epoch: Epoch;
  seq: Sequence;
  /** The highest when it was opened, and the first that was given out since. */
  readonly #openedAt: Sequence;
  #first: Sequence | undefined;
  readonly #statements;

  /** Begins the first life of a new index. */
  constructor(db: Database.Database, newEpoch: () => Epoch) {
    this.#statements = lazily({
      setState: () => db.prepare<['open' | 'closed' | 'damaged']>('UPDATE life SET state = ?'),
      setEpoch: () => db.prepare<[Epoch]>('UPDATE life SET epoch = ?'),
      setSeq: () => db.prepare<[Sequence]>('UPDATE life SET seq = ?'),
    });
    const known = db.prepare<[], LifeColumns>('SELECT epoch, seq FROM life').get();
    this.epoch = known?.epoch ?? newEpoch();
    this.seq = known?.seq ?? NO_SEQUENCE;
    this.#openedAt = this.seq;
    if (known === undefined)
      db.prepare('INSERT INTO life (one, epoch, seq, durableSeq, state) VALUES (1, ?, 0, 0, ?)').run(
        this.epoch,
        'open',
      );
    else this.setState('open');
  }

  setState(state: 'open' | 'closed' | 'damaged'): void {
    this.#statements.setState.run(state);
  }

  beginEpoch(epoch: Epoch): void {
    this.#statements.setEpoch.run(epoch);
    this.epoch = epoch;
  }

  /** The next sequence. It is given out when {@link keepSequence} was called in the same transaction. */
  next(nowUs: number): Sequence {
    this.seq = nextSequence(this.seq, nowUs);
    this.#first ??= this.seq;
    return this.seq;
  }

  /** What lies between the highest of a copy and what was given out since it was opened, nobody can have heard of us. */
  hasGivenOut(seq: Sequence): boolean {
    // A peer may say the number before one that it has heard of.
    const isSince = this.#first !== undefined && seq + 1 >= this.#first && seq <= this.seq;
    return seq <= this.#openedAt || isSince;
  }

  /** The highest is kept by itself: the row that has it may be dropped. */
  keepSequence(): void {
    this.#statements.setSeq.run(this.seq);
  }

  /** Answers with what brings back the present numbers, after a rollback. */
  remember(): () => void {
    const { seq, epoch } = this;
    const first = this.#first;
    return () => {
      this.seq = seq;
      this.#first = first;
      this.epoch = epoch;
    };
  }
}
