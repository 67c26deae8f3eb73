// Contents of text files as they were, compressed: what two edits made apart have both begun from, for `conflict: merge`.
// Users overwrite it themselves, so it is kept while it is there. Bounded: the oldest go first.
import type Database from 'better-sqlite3';
import type { Sequence, Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { VersionVector } from '../core/version-vector.ts';
import { parseVectorText, vectorText } from './rows.ts';
import { lazily } from '../core/lazily.ts';

/** Compressed bytes of one folder; and contents. */
const MAX_BYTES = 256 << 20;
const MAX_KEPT = 100_000;
/** Of one path: what devices that were away for long have begun from, too. */
const MAX_OF_PATH = 4;

export interface MergeBase {
  readonly id: number;
  readonly vector: VersionVector;
  readonly stamp: number;
  readonly sha256: Sha256;
}

export interface NewMergeBase extends Omit<MergeBase, 'id'> {
  readonly path: RelativePath;
  /** The sequence of the record whose content it is. */
  readonly seq: Sequence;
  /** This device has made it. */
  readonly isOwn: boolean;
  readonly packed: Uint8Array;
}

interface Columns {
  readonly id: number;
  readonly vector: string;
  readonly stamp: number;
  readonly sha256: Sha256;
}

export class MergeBases {
  readonly #write: <T>(run: () => T) => T;
  readonly #statements;

  constructor(db: Database.Database, write: <T>(run: () => T) => T) {
    this.#write = write;
    this.#statements = prepare(db);
  }

  get bytes(): number {
    return this.#statements.total.get()?.bytes ?? 0;
  }

  /** Newest first. */
  ofPath(path: RelativePath): readonly MergeBase[] {
    return this.#statements.ofPath
      .all(path)
      .map(({ vector, ...rest }) => ({ ...rest, vector: parseVectorText(vector) }));
  }

  packed(id: number): Uint8Array | undefined {
    return this.#statements.packed.get(id);
  }

  packedByContent(sha256: Sha256): Uint8Array | undefined {
    return this.#statements.byContent.get(Buffer.from(sha256, 'hex'));
  }

  /**
   * Of what this device makes of a path while nobody hears of it, only the last is kept: nobody else can begin from it.
   * @param heard our sequences up to which some peer holds what we have
   * @returns how many of others were let go to stay within the bounds
   */
  put(bases: readonly NewMergeBase[], heard: Sequence): number {
    if (bases.length === 0) return 0;
    return this.#write(() => {
      for (const { path, seq, isOwn, packed, sha256, vector, stamp } of bases) {
        const hash = Buffer.from(sha256, 'hex');
        this.#statements.dropUnheard.run(path, heard);
        this.#statements.insert.run(path, vectorText(vector), stamp, hash, seq, isOwn ? 1 : 0, packed);
        this.#statements.dropOlder.run(path, path, MAX_OF_PATH);
      }
      return this.#evict();
    });
  }

  clear(): void {
    if ((this.#statements.total.get()?.count ?? 0) > 0) this.#write(() => this.#statements.clear.run());
  }

  #evict(): number {
    let gone = 0;
    for (;;) {
      const total = this.#statements.total.get();
      if (total === undefined || (total.bytes <= MAX_BYTES && total.count <= MAX_KEPT)) return gone;
      gone += this.#statements.dropOldest.run().changes;
    }
  }
}

function prepare(db: Database.Database) {
  return lazily({
    ofPath: () =>
      db.prepare<[RelativePath], Columns>(
        'SELECT id, vector, stamp, lower(hex(sha256)) AS sha256 FROM merge_base WHERE path = ? ORDER BY id DESC',
      ),
    packed: () => db.prepare<[number], Uint8Array>('SELECT packed FROM merge_base WHERE id = ?').pluck(),
    byContent: () => db.prepare<[Buffer], Uint8Array>('SELECT packed FROM merge_base WHERE sha256 = ? LIMIT 1').pluck(),
    insert: () =>
      db.prepare(
        `INSERT INTO merge_base (path, vector, stamp, sha256, seq, own, packed) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (path, vector, sha256) DO NOTHING`,
      ),
    dropUnheard: () =>
      db.prepare<[RelativePath, number]>('DELETE FROM merge_base WHERE path = ? AND own = 1 AND seq > ?'),
    dropOlder: () =>
      db.prepare<[RelativePath, RelativePath, number]>(
        `DELETE FROM merge_base WHERE path = ? AND id NOT IN
        (SELECT id FROM merge_base WHERE path = ? ORDER BY id DESC LIMIT ? + 0)`,
      ),
    dropOldest: () => db.prepare('DELETE FROM merge_base WHERE id IN (SELECT id FROM merge_base ORDER BY id LIMIT 64)'),
    clear: () => db.prepare('DELETE FROM merge_base'),
    total: () =>
      db.prepare<[], { bytes: number; count: number }>(
        'SELECT coalesce(sum(length(packed)), 0) AS bytes, count(*) AS count FROM merge_base',
      ),
  });
}
