// The table of what is known of each path: asked by path, by directory, by sequence and by content.
import type Database from 'better-sqlite3';
import { assert } from '../core/assert.ts';
import type { Sequence, Sha256 } from '../core/ids.ts';
import type { SeenStat } from '../core/observation.ts';
import { type DirPath, type RelativePath, depthOf } from '../core/path.ts';
import type { FileRecord, SequencedRecord } from '../core/record.ts';
import type { Devices } from './devices.ts';
import { FormerContents } from './former-contents.ts';
import type { Life } from './life.ts';
import { type KeyRange, PAGE_ROWS, keysBelow } from './paging.ts';
import {
  RECORD_ASSIGNMENTS,
  RECORD_NAMES,
  RECORD_VALUES,
  type RecordColumns,
  SELECT_RECORD,
  parseStatText,
  statText,
  toColumns,
  toRecord,
} from './rows.ts';
import { lazily } from './lazily.ts';

/** One path as this device holds it. */
export interface Row extends SequencedRecord {
  /** What lstat last showed; undefined for tombstones and for what was never looked at. */
  readonly seen: SeenStat | undefined;
  /** Changed so shortly before it was looked at that the same stat may hide another content: hash again. */
  readonly racy: boolean;
  /** A tombstone whose directory stays here because of what is ignored in it. */
  readonly keptLocally: boolean;
  /** A directory on another file system than its parent. */
  readonly boundary: boolean;
}

export interface RowChange {
  readonly record: FileRecord;
  /** Counts only where the tombstone of that path is announced just before, in the same commit. */
  readonly movedFrom?: RelativePath | undefined;
  readonly seen: SeenStat | undefined;
  readonly racy?: boolean;
  readonly keptLocally?: boolean;
  readonly boundary?: boolean;
  /** True: it gets a new sequence, in the order of the array. False: the row exists and keeps its own. */
  readonly announce: boolean;
}

export interface Counts {
  /** Live regular files, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** All that is live: files, directories and links. */
  readonly entries: number;
  readonly tombstones: number;
}

interface RowColumns extends RecordColumns {
  readonly seq: Sequence;
  readonly movedFrom: RelativePath | null;
  readonly seen: string | null;
  readonly racy: number;
  readonly keptLocally: number;
  readonly boundary: number;
}

interface KnownColumns {
  readonly id: number;
  readonly seq: Sequence;
  readonly kind: RecordColumns['kind'];
  readonly size: number;
  readonly lost: number;
  /** Hexadecimal; null for all but files. */
  readonly sha256: Sha256 | null;
  readonly movedFrom: RelativePath | null;
}

// A move is one as long as the tombstone it left is still the change just before it.
const SELECT = `SELECT ${SELECT_RECORD}, t.seq, t.seen, t.racy, t.keptLocally, t.boundary,
  CASE WHEN t.movedFrom IS NULL THEN NULL ELSE
    (SELECT f.path FROM file_state f WHERE f.seq = t.seq - 1 AND f.path = t.movedFrom AND f.kind = 'absent')
  END AS movedFrom
  FROM file_state t`;

export class FileState {
  counts: Counts;
  /** Rows whose record lists a content that lost. */
  conflictCount: number;
  /** What announced changes have replaced. */
  readonly former = new FormerContents();
  readonly #db: Database.Database;
  readonly #devices: Devices;
  readonly #life: Life;
  readonly #statements;
  readonly #together: Database.Transaction<(ask: () => void) => void>;

  constructor(db: Database.Database, devices: Devices, life: Life) {
    this.#db = db;
    this.#together = db.transaction((ask) => ask());
    this.#devices = devices;
    this.#life = life;
    this.#statements = prepare(db);
    this.counts = countAll(db);
    this.conflictCount = Number(db.prepare('SELECT count(*) FROM file_state WHERE lost IS NOT NULL').pluck().get());
  }

  row(path: RelativePath): Row | undefined {
    const columns = this.#statements.byPath.get(path);
    return columns === undefined ? undefined : this.#toRow(columns);
  }

