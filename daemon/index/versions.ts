// The contents in the version store: which path each was at, when and why it left it, and under which name it lies.
import type Database from 'better-sqlite3';
import type { DeviceId, Sha256, VersionId } from '../core/ids.ts';
import type { SeenStat } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Devices } from './devices.ts';
import { parseStatText, statColumn } from './rows.ts';
import { lazily } from '../core/lazily.ts';

export interface KeptVersionRow {
  readonly id: VersionId;
  readonly path: RelativePath;
  readonly kind: 'file' | 'symlink';
  readonly sizeBytes: number;
  readonly sha256: Sha256 | undefined;
  /** When it was replaced: ms. */
  readonly replacedMs: number;
  /** Its own modification time: ms. */
  readonly modifiedMs: number;
  /** The device whose change replaced it. */
  readonly replacedBy: DeviceId;
  readonly why: 'replaced' | 'deleted' | 'conflict';
  /** Where it lies, below the version store. */
  readonly storedAs: string;
  /** What lstat showed when it was filed: a write through an old handle shows against it. */
  readonly stat: SeenStat | undefined;
}

export interface VersionTotals {
  readonly count: number;
  readonly bytes: number;
}

interface VersionColumns {
  readonly id: VersionId;
  readonly path: RelativePath;
  readonly kind: KeptVersionRow['kind'];
  readonly sizeBytes: number;
  readonly sha256: Sha256 | null;
  readonly replacedMs: number;
  readonly modifiedMs: number;
  readonly replacedBy: number;
  readonly why: KeptVersionRow['why'];
  readonly storedAs: string;
  readonly stat: string | null;
}

const SELECT = `SELECT id, path, kind, sizeBytes, iif(sha256 IS NULL, NULL, lower(hex(sha256))) AS sha256, replacedMs,
  modifiedMs, replacedBy, why, storedAs, stat FROM version`;
/** More versions with one beginning than this are not told apart for anybody. */
const MAX_AMBIGUOUS = 16;

export class Versions {
  totals: VersionTotals;
  readonly #devices: Devices;
  readonly #statements;

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    this.#statements = prepare(db);
    const totals = db.prepare<[], VersionTotals>('SELECT count(*) AS count, total(sizeBytes) AS bytes FROM version');
    this.totals = totals.get() ?? { count: 0, bytes: 0 };
  }

  /** Newest first, at most `limit`. */
  ofPath(path: RelativePath, limit: number): KeptVersionRow[] {
    return this.#statements.ofPath.all(path, limit).map((columns) => this.#toRow(columns));
  }

  byPrefix(prefix: string, path: RelativePath | undefined): KeptVersionRow[] {
    // IDs are digits and lower-case letters; `{` comes just after `z`.
    const found = this.#statements.byPrefix.all(prefix, `${prefix}{`, path ?? null, path ?? null, MAX_AMBIGUOUS);
    return found.map((columns) => this.#toRow(columns));
  }

  /** Newest first. */
  since(ms: number, limit: number): KeptVersionRow[] {
    return this.#statements.since.all(ms, limit).map((columns) => this.#toRow(columns));
  }

  byContent(sha256: Sha256): KeptVersionRow[] {
    return this.#statements.byContent.all(sha256, MAX_AMBIGUOUS).map((columns) => this.#toRow(columns));
  }

  /** Adds a version, or changes the one with its ID. */
  put(version: KeptVersionRow): void {
    this.drop(version.id);
    this.#statements.insert.run({
      ...version,
      sha256: version.sha256 ?? null,
      replacedBy: this.#devices.numberOf(version.replacedBy),
      stat: statColumn(version.stat),
    });
    this.totals = { count: this.totals.count + 1, bytes: this.totals.bytes + version.sizeBytes };
  }

  drop(id: VersionId): void {
    const sizeBytes = this.#statements.drop.get(id);
    if (sizeBytes !== undefined) this.totals = { count: this.totals.count - 1, bytes: this.totals.bytes - sizeBytes };
  }

  remember(): () => void {
    const { totals } = this;
    return () => {
      this.totals = totals;
    };
  }

  #toRow(columns: VersionColumns): KeptVersionRow {
    return {
      ...columns,
      sha256: columns.sha256 ?? undefined,
      replacedBy: this.#devices.nameOf(columns.replacedBy),
      stat: parseStatText(columns.stat),
    };
  }
}

function prepare(db: Database.Database) {
  const ask = <Parameters extends unknown[]>(rest: string): Database.Statement<Parameters, VersionColumns> =>
    db.prepare<Parameters, VersionColumns>(`${SELECT} ${rest}`);
  return lazily({
    ofPath: () => ask<[RelativePath, number]>('WHERE path = ? ORDER BY replacedMs DESC, rowid DESC LIMIT ? + 0'),
    byPrefix: () =>
      ask<[string, string, RelativePath | null, RelativePath | null, number]>(
        'WHERE id >= ? AND id < ? AND (? IS NULL OR path = ?) ORDER BY replacedMs DESC LIMIT ? + 0',
      ),
    since: () => ask<[number, number]>('WHERE replacedMs >= ? ORDER BY replacedMs DESC LIMIT ? + 0'),
    byContent: () => ask<[Sha256, number]>('WHERE sha256 = unhex(?) ORDER BY replacedMs DESC LIMIT ? + 0'),
    insert: () =>
      db.prepare(`INSERT INTO version
      (id, path, kind, sizeBytes, sha256, replacedMs, modifiedMs, replacedBy, why, storedAs, stat)
      VALUES (@id, @path, @kind, @sizeBytes, unhex(@sha256), @replacedMs, @modifiedMs, @replacedBy, @why, @storedAs, @stat)`),
    drop: () => db.prepare<[VersionId], number>('DELETE FROM version WHERE id = ? RETURNING sizeBytes').pluck(),
  });
}
