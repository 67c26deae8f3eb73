// How a conflict ends: two versions of one path of which neither has seen the other. The order is total and lies in
// the records alone, so every device, in whatever order it hears of them, comes to the same winner.
import type { DeviceId, Sha256 } from './ids.ts';
import { type FileRecord, type LostContent, MAX_OVER, joinLost, sameContent } from './record.ts';
import { merge } from './version-vector.ts';

/**
 * Negative when `a` loses against `b`. By stamp, then the authority's mark, then the maker's epoch. Stamps rise along
 * causality, so the order never puts a version before one that it replaces. Records that tie in all of it were made by
 * one device in one epoch with one stamp: their content decides, so that the order stays total even then.
 */
export function compareVersions(a: FileRecord, b: FileRecord): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  if (a.mark !== b.mark) return a.mark ? 1 : -1;
  if (a.maker !== b.maker) return a.maker < b.maker ? -1 : 1;
  const [x, y] = [contentKey(a), contentKey(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

function contentKey({ entry }: FileRecord): string {
  switch (entry.kind) {
    case 'file':
      return `3 ${entry.sha256} ${entry.mode} ${entry.mtimeUs}`;
    case 'symlink':
      return `2 ${entry.target}`;
    case 'dir':
      return `1 ${entry.mode}`;
    case 'absent':
      return '0';
  }
}

/** The winner, knowing what the loser knew. The loser's content is named in it until somebody settles the conflict. */
export function settle(winner: FileRecord, loser: FileRecord, hash: (text: string) => Sha256): FileRecord {
  const lost = sameContent(winner.entry, loser.entry) ? [] : lostContent(loser, hash);
  const over = (one: LostContent): LostContent => lostOver(one, winner);
  return {
    ...winner,
    vector: merge(winner.vector, loser.vector),
    lost: winner.entry.kind === 'absent' ? [] : joinLost(winner.lost, loser.lost.map(over), lost.map(over)),
  };
}

/** It lost against this version, and against what that one is made of. */
export function lostOver(lost: LostContent, winner: FileRecord): LostContent {
  return winner.vector.length > MAX_OVER ? { ...lost, over: undefined } : { ...lost, over: winner.vector };
}

/** What a conflict's loser leaves behind: a file's or a link's content. Directories and tombstones have none. */
export function lostContent(loser: FileRecord, hash: (text: string) => Sha256): readonly LostContent[] {
  const { entry, stamp } = loser;
  const origin: DeviceId = loser.origin;
  switch (entry.kind) {
    case 'file':
      return [{ kind: 'file', sha256: entry.sha256, sizeBytes: entry.size, origin, stamp }];
    case 'symlink':
      return [{ kind: 'symlink', sha256: hash(entry.target), sizeBytes: entry.target.length, origin, stamp }];
    case 'dir':
    case 'absent':
      return [];
  }
}
