// The durable sequence. Rows above it may tell of content that a power loss has taken: after one they are verified by
// hash. It is raised by who has called syncfs(2).
import type Database from 'better-sqlite3';
import { NO_SEQUENCE, type Sequence } from '../core/ids.ts';
import { lazily } from '../core/lazily.ts';

export class Checkpoint {
  seq: Sequence;
  readonly #statements;

  constructor(db: Database.Database) {
    this.#statements = lazily({ set: () => db.prepare<[Sequence]>('UPDATE life SET durableSeq = ?') });
    this.seq = db.prepare<[], Sequence>('SELECT durableSeq FROM life').pluck().get() ?? NO_SEQUENCE;
  }

  /** Everything up to `seq` is on the disk. Never goes back. */
  mark(seq: Sequence): void {
    if (seq <= this.seq) return;
    this.#statements.set.run(seq);
    this.seq = seq;
  }
}
