// What is deleted here while a peer that may only edit has a new content for it on the way: that peer may not make it anew.
// The tombstone is over the edit too, which its device takes back and keeps in its version store.
import { tombstone } from '../core/observation.ts';
import { type FileRecord, isLive, newVersion } from '../core/record.ts';
import { type WantedRow, wantedVersions } from '../index/wanted.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Roles } from './roles.ts';

export interface TakenAway {
  readonly record: FileRecord;
  /** The edit that is not wanted any more. */
  readonly denied: WantedRow | undefined;
}

/** @param hold see {@link tombstone} */
export function takenAway(context: FolderContext, roles: Roles, record: FileRecord, hold?: number): TakenAway {
  const { index, clock } = context;
  const [maker, nowMs] = [makerOf(context), clock.nowMs()];
  const want = index.wanted(record.path);
  const mayComeBack = want?.sources.length === 0 || want?.sources.some(({ peer }) => roles.granted(peer) === 'two-way');
  if (want === undefined || mayComeBack === true || !isLive(want.record))
    return { record: tombstone(record, maker, nowMs, hold), denied: undefined };
  const over = [record, ...wantedVersions(want)];
  const made = newVersion(record.path, { kind: 'absent' }, over, maker, nowMs, nowMs);
  return { record: hold === undefined ? made : { ...made, hold }, denied: want };
}