  rows(paths: Iterable<RelativePath>): Map<RelativePath, Row> {
    const found = new Map<RelativePath, Row>();
    const ask = (): void => {
      for (const path of paths) {
        const row = this.row(path);
        if (row !== undefined) found.set(path, row);
      }
    };
    // One read lock for all of them instead of one each.
    if (this.#db.inTransaction) ask();
    else this.#together.deferred(ask);
    return found;
  }

  children(dir: DirPath): Row[] {
    const { from, to } = keysBelow(dir);
    const depth = dir === '' ? 1 : depthOf(dir) + 1;
    return this.#statements.children.all(depth, from, to).map((columns) => this.#toRow(columns));
  }

  /** The next live rows after `from` in the range, in byte order of their paths. */
  livePage({ from, to }: KeyRange): Row[] {
    return this.#statements.live.all(from, to, PAGE_ROWS).map((columns) => this.#toRow(columns));
  }

  after(seq: Sequence, limit: number): Row[] {
    return this.#statements.after.all(seq, limit).map((columns) => this.#toRow(columns));
  }

  withContent(sha256: Sha256, limit: number): Row[] {
    return this.#statements.withContent.all(sha256, limit).map((columns) => this.#toRow(columns));
  }

  conflicts(limit: number): Row[] {
    return this.#statements.conflicts.all(limit).map((columns) => this.#toRow(columns));
  }

  /** Writes rows in their order; answers with those that are announced. Inside a transaction only. */
  put(changes: readonly RowChange[], nowUs: number): SequencedRecord[] {
    const announced: SequencedRecord[] = [];
    for (const change of changes) {
      const known = this.#statements.known.get(change.record.path);
      if (!change.announce) {
        assert(known !== undefined, `a row that is not announced exists: ${change.record.path}`);
        this.#write(change, known, known.seq, known.movedFrom ?? undefined);
        continue;
      }
      if (known !== undefined && known.sha256 !== null) this.former.add(known.sha256);
      const seq = this.#life.next(nowUs);
      const movedFrom = moveOf(change, announced.at(-1), seq);
      this.#write(change, known, seq, movedFrom);
      announced.push({ record: change.record, seq, movedFrom });
    }
    if (announced.length > 0) this.#life.keepSequence();
    return announced;
  }

  #write(change: RowChange, known: KnownColumns | undefined, seq: Sequence, movedFrom: RelativePath | undefined): void {
    const columns = {
      ...toColumns(change.record, this.#devices),
      seq,
      movedFrom: movedFrom ?? null,
      seen: statText(change.seen),
      racy: change.racy === true ? 1 : 0,
      keptLocally: change.keptLocally === true ? 1 : 0,
      boundary: change.boundary === true ? 1 : 0,
    };
    if (known === undefined) this.#statements.insert.run({ ...columns, depth: depthOf(columns.path) });
    else this.#statements.update.run({ ...columns, id: known.id });
    this.counts = addTo(addTo(this.counts, known, -1), columns, 1);
    this.conflictCount += (columns.lost === null ? 0 : 1) - (known?.lost ?? 0);
  }

  /** Nobody is told: it is neither deleted nor known any more. */
  drop(path: RelativePath): void {
    const known = this.#statements.known.get(path);
    if (known === undefined) return;
    this.#statements.drop.run(known.id);
    this.counts = addTo(this.counts, known, -1);
    this.conflictCount -= known.lost;
  }

  dropTombstones(beforeMs: number, upToSeq: Sequence, limit: number): number {
    const { changes } = this.#statements.dropTombstones.run(beforeMs, upToSeq, limit);
    this.counts = { ...this.counts, tombstones: this.counts.tombstones - changes };
    return changes;
  }

  remember(): () => void {
    const { counts, conflictCount } = this;
    return () => {
      this.counts = counts;
      this.conflictCount = conflictCount;
    };
  }

  #toRow(columns: RowColumns): Row {
    return {
      record: toRecord(columns, this.#devices),
      seq: columns.seq,
      movedFrom: columns.movedFrom ?? undefined,
      seen: parseStatText(columns.seen),
      racy: columns.racy === 1,
      keptLocally: columns.keptLocally === 1,
      boundary: columns.boundary === 1,
    };
  }
}

function moveOf(change: RowChange, before: SequencedRecord | undefined, seq: Sequence): RelativePath | undefined {
  const isMove =
    before !== undefined &&
    before.seq === seq - 1 &&
    before.record.path === change.movedFrom &&
    before.record.entry.kind === 'absent';
  return isMove ? change.movedFrom : undefined;
}

function addTo(counts: Counts, row: { readonly kind: string; readonly size: number } | undefined, n: number): Counts {
  if (row === undefined) return counts;
  if (row.kind === 'absent') return { ...counts, tombstones: counts.tombstones + n };
  if (row.kind !== 'file') return { ...counts, entries: counts.entries + n };
  return {
    files: counts.files + n,
    bytes: counts.bytes + n * row.size,
    entries: counts.entries + n,
    tombstones: counts.tombstones,
  };
}

function countAll(db: Database.Database): Counts {
  let counts: Counts = { files: 0, bytes: 0, entries: 0, tombstones: 0 };
  const kinds = db.prepare<[], { kind: string; n: number; size: number }>(
    'SELECT kind, count(*) AS n, sum(size) AS size FROM file_state GROUP BY kind',
  );
  for (const { kind, n, size } of kinds.iterate()) {
    if (kind === 'absent') counts = { ...counts, tombstones: n };
    else counts = { ...counts, entries: counts.entries + n };
    if (kind === 'file') counts = { ...counts, files: n, bytes: size };
  }
  return counts;
}

function prepare(db: Database.Database) {
  const ask = <Parameters extends unknown[]>(rest: string): Database.Statement<Parameters, RowColumns> =>
    db.prepare<Parameters, RowColumns>(`${SELECT} ${rest}`);
  return lazily({
    byPath: () => ask<[RelativePath]>('WHERE t.path = ?'),
    children: () =>
      ask<[number, KeyRange['from'], KeyRange['to']]>(
        'WHERE t.depth = ? + 0 AND t.path >= ? AND t.path < ? ORDER BY t.path',
      ),
    live: () =>
      ask<[KeyRange['from'], KeyRange['to'], number]>(
        `WHERE t.path > ? AND t.path < ? AND t.kind <> 'absent' ORDER BY t.path LIMIT ? + 0`,
      ),
    after: () => ask<[Sequence, number]>('WHERE t.seq > ? ORDER BY t.seq LIMIT ? + 0'),
    withContent: () =>
      ask<[Sha256, number]>(`WHERE t.sha256 = unhex(?) AND t.kind = 'file' ORDER BY t.path LIMIT ? + 0`),
    conflicts: () => ask<[number]>('WHERE t.lost IS NOT NULL ORDER BY t.path LIMIT ? + 0'),
    known: () =>
      db.prepare<[RelativePath], KnownColumns>(
        `SELECT id, seq, kind, size, lost IS NOT NULL AS lost, iif(sha256 IS NULL, NULL, lower(hex(sha256))) AS sha256, movedFrom
        FROM file_state WHERE path = ?`,
      ),
    insert: () =>
      db.prepare(`INSERT INTO file_state
      (${RECORD_NAMES}, depth, seq, movedFrom, seen, racy, keptLocally, boundary)
      VALUES (${RECORD_VALUES}, @depth, @seq, @movedFrom, @seen, @racy, @keptLocally, @boundary)`),
    update: () =>
      db.prepare(`UPDATE file_state SET ${RECORD_ASSIGNMENTS}, seq = @seq, movedFrom = @movedFrom, seen = @seen,
      racy = @racy, keptLocally = @keptLocally, boundary = @boundary WHERE id = @id`),
    drop: () => db.prepare<[number]>('DELETE FROM file_state WHERE id = ?'),
    dropTombstones: () =>
      db.prepare<[number, Sequence, number]>(`DELETE FROM file_state WHERE id IN (
      SELECT id FROM file_state WHERE kind = 'absent' AND stamp < ? AND seq <= ? AND keptLocally = 0
      ORDER BY stamp LIMIT ? + 0)`),
  });
}
