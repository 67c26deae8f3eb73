// One life of an index: its epoch, the highest sequence that was given out in it, and the runs of it. A copy of an index has
// its epoch, and may give out the same numbers as what it is a copy of, whatever its clock says; but each opening has a name
// of its own, so what a peer has heard in a run that this index knows nothing of, another life of it has said.
import type Database from 'better-sqlite3';
import { type Epoch, NO_SEQUENCE, type Run, type Sequence, nextSequence } from '../core/ids.ts';
import { lazily } from '../core/lazily.ts';
import type { Heard } from './peers.ts';

/** A peer that was away for longer hears everything again. */
const MAX_RUNS = 4096;

/** Random ones. */
export interface NewNames {
  readonly newEpoch: () => Epoch;
  readonly newRun: () => Run;
}

interface LifeColumns {
  readonly epoch: Epoch;
  readonly seq: Sequence;
}

export class Life {
  epoch: Epoch;
  seq: Sequence;
  /** This opening: what peers say with all that they hear in it, and the highest sequence before. */
  readonly run: { readonly name: Run; readonly openedAt: Sequence };
  readonly #statements;

  /** Begins the first life of a new index. */
  constructor(db: Database.Database, { newEpoch, newRun }: NewNames) {
    this.#statements = lazily({
      setState: () => db.prepare<['open' | 'closed' | 'damaged']>('UPDATE life SET state = ?'),
      setEpoch: () => db.prepare<[Epoch]>('UPDATE life SET epoch = ?'),
      setSeq: () => db.prepare<[Sequence]>('UPDATE life SET seq = ?'),
      run: () =>
        db.prepare<[Run], { readonly until: Sequence | null }>(
          `SELECT (SELECT later.openedAt FROM run AS later WHERE later.id > run.id ORDER BY later.id LIMIT 1) AS until
           FROM run WHERE run = ?`,
        ),
    });
    const known = db.prepare<[], LifeColumns>('SELECT epoch, seq FROM life').get();
    this.epoch = known?.epoch ?? newEpoch();
    this.seq = known?.seq ?? NO_SEQUENCE;
    this.run = { name: newRun(), openedAt: this.seq };
    db.transaction(() => {
      if (known === undefined)
        db.prepare('INSERT INTO life (one, epoch, seq, durableSeq, state) VALUES (1, ?, 0, 0, ?)').run(
          this.epoch,
          'open',
        );
      else this.setState('open');
      noteRun(db, this.run);
    })();
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
    return this.seq;
  }

  /** False of what another copy of this index has said: it was not in one of our runs, or that one had not got so far. */
  hasSaid({ seq, run }: Pick<Heard, 'seq' | 'run'>): boolean {
    const known = run === undefined ? { until: null } : this.#statements.run.get(run);
    return known !== undefined && seq <= (known.until ?? this.seq);
  }

  /** The highest is kept by itself: the row that has it may be dropped. */
  keepSequence(): void {
    this.#statements.setSeq.run(this.seq);
  }

  /** Answers with what brings back the present numbers, after a rollback. */
  remember(): () => void {
    const { seq, epoch } = this;
    return () => {
      this.seq = seq;
      this.epoch = epoch;
    };
  }
}

/** It is written down before anybody hears its name. */
function noteRun(db: Database.Database, { name, openedAt }: Life['run']): void {
  const insert = db.prepare<[Run, Sequence]>('INSERT INTO run (run, openedAt) VALUES (?, ?)');
  const { lastInsertRowid: id } = insert.run(name, openedAt);
  db.prepare<[number]>('DELETE FROM run WHERE id <= ?').run(Number(id) - MAX_RUNS);
}
