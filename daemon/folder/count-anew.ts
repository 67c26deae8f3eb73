// Versions that were made on an index which turns out to be an older copy. It went on counting where it stood: what it has
// forgotten may count as high, or higher, and these would look like what came before that, an edit like something deleted
// since. In the new epoch they stand beside it.
import type { Epoch } from '../core/ids.ts';
import { type FileRecord, isUnsynced } from '../core/record.ts';
import { count, countOf } from '../core/version-vector.ts';
import type { RowChange } from '../index/file-state.ts';
import type { FolderContext } from './context.ts';

const AT_ONCE = 1000;

/** Counts in `epoch`, which is to begin, what this device has made since its index was opened and heard nothing from others. */
export function countAnew(context: FolderContext, epoch: Epoch): void {
  const { index, clock, self } = context;
  const last = index.seq;
  let from = index.run.openedAt;
  while (from < last) {
    const page = index.after(from, AT_ONCE).filter(({ seq }) => seq <= last);
    const rows = page.flatMap(({ record, movedFrom }): RowChange[] => {
      const row = index.row(record.path);
      if (row === undefined || record.maker !== index.epoch || isUnsynced(record, self)) return [];
      // What is wanted there was decided on beside it as it is.
      if (index.wanted(record.path) !== undefined) return [];
      return [{ ...row, record: inEpoch(record, epoch, clock.nowMs()), movedFrom, announce: true }];
    });
    if (rows.length > 0) index.commit({ nowUs: clock.nowUs(), rows });
    from = page.at(-1)?.seq ?? last;
  }
}

/** Another version may have its very count: all that is sure to have been seen is what counts less. */
function inEpoch(record: FileRecord, epoch: Epoch, nowMs: number): FileRecord {
  const { vector, maker } = record;
  const less = countOf(vector, maker) - 1;
  const seen = vector.map(([key, n]) => [key, key === maker ? less : n] as const).filter(([, n]) => n > 0);
  return { ...record, vector: count(seen, epoch, nowMs), maker: epoch };
}
