// A content that is not what was put there, behind a stat that says nobody has touched it: the disk has damaged it. It is no
// edit and goes nowhere; it stays until the same content is here again from a peer, and is then filed as a version.
import type { SeenStat } from '../core/observation.ts';
import { isLive } from '../core/record.ts';
import type { Row } from '../index/file-state.ts';
import type { Want, WantedRow } from '../index/wanted.ts';
import { historyRow } from './chronicle.ts';
import type { FolderContext } from './context.ts';
import type { SkippedPaths } from './skipped.ts';

/** Wants the record of this row once more, unless a newer one is to come anyway. `seen`: what is at the path; undefined when it is gone. */
export function fetchAgain(
  context: FolderContext,
  skipped: SkippedPaths,
  row: Row,
  seen: SeenStat | undefined,
  detail: string,
): void {
  const { index, clock, log, self } = context;
  const { record } = row;
  const { path } = record;
  const nowMs = clock.nowMs();
  const want = index.wanted(path);
  log.warn(detail, { path, code: 'E_DAMAGED' });
  // Named until it is whole again: nobody may have it any more.
  skipped.set(path, 'E_DAMAGED');
  index.commit({
    nowUs: clock.nowUs(),
    rows: [{ ...row, seen, racy: false, announce: false }],
    // What a peer has announced is announced once: it must not be forgotten over this.
    want: want === undefined ? [{ record, why: 'fetch', code: 'E_DAMAGED', sinceMs: nowMs }] : [],
    // It may be the same content with another mode: that is not here any more.
    mark: want === undefined ? [] : [{ path, why: 'fetch', code: 'E_DAMAGED', attempts: want.attempts }],
    history: [
      historyRow({ path, what: 'kept', device: self, direction: 'local', sizeBytes: seen?.size, detail }, nowMs),
    ],
  });
}

/**
 * A path that is ignored from now on has no row. That what lies there is damage is kept in its want, and until when it had
 * not been touched: synced again, it is wanted back as before, and is nobody's edit.
 */
export function damageSetAside(
  want: WantedRow | undefined,
  row: Row | undefined,
): Pick<Want, 'code' | 'sinceMs'> | undefined {
  if (want?.code !== 'E_DAMAGED') return undefined;
  return { code: want.code, sinceMs: row?.seen === undefined ? 0 : changedMs(row.seen) };
}

/** This was known to be damaged when its path was ignored, and nobody has touched it since. */
export function isDamagedStill(want: WantedRow | undefined, seen: SeenStat): want is WantedRow {
  if (want?.why !== 'ignored' || want.code !== 'E_DAMAGED') return false;
  return isLive(want.record) && changedMs(seen) <= want.sinceMs;
}

function changedMs({ ctimeNs }: SeenStat): number {
  return Number(ctimeNs / 1_000_000n);
}
