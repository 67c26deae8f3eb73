// A live child makes every ancestor a live directory: the records of directories that live because of what is in them,
// whatever was decided about them alone. Each has the mode that it has on a device that never lost it.
import { lostContent } from '../core/conflict.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, type LiveEntry, type Maker, joinLost, newVersion } from '../core/record.ts';
import { count, countOf } from '../core/version-vector.ts';
import { hashText } from '../disk/versions.ts';
import type { WantedRow } from '../index/wanted.ts';
import type { Links } from './links.ts';

/** So long a peer is waited for that has the directory, and has not said so. */
const SAYS_SO_WITHIN_MS = 10_000;
/** Nobody here knows who may look into it: whoever had it makes it wider. */
const PRIVATE = 0o700;

/** A connected peer has what is to be in a directory, in that directory: it makes it anew when it hears that ours is gone. */
export function isBroughtAlong({ sources, sinceMs }: WantedRow, links: Links, nowMs: number): boolean {
  if (Math.abs(nowMs - sinceMs) > SAYS_SO_WITHIN_MS) return false;
  return sources.some(({ peer }) => links.byDevice(peer) !== undefined);
}

/** A directory that is not here, or is to go or to be something else, and in which something is to live. */
export function madeAgain(
  path: RelativePath,
  ours: FileRecord | undefined,
  announced: readonly FileRecord[],
  maker: Maker,
  nowMs: number,
): FileRecord {
  const replaces = ours === undefined ? announced : [ours, ...announced];
  const entry: LiveEntry = ours?.entry.kind === 'dir' ? ours.entry : { kind: 'dir', mode: PRIVATE };
  // It is nobody's edit, and as old as it can be: whoever has the directory has its mode.
  const record = newVersion(path, entry, replaces, maker, 0, nowMs);
  return { ...record, lost: joinLost(record.lost, ...replaces.map((one) => lostContent(one, hashText))) };
}

/** A directory that was removed or replaced elsewhere, and in which something lives here. */
export function livesOn(ours: FileRecord, announced: readonly FileRecord[], maker: Maker, nowMs: number): FileRecord {
  const record = newVersion(ours.path, ours.entry, [ours, ...announced], maker, ours.stamp, nowMs);
  return { ...record, lost: joinLost(record.lost, ...announced.map((one) => lostContent(one, hashText))) };
}

/**
 * A version that was made just now, beside what is wanted. A directory that we have made again is wanted before it is
 * here, and has our count: what comes after it counts on from there, or it would look like something that the directory
 * has seen (the clock may have been set back, or both came in one millisecond).
 */
export function notSeenIn(announced: readonly FileRecord[], made: FileRecord): FileRecord {
  const { maker, vector } = made;
  const highest = Math.max(...announced.map((one) => countOf(one.vector, maker)));
  return highest < countOf(vector, maker) ? made : { ...made, vector: count(vector, maker, highest + 1) };
}
