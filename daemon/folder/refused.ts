// What a peer says it does not take of ours. What we made alone, and none of our peers takes, is withdrawn from the index:
// it stays where it is on the disk, as something that is not synced.
import type { Sequence } from '../core/ids.ts';
import { tombstone } from '../core/observation.ts';
import { isLive } from '../core/record.ts';
import type { RowChange } from '../index/file-state.ts';
import type { RefusedAnnouncement } from '../ports/peers.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';

export function takeRefused(
  context: FolderContext,
  { roles, skipped }: { readonly roles: Roles; readonly skipped: SkippedPaths },
  refused: readonly RefusedAnnouncement[],
): void {
  const { index, clock, self, log } = context;
  const isAlone = roles.master !== undefined;
  const rows: RowChange[] = [];
  for (const { seq, held } of refused) {
    const [told] = index.after((seq - 1) as Sequence, 1);
    // What has changed since has been told again, or will be.
    if (told?.seq !== seq || !isLive(told.record)) continue;
    const { record } = told;
    if (skipped.set(record.path, 'E_ROLE')) log.info('a peer does not take it', { path: record.path, code: 'E_ROLE' });
    if (held || !isAlone || record.origin !== self) continue;
    rows.push({ record: tombstone(record, makerOf(context), clock.nowMs()), seen: undefined, announce: true });
  }
  if (rows.length > 0) index.commit({ nowUs: clock.nowUs(), rows });
}
