// What has won a conflict since it vanished: whoever deleted it, or a directory above it, knew nothing of the other content.
// A tombstone would end the conflict before anybody has heard of it: what won comes back, and the conflict is listed.
import { type RelativePath, ancestorsOf } from '../core/path.ts';
import { isLive } from '../core/record.ts';
import type { Row } from '../index/file-state.ts';
import type { FolderIndex } from '../index/folder-index.ts';

/**
 * Those of what has vanished, and of what was in it, that come back, with the directories that they are in.
 * @param gone roots of what has vanished, as they are in the index
 * @param before what is known of a path as it was when it vanished: of all that was in a conflict then
 */
export function winnersSince(
  index: FolderIndex,
  gone: readonly Row[],
  before: (path: RelativePath) => Row | undefined,
): ReadonlyMap<RelativePath, Row> {
  const winners = new Map<RelativePath, Row>();
  if (index.conflictCount() === 0) return winners;
  const roots = new Map(gone.map((row) => [row.record.path, row]));
  for (const row of [...gone, ...index.conflicts()]) {
    const { path } = row.record;
    if (!isLive(row.record) || row.seen === undefined || !hasWonSince(before(path), row)) continue;
    const way = [path, ...ancestorsOf(path)];
    const top = way.findLastIndex((one) => roots.has(one));
    for (const one of way.slice(0, top + 1)) {
      const its = one === path ? row : index.row(one);
      if (its !== undefined) winners.set(one, its);
    }
  }
  return winners;
}

function hasWonSince(before: Row | undefined, { record }: Row): boolean {
  const known = new Set(before?.record.lost.map(({ sha256 }) => sha256));
  return record.lost.some(({ sha256 }) => !known.has(sha256));
}
