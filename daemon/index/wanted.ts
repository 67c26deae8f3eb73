// What peers announced, is better than what is held, and is not applied yet: the wants, and who announced each.
import type Database from 'better-sqlite3';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId, Sequence } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, sameContent } from '../core/record.ts';
import type { Devices } from './devices.ts';
import { type KeyRange, PAGE_ROWS } from './paging.ts';
import {
  RECORD_ASSIGNMENTS,
  RECORD_NAMES,
  RECORD_VALUES,
  type RecordColumns,
  SELECT_RECORD,
  toColumns,
  toRecord,
} from './rows.ts';
import { lazily } from '../core/lazily.ts';
import { Recent } from './recent.ts';
import { TriedAgain } from './tried-again.ts';
import { type Counted, type WantedCounts, type WantedWhy, addTo, countAll } from './wanted-counts.ts';

export interface WantedRow {
  readonly record: FileRecord;
  /** Other versions that were announced, of which none has seen another or this one. */
  readonly rivals: readonly FileRecord[];
  readonly movedFrom: RelativePath | undefined;
  readonly why: WantedWhy;
  /** It was skipped, and is to be fetched once more to see whether it can be by now: towards peers it is skipped still. */
  readonly again: boolean;
  readonly code: ErrorCode | undefined;
  readonly attempts: number;
  readonly sinceMs: number;
  /** `has`: this peer announced this very content. */
  readonly sources: readonly { readonly peer: DeviceId; readonly seq: Sequence; readonly has: boolean }[];
}

/** All that was announced and is not carried out: what is wanted, and its rivals. */
export function wantedVersions({ record, rivals }: Pick<WantedRow, 'record' | 'rivals'>): readonly FileRecord[] {
  return [record, ...rivals];
}

/**
 * What lies at the path is not what our row says, although its stat is the row's: a power loss has damaged it, or it was
 * changed here against the role. It is replaced even by what the row says.
 */
export function isOtherwiseHere({ code }: { readonly code?: ErrorCode | undefined }): boolean {
  return code === 'E_DAMAGED' || code === 'E_ROLE';
}

/** Puts a want in place of any other of its path. Attempts begin anew; the sources of another content stay, without it. */
export interface Want {
  readonly record: FileRecord;
  readonly rivals?: readonly FileRecord[] | undefined;
  readonly movedFrom?: RelativePath | undefined;
  readonly why: WantedWhy;
  readonly code?: ErrorCode | undefined;
  readonly sinceMs: number;
  readonly source?: { readonly peer: DeviceId; readonly seq: Sequence } | undefined;
}

/** A peer that announced something about a path that is wanted. Nothing happens where nothing is wanted. */
export interface WantSource {
  readonly path: RelativePath;
  readonly peer: DeviceId;
  readonly seq: Sequence;
  readonly has: boolean;
}

export interface WantMark {
  readonly path: RelativePath;
  readonly why: WantedWhy;
  readonly code?: ErrorCode | undefined;
  readonly attempts: number;
}

interface WantedColumns extends RecordColumns {
  readonly id: number;
  readonly movedFrom: RelativePath | null;
  readonly rivals: string | null;
  readonly why: WantedWhy;
  readonly code: ErrorCode | null;
  readonly attempts: number;
  readonly sinceMs: number;
}

interface SourceColumns {
  readonly peer: number;
  readonly seq: Sequence;
  readonly has: number;
}

/** A want as it lies in the table. */
interface Known {
  readonly id: number;
  readonly row: WantedRow;
}

/** Up to so many that are to be fetched are remembered in their order. */
const MAX_ORDERED = 512;

const SELECT = `SELECT ${SELECT_RECORD}, t.id, t.movedFrom, t.rivals, t.why, t.code, t.attempts, t.sinceMs FROM wanted t`;

