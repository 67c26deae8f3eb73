// A record: what one device knows of one path. Records are what the index keeps, what peers exchange and what
// decisions are made from; two devices with the same records hold the same tree.
import type { DeviceId, Epoch, Sequence, Sha256 } from './ids.ts';
import type { RelativePath } from './path.ts';
import { type VersionVector, count, merge } from './version-vector.ts';

/** What is at a path. `mode` is always & 0o777: owner, group and the special bits stay as each machine has them. */
export type Entry =
  | {
      readonly kind: 'file';
      readonly size: number;
      readonly sha256: Sha256;
      readonly mode: number;
      /** Microseconds since 1970: the finest that every file system and peer keeps. May be negative. */
      readonly mtimeUs: bigint;
    }
  | { readonly kind: 'dir'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'absent' };

export type LiveEntry = Exclude<Entry, { kind: 'absent' }>;
export type FileEntry = Extract<Entry, { kind: 'file' }>;

/** A content that lost a conflict: kept in the version store of the device that replaced it. */
export interface LostContent {
  readonly kind: 'file' | 'symlink';
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly origin: DeviceId;
  /** When the losing version was edited, as its stamp says: milliseconds. */
  readonly stamp: number;
  /**
   * What the version that stays had seen when it won: who merges the two looks for a content that both have begun from.
   * Undefined where nobody could say, or too many have worked on it.
   */
  readonly over?: VersionVector | undefined;
}

/** Of more makers than this {@link LostContent.over} says nothing: eight of them have to fit into a message. */
export const MAX_OVER = 16;

/** More losers of one path than this are not listed; each is in a version store all the same. */
export const MAX_LOST = 8;

/** One version of one path. Entry `absent` makes it a tombstone. */
export interface FileRecord {
  readonly path: RelativePath;
  readonly entry: Entry;
  readonly vector: VersionVector;
  /** The device that made this version. */
  readonly origin: DeviceId;
  /** The epoch in which it was made: the maker, last in the order of conflicts. */
  readonly maker: Epoch;
  /** max(stamps of all that it replaces + 1, time of the edit in ms). Decides conflicts, never causality. */
  readonly stamp: number;
  /** Made on the folder's authority. */
  readonly mark: boolean;
  /** Conflicts of this path that nobody has settled yet, sorted by hash. */
  readonly lost: readonly LostContent[];
  /**
   * Of a tombstone: the deletion was held, and this is when its maker approved it, in milliseconds. Tombstones of one origin
   * with the same one were let through together. Undefined for all others.
   */
  readonly hold?: number | undefined;
}

/**
 * The stamp of a version that was made where its role does not allow it: it loses against everything, and nobody is told
 * of it. It stands for what lies on the disk until that has made room.
 */
export const UNSYNCED_STAMP = Number.MIN_SAFE_INTEGER;

/** Whether this is what lies on our own disk against the role. */
export function isUnsynced({ stamp, origin }: Pick<FileRecord, 'stamp' | 'origin'>, self: DeviceId): boolean {
  return stamp === UNSYNCED_STAMP && origin === self;
}

/** A record as a device holds it, at that device's own sequence. */
export interface SequencedRecord {
  readonly record: FileRecord;
  readonly seq: Sequence;
  /** The path that this one was moved from, when the tombstone of that path has the sequence just before. */
  readonly movedFrom: RelativePath | undefined;
}

/** Who makes versions here: what a new version is signed with. */
export interface Maker {
  readonly device: DeviceId;
  readonly epoch: Epoch;
  readonly mark: boolean;
}

export function isLive(record: FileRecord | undefined): record is FileRecord & { readonly entry: LiveEntry } {
  return record !== undefined && record.entry.kind !== 'absent';
}

/** The same bytes, link or directory, whatever its mode and time. */
export function sameContent(a: Entry, b: Entry): boolean {
  switch (a.kind) {
    case 'file':
      return b.kind === 'file' && a.sha256 === b.sha256 && a.size === b.size;
    case 'symlink':
      return b.kind === 'symlink' && a.target === b.target;
    case 'dir':
    case 'absent':
      return a.kind === b.kind;
  }
}

/** The same in everything that is synced. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (!sameContent(a, b)) return false;
  if (a.kind === 'file' && b.kind === 'file') return a.mode === b.mode && a.mtimeUs === b.mtimeUs;
  if (a.kind === 'dir' && b.kind === 'dir') return a.mode === b.mode;
  return true;
}

/**
 * A new version of a path, over all versions in `replaces`.
 * @param editedMs when it was edited (PRODUCT.md, `newest`), wall clock in milliseconds
 * @param nowMs the wall clock
 */
export function newVersion(
  path: RelativePath,
  entry: Entry,
  replaces: readonly FileRecord[],
  maker: Maker,
  editedMs: number,
  nowMs: number,
): FileRecord {
  const vector = replaces.reduce<VersionVector>((all, one) => merge(all, one.vector), []);
  // A stamp that cannot rise any more stays: what comes after it is still newer by its vector.
  const stamp = replaces.reduce((least, one) => Math.max(least, nextStamp(one.stamp)), Math.trunc(editedMs));
  return {
    path,
    entry,
    vector: count(vector, maker.epoch, nowMs),
    origin: maker.device,
    maker: maker.epoch,
    stamp,
    mark: maker.mark,
    // A conflict is over when it was settled, not when somebody who never saw it went on editing.
    lost: entry.kind === 'absent' ? [] : joinLost(...replaces.map((one) => one.lost)),
  };
}

/** Peers take no greater one than the greatest safe integer. */
const nextStamp = (stamp: number): number => Math.min(stamp + 1, Number.MAX_SAFE_INTEGER);

/** Whether the losers are listed in the same words: devices that list them differently tell each other. */
export function sameLost(a: readonly LostContent[], b: readonly LostContent[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      return other?.sha256 === one.sha256 && compareLost(one, other) === 0;
    })
  );
}

/** Which of two that name one content says it for both: a total order, so that all devices come to the same. */
function compareLost(a: LostContent, b: LostContent): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  if (a.origin !== b.origin) return a.origin < b.origin ? 1 : -1;
  const [x, y] = [overKey(a), overKey(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

const overKey = ({ over }: LostContent): string => over?.join(' ') ?? '';

/** All losers of several records, each content once, sorted, at most {@link MAX_LOST} (the newest). */
export function joinLost(...lists: readonly (readonly LostContent[])[]): readonly LostContent[] {
  const byHash = new Map<Sha256, LostContent>();
  for (const lost of lists.flat()) {
    const known = byHash.get(lost.sha256);
    if (known === undefined || compareLost(lost, known) > 0) byHash.set(lost.sha256, lost);
  }
  if (byHash.size === 0) return [];
  return [...byHash.values()]
    .sort((a, b) => b.stamp - a.stamp || (a.sha256 < b.sha256 ? -1 : 1))
    .slice(0, MAX_LOST)
    .sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}
