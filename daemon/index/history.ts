// What has happened to paths, for `syncctl history`: told, never used to decide anything.
import type Database from 'better-sqlite3';
import type { DeviceId, VersionId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Devices } from './devices.ts';

export type HistoryWhat =
  | 'created'
  | 'changed'
  | 'deleted'
  | 'moved'
  | 'attributes'
  | 'conflict'
  | 'restored'
  | 'kept'
  | 'held'
  | 'approved'
  | 'rejected';

export interface HistoryRow {
  /** Rising in the order of events. */
  readonly id: number;
  readonly atMs: number;
  readonly path: RelativePath;
  readonly what: HistoryWhat;
  /** The device that made the change. */
  readonly device: DeviceId;
  readonly sizeBytes: number | undefined;
  /** The content that the change replaced or deleted, where it is kept. */
  readonly version: VersionId | undefined;
  /** For `moved`: from where. For others: why. */
  readonly detail: string | undefined;
}

export interface HistoryQuery {
  /** This path and what is below it. */
  readonly path?: string;
  readonly sinceMs?: number;
  readonly limit: number;
}

interface HistoryColumns {
  readonly id: number;
  readonly atMs: number;
  readonly path: RelativePath;
  readonly what: HistoryWhat;
  readonly device: number;
  readonly sizeBytes: number | null;
  readonly version: VersionId | null;
  readonly detail: string | null;
}

const SELECT = 'SELECT id, atMs, path, what, device, sizeBytes, version, detail FROM history';
/** Before any date. */
const ALWAYS_MS = Number.MIN_SAFE_INTEGER;

export class History {
  readonly #devices: Devices;
  readonly #insert: Database.Statement;
  readonly #all: Database.Statement<[number, number], HistoryColumns>;
  readonly #ofPath: Database.Statement<[string, number, string, string, number, number], HistoryColumns>;
  readonly #trimToCount: Database.Statement<[number]>;
  readonly #trimToAge: Database.Statement<[number]>;

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    this.#insert = db.prepare(`INSERT INTO history (atMs, path, what, device, sizeBytes, version, detail)
      VALUES (@atMs, @path, @what, @device, @sizeBytes, @version, @detail)`);
    this.#all = db.prepare(`${SELECT} WHERE atMs >= ? ORDER BY id DESC LIMIT ?`);
    this.#ofPath = db.prepare(`${SELECT} WHERE path = ? AND atMs >= ? UNION ALL
      ${SELECT} WHERE path >= ? AND path < ? AND atMs >= ? ORDER BY id DESC LIMIT ?`);
    this.#trimToCount = db.prepare('DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?');
    // Events are written as they happen: what comes before the first that is young enough is old.
    this.#trimToAge = db.prepare(`DELETE FROM history WHERE id < ifnull(
      (SELECT id FROM history WHERE atMs >= ? ORDER BY id LIMIT 1), (SELECT max(id) + 1 FROM history))`);
  }

  add(event: Omit<HistoryRow, 'id'>): void {
    this.#insert.run({
      atMs: event.atMs,
      path: event.path,
      what: event.what,
      device: this.#devices.numberOf(event.device),
      sizeBytes: event.sizeBytes ?? null,
      version: event.version ?? null,
      detail: event.detail ?? null,
    });
  }

  /** Newest first. */
  query({ path, sinceMs = ALWAYS_MS, limit }: HistoryQuery): HistoryRow[] {
    const found =
      path === undefined || path === ''
        ? this.#all.all(sinceMs, limit)
        : this.#ofPath.all(path, sinceMs, `${path}/`, `${path}0`, sinceMs, limit);
    return found.map((columns) => ({
      ...columns,
      device: this.#devices.nameOf(columns.device),
      sizeBytes: columns.sizeBytes ?? undefined,
      version: columns.version ?? undefined,
      detail: columns.detail ?? undefined,
    }));
  }

  trim(maxRows: number, beforeMs: number): number {
    return this.#trimToCount.run(maxRows).changes + this.#trimToAge.run(beforeMs).changes;
  }
}
