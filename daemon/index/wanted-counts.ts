// How many wants there are of each kind, counted once and kept up to date with each change.
import type Database from 'better-sqlite3';
import type { FileRecord } from '../core/record.ts';

/**
 * fetch: to be applied. held: waits for a peer that has it. skipped: cannot be, `code` says why. ignored: is not synced here,
 * and is decided anew when the filter changes. The last two count as held towards peers.
 */
export type WantedWhy = 'fetch' | 'held' | 'skipped' | 'ignored';

export interface WantedCounts {
  readonly count: number;
  /** Of the files that are to be fetched. */
  readonly bytes: number;
  readonly fetch: number;
  readonly held: number;
  /** With those that are tried again. */
  readonly skipped: number;
  readonly ignored: number;
  /** Tombstones, whatever they wait for. */
  readonly absent: number;
}

export type Counted = { readonly why: WantedWhy; readonly record: FileRecord };

export function addTo(counts: WantedCounts, row: Counted | undefined, n: number): WantedCounts {
  if (row === undefined) return counts;
  const { entry } = row.record;
  const bytes = row.why === 'fetch' && entry.kind === 'file' ? n * entry.size : 0;
  const absent = counts.absent + (entry.kind === 'absent' ? n : 0);
  return { ...counts, count: counts.count + n, bytes: counts.bytes + bytes, absent, [row.why]: counts[row.why] + n };
}

export function countAll(db: Database.Database): WantedCounts {
  const counts = { count: 0, bytes: 0, fetch: 0, held: 0, skipped: 0, ignored: 0, absent: 0 };
  const all = db.prepare<[], { why: WantedWhy; n: number; size: number; absent: number }>(
    `SELECT why, count(*) AS n, sum(size) AS size, sum(kind = 'absent') AS absent FROM wanted GROUP BY why`,
  );
  for (const { why, n, size, absent } of all.iterate()) {
    counts.count += n;
    counts.absent += absent;
    counts[why] = n;
    if (why === 'fetch') counts.bytes = size;
  }
  return counts;
}
