// What has happened to paths, for `syncctl history`, and what was there before, for `syncctl undo`. No change is decided by it.
import type Database from 'better-sqlite3';
import type { DeviceId, VersionId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Entry } from '../core/record.ts';
import type { AppliedChange } from '../core/undo.ts';
import type { Devices } from './devices.ts';
import { entryText, parseEntryText } from './rows.ts';
import { lazily } from '../core/lazily.ts';

export type HistoryWhat =
  | 'created'
  | 'changed'
  | 'deleted'
  | 'moved'
  | 'attributes'
  | 'conflict'
  | 'merged'
  | 'resolved'
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

/** An event as it is written down. */
export interface HistoryEvent extends Omit<HistoryRow, 'id'> {
  /** What was at the path, where the daemon itself has changed it; for a move also what was at the old path. */
  readonly before?: Entry | undefined;
  readonly beforeMove?: Entry | undefined;
  /** Of a deletion that was held: when it was approved. */
  readonly hold?: number | undefined;
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

interface AppliedColumns {
  readonly id: number;
  readonly atMs: number;
  readonly path: RelativePath;
  readonly device: number;
  readonly detail: RelativePath | null;
  readonly before: string;
  readonly beforeMove: string | null;
  readonly hold: number | null;
}

/** Events that change what is at a path. */
const CHANGES = `('created', 'changed', 'deleted', 'moved', 'attributes')`;
const SELECT = 'SELECT id, atMs, path, what, device, sizeBytes, version, detail FROM history';
/** Before any date. */
const ALWAYS_MS = Number.MIN_SAFE_INTEGER;

export class History {
  readonly #devices: Devices;
  readonly #statements;

  constructor(db: Database.Database, devices: Devices) {
    this.#devices = devices;
    // Events are written as they happen: what comes before the first that is young enough is old.
    this.#statements = lazily({
      insert: () =>
        db.prepare(`INSERT INTO history (atMs, path, what, device, sizeBytes, version, detail, before, beforeMove, hold)
      VALUES (@atMs, @path, @what, @device, @sizeBytes, @version, @detail, @before, @beforeMove, @hold)`),
      all: () => db.prepare<[number, number], HistoryColumns>(`${SELECT} WHERE atMs >= ? ORDER BY id DESC LIMIT ? + 0`),
      ofPath: () =>
        db.prepare<
          [string, number, string, string, number, number],
          HistoryColumns
        >(`${SELECT} WHERE path = ? AND atMs >= ? UNION ALL
      ${SELECT} WHERE path >= ? AND path < ? AND atMs >= ? ORDER BY id DESC LIMIT ? + 0`),
      applied: () =>
        db.prepare<
          [number, number],
          AppliedColumns
        >(`SELECT id, atMs, path, device, detail, before, beforeMove, hold FROM history
      WHERE id < ? AND before IS NOT NULL ORDER BY id DESC LIMIT ? + 0`),
      changedAfter: () =>
        db.prepare<[string, number], unknown>(
          `SELECT 1 FROM history WHERE path = ? AND id > ? AND what IN ${CHANGES} LIMIT 1`,
        ),
      ofVersion: () =>
        db.prepare<[string, string], { readonly id: number }>(`SELECT id FROM history
      WHERE version >= ? AND version < ? AND before IS NOT NULL ORDER BY id LIMIT 2`),
      oldest: () =>
        db.prepare<[], { readonly id: number; readonly atMs: number }>(
          'SELECT id, atMs FROM history ORDER BY id LIMIT 1',
        ),
      trimToCount: () => db.prepare<[number]>('DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?'),
      // Events are written as they happen: what comes before the first that is young enough is old.
      trimToAge: () =>
        db.prepare<[number]>(`DELETE FROM history WHERE id < ifnull(
      (SELECT id FROM history WHERE atMs >= ? ORDER BY id LIMIT 1), (SELECT max(id) + 1 FROM history))`),
    });
  }

  add(event: HistoryEvent): void {
    this.#statements.insert.run({
      atMs: event.atMs,
      path: event.path,
      what: event.what,
      device: this.#devices.numberOf(event.device),
      sizeBytes: event.sizeBytes ?? null,
      version: event.version ?? null,
      detail: event.detail ?? null,
      before: event.before === undefined ? null : entryText(event.before),
      beforeMove: event.beforeMove === undefined ? null : entryText(event.beforeMove),
      hold: event.hold ?? null,
    });
  }

  /** Newest first. */
  query({ path, sinceMs = ALWAYS_MS, limit }: HistoryQuery): HistoryRow[] {
    const found =
      path === undefined || path === ''
        ? this.#statements.all.all(sinceMs, limit)
        : this.#statements.ofPath.all(path, sinceMs, `${path}/`, `${path}0`, sinceMs, limit);
    return found.map((columns) => ({
      ...columns,
      device: this.#devices.nameOf(columns.device),
      sizeBytes: columns.sizeBytes ?? undefined,
      version: columns.version ?? undefined,
      detail: columns.detail ?? undefined,
    }));
  }

  /** What the daemon itself has changed, newest first, before this event. */
  applied(beforeId: number, limit: number): AppliedChange[] {
    return this.#statements.applied
      .all(beforeId, limit)
      .map(({ id, atMs, path, device, detail, before, beforeMove, hold }) => ({
        id,
        atMs,
        path,
        device: this.#devices.nameOf(device),
        before: parseEntryText(before),
        moved:
          beforeMove === null || detail === null ? undefined : { from: detail, before: parseEntryText(beforeMove) },
        hold: hold ?? undefined,
      }));
  }

  /** Whether anything has changed at the path after this event. */
  changedAfter(path: RelativePath, id: number): boolean {
    return this.#statements.changedAfter.get(path, id) !== undefined;
  }

  /** The changes that left a version whose ID begins so; of many the first two. */
  ofVersion(prefix: string): number[] {
    return this.#statements.ofVersion.all(prefix, `${prefix}~`).map(({ id }) => id);
  }

  /** The time from which on all is known; undefined when nothing was ever let go. */
  get knownSinceMs(): number | undefined {
    const oldest = this.#statements.oldest.get();
    return oldest === undefined || oldest.id === 1 ? undefined : oldest.atMs;
  }

  trim(maxRows: number, beforeMs: number): number {
    return this.#statements.trimToCount.run(maxRows).changes + this.#statements.trimToAge.run(beforeMs).changes;
  }
}
