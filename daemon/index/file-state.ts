// The table of what is known of each path: asked by path, by directory, by sequence and by content.
import type Database from 'better-sqlite3';
import { assert } from '../core/assert.ts';
import type { Sequence, Sha256 } from '../core/ids.ts';
import { BETWEEN } from '../core/expected-names.ts';
import type { SeenStat } from '../core/observation.ts';
import { type DirPath, type RelativePath, depthOf } from '../core/path.ts';
import type { Entry, FileRecord, SequencedRecord } from '../core/record.ts';
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
  statColumn,
  toColumns,
  toRecord,
} from './rows.ts';
import { lazily } from '../core/lazily.ts';
import { Recent } from './recent.ts';

/** One path as this device holds it. */
export interface Row extends Omit<SequencedRecord, 'movedFrom'> {
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
  readonly id: number;
  readonly seq: Sequence;
  readonly movedFrom: RelativePath | null;
  readonly seen: string | null;
  readonly racy: number;
  readonly keptLocally: number;
  readonly boundary: number;
}

/** A row as it lies in the table. */
interface Known {
  readonly id: number;
  readonly movedFrom: RelativePath | undefined;
  readonly row: Row;
}

const SELECT = `SELECT ${SELECT_RECORD}, t.id, t.seq, t.movedFrom, t.seen, t.racy, t.keptLocally, t.boundary
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
  readonly #recent = new Recent<Known | undefined>();
  readonly #together: Database.Transaction<(ask: () => void) => void>;

  constructor(db: Database.Database, devices: Devices, life: Life) {
    this.#db = db;
    this.#together = db.transaction((ask) => ask());
    this.#devices = devices;
    this.#life = life;
    this.#statements = prepare(db);
    ({ counts: this.counts, conflicts: this.conflictCount } = countAll(db));
  }

  row(path: RelativePath): Row | undefined {
    return this.#known(path)?.row;
  }

  rows(paths: Iterable<RelativePath>): Map<RelativePath, Row> {
    const found = new Map<RelativePath, Row>();
    const all = [...paths];
    const ask = (): void => {
      for (const path of all) {
        const row = this.row(path);
        if (row !== undefined) found.set(path, row);
      }
    };
    // One read lock for all of them instead of one each.
    if (all.length < 2 || this.#db.inTransaction) ask();
    else this.#together.deferred(ask);
    return found;
  }

  children(dir: DirPath): Row[] {
    const { from, to } = keysBelow(dir);
    const depth = dir === '' ? 1 : depthOf(dir) + 1;
    return this.#statements.children.all(depth, from, to).map((columns) => this.#toRow(columns));
  }

  /** The names that a listing of the directory is to show, as core/expected-names.ts has them. */
  expectedIn(dir: DirPath): string {
    const { from, to } = keysBelow(dir);
    const [depth, before] = dir === '' ? [1, 0] : [depthOf(dir) + 1, [...dir].length + 1];
    return this.#statements.expected.get(before + 1, depth, from, to) ?? '';
  }

  /** The next live rows after `from` in the range, in byte order of their paths. */
  livePage({ from, to }: KeyRange): Row[] {
    return this.#statements.live.all(from, to, PAGE_ROWS).map((columns) => this.#toRow(columns));
  }

  /** The last live rows in the range, from the last to the first: what is in a directory comes before it. */
  livePageBack({ from, to }: KeyRange): Row[] {
    return this.#statements.liveBack.all(from, to, PAGE_ROWS).map((columns) => this.#toRow(columns));
  }

  after(seq: Sequence, limit: number): (Row & SequencedRecord)[] {
    const page = this.#statements.after.all(seq, limit);
    return page.map((columns, i) => ({ ...this.#toRow(columns), movedFrom: this.#movedFrom(columns, page[i - 1]) }));
  }

  withContent(sha256: Sha256, limit: number): Row[] {
    return this.#statements.withContent.all(sha256, limit).map((columns) => this.#toRow(columns));
  }

  conflicts({ from, to }: KeyRange, limit: number): Row[] {
    if (this.conflictCount === 0) return [];
    return this.#statements.conflicts.all(from, to, limit).map((columns) => this.#toRow(columns));
  }

  /** Writes rows in their order; answers with those that are announced. Inside a transaction only. */
  put(changes: readonly RowChange[], nowUs: number): SequencedRecord[] {
    const announced: SequencedRecord[] = [];
    for (const change of changes) {
      const known = this.#known(change.record.path);
      if (!change.announce) {
        assert(known !== undefined, `a row that is not announced exists: ${change.record.path}`);
        this.#write(change, known, known.row.seq, known.movedFrom);
        continue;
      }
      const before = known?.row.record.entry;
      if (before?.kind === 'file') this.former.add(before.sha256);
      const seq = this.#life.next(nowUs);
      const movedFrom = moveOf(change, announced.at(-1), seq);
      this.#write(change, known, seq, movedFrom);
      announced.push({ record: change.record, seq, movedFrom });
    }
    if (announced.length > 0) this.#life.keepSequence();
    return announced;
  }

  #write(change: RowChange, known: Known | undefined, seq: Sequence, movedFrom: RelativePath | undefined): void {
    const columns = {
      ...toColumns(change.record, this.#devices),
      seq,
      movedFrom: movedFrom ?? null,
      seen: statColumn(change.seen),
      racy: change.racy === true ? 1 : 0,
      keptLocally: change.keptLocally === true ? 1 : 0,
      boundary: change.boundary === true ? 1 : 0,
    };
    let id = known?.id;
    if (id === undefined)
      id = Number(this.#statements.insert.run({ ...columns, depth: depthOf(columns.path) }).lastInsertRowid);
    else this.#statements.update.run({ ...columns, id });
    const { record, seen, racy = false, keptLocally = false, boundary = false } = change;
    this.#recent.set(record.path, { id, movedFrom, row: { record, seq, seen, racy, keptLocally, boundary } });
    this.#count(known?.row.record, record);
  }

  #count(before: FileRecord | undefined, after: FileRecord | undefined): void {
    this.counts = addTo(addTo(this.counts, before?.entry, -1), after?.entry, 1);
    this.conflictCount += isConflict(after) - isConflict(before);
  }

  /** Nobody is told: it is neither deleted nor known any more. */
  drop(path: RelativePath): void {
    const known = this.#known(path);
    if (known === undefined) return;
    this.#statements.drop.run(known.id);
    this.#recent.set(path, undefined);
    this.#count(known.row.record, undefined);
  }

  dropTombstones(beforeMs: number, upToSeq: Sequence, limit: number): number {
    const { changes } = this.#statements.dropTombstones.run(beforeMs, upToSeq, limit);
    this.counts = { ...this.counts, tombstones: this.counts.tombstones - changes };
    this.#recent.forgetAll();
    return changes;
  }

  remember(): () => void {
    const { counts, conflictCount } = this;
    return () => {
      this.counts = counts;
      this.conflictCount = conflictCount;
      this.#recent.forgetAll();
    };
  }

  #known(path: RelativePath): Known | undefined {
    return this.#recent.get(path, () => {
      const columns = this.#statements.byPath.get(path);
      if (columns === undefined) return undefined;
      return { id: columns.id, movedFrom: columns.movedFrom ?? undefined, row: this.#toRow(columns) };
    });
  }

  #toRow(columns: RowColumns): Row {
    return {
      record: toRecord(columns, this.#devices),
      seq: columns.seq,
      seen: parseStatText(columns.seen),
      racy: columns.racy === 1,
      keptLocally: columns.keptLocally === 1,
      boundary: columns.boundary === 1,
    };
  }

  /** A move is one as long as the tombstone it left is still the change just before it. */
  #movedFrom({ movedFrom: from, seq }: RowColumns, before: RowColumns | undefined): RelativePath | undefined {
    if (from === null) return undefined;
    if (before?.seq === seq - 1) return before.path === from && before.kind === 'absent' ? from : undefined;
    return this.#statements.tombstone.get(seq - 1, from);
  }
}

function isConflict(record: FileRecord | undefined): number {
  return record === undefined || record.lost.length === 0 ? 0 : 1;
}

function moveOf(change: RowChange, before: SequencedRecord | undefined, seq: Sequence): RelativePath | undefined {
  const isMove =
    before !== undefined &&
    before.seq === seq - 1 &&
    before.record.path === change.movedFrom &&
    before.record.entry.kind === 'absent';
  return isMove ? change.movedFrom : undefined;
}

function addTo(counts: Counts, entry: Entry | undefined, n: number): Counts {
  if (entry === undefined) return counts;
  if (entry.kind === 'absent') return { ...counts, tombstones: counts.tombstones + n };
  if (entry.kind !== 'file') return { ...counts, entries: counts.entries + n };
  return {
    files: counts.files + n,
    bytes: counts.bytes + n * entry.size,
    entries: counts.entries + n,
    tombstones: counts.tombstones,
  };
}

function countAll(db: Database.Database): { counts: Counts; conflicts: number } {
  const all = db.prepare<[], Counts & { readonly conflicts: number }>(
    `SELECT count(*) FILTER (WHERE kind = 'file') AS files, ifnull(sum(size) FILTER (WHERE kind = 'file'), 0) AS bytes,
      count(*) FILTER (WHERE kind <> 'absent') AS entries, count(*) FILTER (WHERE kind = 'absent') AS tombstones,
      count(lost) AS conflicts FROM file_state`,
  );
  const counted = all.get();
  assert(counted !== undefined, 'a sum is one row');
  const { conflicts, ...counts } = counted;
  return { counts, conflicts };
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
    expected: () =>
      db
        .prepare<[number, number, KeyRange['from'], KeyRange['to']], string | null>(
          `SELECT group_concat(substr(path, ?) || '${BETWEEN}' || iif(racy OR keptLocally, '', ifnull(seen, '')), '${BETWEEN}')
          FROM file_state WHERE depth = ? + 0 AND path >= ? AND path < ? AND (kind <> 'absent' OR keptLocally)`,
        )
        .pluck(),
    live: () =>
      ask<[KeyRange['from'], KeyRange['to'], number]>(
        `WHERE t.path > ? AND t.path < ? AND t.kind <> 'absent' ORDER BY t.path LIMIT ? + 0`,
      ),
    liveBack: () =>
      ask<[KeyRange['from'], KeyRange['to'], number]>(
        `WHERE t.path > ? AND t.path < ? AND t.kind <> 'absent' ORDER BY t.path DESC LIMIT ? + 0`,
      ),
    after: () => ask<[Sequence, number]>('WHERE t.seq > ? ORDER BY t.seq LIMIT ? + 0'),
    withContent: () =>
      ask<[Sha256, number]>(`WHERE t.sha256 = unhex(?) AND t.kind = 'file' ORDER BY t.path LIMIT ? + 0`),
    conflicts: () =>
      ask<[KeyRange['from'], KeyRange['to'], number]>(
        'WHERE t.lost IS NOT NULL AND t.path > ? AND t.path < ? ORDER BY t.path LIMIT ? + 0',
      ),
    tombstone: () =>
      db
        .prepare<[number, RelativePath], RelativePath>(
          `SELECT path FROM file_state WHERE seq = ? AND path = ? AND kind = 'absent'`,
        )
        .pluck(),
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