export class Wanted {
  #counts: WantedCounts;
  readonly #devices: Devices;
  readonly #statements;
  readonly #recent = new Recent<Known | undefined>();
  /** To be fetched, in order: as it was read since the last change. */
  #order: readonly RelativePath[] | undefined;
  /** What {@link lowest} has found since the last change. */
  readonly #lowest = new Map<DeviceId, Sequence | undefined>();
  readonly #again = new TriedAgain();

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    this.#statements = prepare(db);
    this.#counts = countAll(db);
  }

  get counts(): WantedCounts {
    return this.#again.counts(this.#counts);
  }

  // Mostly nothing is wanted, and each turn of a folder's loop asks: then the database is not asked.

  row(path: RelativePath): WantedRow | undefined {
    const known = this.#known(path);
    return known && this.#asItIs(known.row);
  }

  #asItIs(row: WantedRow): WantedRow {
    if (!this.#again.has(row.record.path)) return row;
    return { ...row, why: 'fetch', again: true, code: isOtherwiseHere(row) ? row.code : undefined };
  }

  tryAgain(path: RelativePath): void {
    const row = this.#known(path)?.row;
    if (row?.why === 'skipped') this.#again.add(row.record);
  }

  /** To be fetched: small ones first, of equal size the latest. */
  next(limit: number, skipPaths: ReadonlySet<string>): WantedRow[] {
    const paths: RelativePath[] = [];
    if (this.counts.fetch === 0) return [];
    for (const path of this.#inOrder()) {
      if (paths.length >= limit) break;
      if (!skipPaths.has(path)) paths.push(path);
    }
    return paths.map((path) => this.row(path)).filter((row) => row !== undefined);
  }

  /** What is tried again comes last: mostly in vain. */
  *#inOrder(): Iterable<RelativePath> {
    yield* this.#fetchInOrder();
    yield* this.#again.paths();
  }

  #fetchInOrder(): Iterable<RelativePath> {
    if (this.#counts.fetch > MAX_ORDERED) return this.#statements.inOrder.iterate();
    return (this.#order ??= this.#statements.inOrder.all());
  }

  page({ from, to }: KeyRange): WantedRow[] {
    if (this.#counts.count === 0) return [];
    return this.#statements.page.all(from, to, PAGE_ROWS).map((columns) => this.#asItIs(this.#toRow(columns)));
  }

  skipped(limit: number, after: string): { path: RelativePath; code: ErrorCode }[] {
    return this.#counts.skipped === 0 ? [] : this.#statements.skipped.all(after, limit);
  }

  lowest(peer: DeviceId): Sequence | undefined {
    if (this.#counts.count === 0) return undefined;
    if (this.#lowest.has(peer)) return this.#lowest.get(peer);
    const number = this.#devices.find(peer);
    const lowest = number === undefined ? undefined : this.#statements.lowest.get(number);
    this.#lowest.set(peer, lowest);
    return lowest;
  }

  want(want: Want): void {
    const columns = {
      ...toColumns(want.record, this.#devices),
      movedFrom: want.movedFrom ?? null,
      rivals: rivalsText(want.rivals ?? [], this.#devices),
      why: want.why,
      code: want.code ?? null,
      sinceMs: want.sinceMs,
    };
    const known = this.#known(want.record.path);
    let id: number;
    let sources = known?.row.sources ?? [];
    if (known === undefined) {
      id = Number(this.#statements.insert.run(columns).lastInsertRowid);
    } else {
      ({ id } = known);
      this.#statements.update.run({ ...columns, id });
      if (!sameContent(known.row.record.entry, want.record.entry)) {
        this.#statements.haveOther.run(id);
        sources = sources.map((source) => ({ ...source, has: false }));
      }
      this.#statements.setPending.run(pendingOf(want.why), id);
    }
    this.#count(known?.row, want);
    const { record, rivals = [], movedFrom, why, code, sinceMs, source } = want;
    const now = { id, row: { record, rivals, movedFrom, why, again: false, code, attempts: 0, sinceMs, sources } };
    this.#recent.set(record.path, now);
    if (source !== undefined) this.#putSource(now, { path: record.path, ...source, has: true });
  }

  addSource(source: WantSource): void {
    const known = this.#known(source.path);
    if (known !== undefined) this.#putSource(known, source);
  }

  unwant(path: RelativePath): void {
    const known = this.#known(path);
    if (known === undefined) return;
    this.#statements.dropSources.run(known.id);
    this.#statements.drop.run(known.id);
    this.#recent.set(path, undefined);
    this.#count(known.row, undefined);
  }

  mark({ path, why, code, attempts }: WantMark): void {
    const known = this.#known(path);
    if (known === undefined) return;
    this.#statements.mark.run(why, code ?? null, attempts, known.id);
    if (known.row.why !== why) this.#statements.setPending.run(pendingOf(why), known.id);
    const row = { ...known.row, why, code, attempts };
    this.#recent.set(path, { id: known.id, row });
    this.#count(known.row, row);
  }

  /** Drops a peer from all wants: it is no peer any more, or its sequences are of another epoch now. */
  forgetPeer(peer: DeviceId): void {
    const number = this.#devices.find(peer);
    if (number !== undefined) this.#statements.dropPeer.run(number);
    this.#recent.forgetAll();
    this.#lowest.clear();
  }

  /** Of ignored paths: nobody else will say them again either. */
  dropTombstones(beforeMs: number, limit: number): number {
    if (this.#counts.ignored === 0) return 0;
    const paths = this.#statements.oldTombstones.all(beforeMs, limit);
    for (const path of paths) this.unwant(path);
    return paths.length;
  }

  remember(): () => void {
    const counts = this.#counts;
    return () => {
      this.#counts = counts;
      this.#again.clear();
      this.#recent.forgetAll();
      this.#order = undefined;
      this.#lowest.clear();
    };
  }

  #known(path: RelativePath): Known | undefined {
    if (this.#counts.count === 0) return undefined;
    return this.#recent.get(path, () => {
      const columns = this.#statements.byPath.get(path);
      return columns === undefined ? undefined : { id: columns.id, row: this.#toRow(columns) };
    });
  }

  #putSource({ id, row }: Known, { path, peer, seq, has }: WantSource): void {
    const number = this.#devices.numberOf(peer);
    this.#lowest.clear();
    this.#statements.putSource.run(id, number, seq, has ? 1 : 0, pendingOf(row.why));
    const before = row.sources.find((source) => source.peer === peer);
    if (before !== undefined && seq < before.seq) return;
    const sources = [...row.sources.filter((source) => source !== before), { peer, seq, has }];
    // In the order in which they are read.
    sources.sort((a, b) => this.#devices.numberOf(a.peer) - this.#devices.numberOf(b.peer));
    this.#recent.set(path, { id, row: { ...row, sources } });
  }

  #count(before: Counted | undefined, after: Counted | undefined): void {
    this.#counts = addTo(addTo(this.#counts, before, -1), after, 1);
    if (before !== undefined) this.#again.end(before.record.path);
    this.#order = undefined;
    this.#lowest.clear();
  }

  #toRow(columns: WantedColumns): WantedRow {
    return {
      record: toRecord(columns, this.#devices),
      movedFrom: columns.movedFrom ?? undefined,
      rivals: parseRivals(columns.rivals, this.#devices),
      why: columns.why,
      again: false,
      code: columns.code ?? undefined,
      attempts: columns.attempts,
      sinceMs: columns.sinceMs,
      sources: this.#statements.sources
        .all(columns.id)
        .map(({ peer, seq, has }) => ({ peer: this.#devices.nameOf(peer), seq, has: has === 1 })),
    };
  }
}

function rivalsText(rivals: readonly FileRecord[], devices: Devices): string | null {
  return rivals.length === 0 ? null : JSON.stringify(rivals.map((record) => toColumns(record, devices)));
}

function parseRivals(text: string | null, devices: Devices): readonly FileRecord[] {
  if (text === null) return [];
  return (JSON.parse(text) as RecordColumns[]).map((columns) => toRecord(columns, devices));
}

function pendingOf(why: WantedWhy): number {
  return why === 'skipped' || why === 'ignored' ? 0 : 1;
}

function prepare(db: Database.Database) {
  const ask = <Parameters extends unknown[]>(rest: string): Database.Statement<Parameters, WantedColumns> =>
    db.prepare<Parameters, WantedColumns>(`${SELECT} ${rest}`);
  return lazily({
    byPath: () => ask<[RelativePath]>('WHERE t.path = ?'),
    // Paths alone: most of those that are skipped are skipped every time.
    inOrder: () =>
      db.prepare<[], RelativePath>(`SELECT path FROM wanted WHERE why = 'fetch' ORDER BY size, stamp DESC`).pluck(),
    page: () =>
      ask<[KeyRange['from'], KeyRange['to'], number]>('WHERE t.path > ? AND t.path < ? ORDER BY t.path LIMIT ? + 0'),
    skipped: () =>
      db.prepare<[string, number], { path: RelativePath; code: ErrorCode }>(
        `SELECT path, coalesce(code, 'E_INTERNAL') AS code FROM wanted
        WHERE why = 'skipped' AND path > ? ORDER BY path LIMIT ? + 0`,
      ),
    lowest: () =>
      db
        .prepare<[number], Sequence>(
          'SELECT seq FROM wanted_source WHERE peer = ? + 0 AND pending = 1 ORDER BY seq LIMIT 1',
        )
        .pluck(),
    oldTombstones: () =>
      db
        .prepare<[number, number], RelativePath>(
          `SELECT path FROM wanted WHERE why = 'ignored' AND kind = 'absent' AND stamp < ? LIMIT ? + 0`,
        )
        .pluck(),
    insert: () =>
      db.prepare(`INSERT INTO wanted (${RECORD_NAMES}, movedFrom, rivals, why, code, attempts, sinceMs)
      VALUES (${RECORD_VALUES}, @movedFrom, @rivals, @why, @code, 0, @sinceMs)`),
    update: () =>
      db.prepare(`UPDATE wanted SET ${RECORD_ASSIGNMENTS}, movedFrom = @movedFrom, rivals = @rivals, why = @why, code = @code,
      attempts = 0, sinceMs = @sinceMs WHERE id = @id`),
    mark: () =>
      db.prepare<[WantedWhy, ErrorCode | null, number, number]>(
        'UPDATE wanted SET why = ?, code = ?, attempts = ? WHERE id = ?',
      ),
    drop: () => db.prepare<[number]>('DELETE FROM wanted WHERE id = ?'),
    sources: () => db.prepare<[number], SourceColumns>('SELECT peer, seq, has FROM wanted_source WHERE want = ?'),
    // The latest announcement of a peer says what it has; an older one that comes late says nothing new.
    putSource: () =>
      db.prepare<[number, number, Sequence, number, number]>(`INSERT INTO wanted_source
      (want, peer, seq, has, pending) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (want, peer) DO UPDATE SET seq = excluded.seq, has = excluded.has, pending = excluded.pending
      WHERE excluded.seq >= seq`),
    haveOther: () => db.prepare<[number]>('UPDATE wanted_source SET has = 0 WHERE want = ?'),
    setPending: () => db.prepare<[number, number]>('UPDATE wanted_source SET pending = ? WHERE want = ?'),
    dropSources: () => db.prepare<[number]>('DELETE FROM wanted_source WHERE want = ?'),
    dropPeer: () => db.prepare<[number]>('DELETE FROM wanted_source WHERE peer = ?'),
  });
}
