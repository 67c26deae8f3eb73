// What the disk showed of one path, and what that means beside what the index knows: a change made here, or nothing.
import type { ErrorCode } from '../../protocol/errors.ts';
import { assertNever } from './assert.ts';
import type { RelativePath } from './path.ts';
import { type Entry, type FileRecord, type LiveEntry, type Maker, isLive, newVersion, sameEntry } from './record.ts';

/** What lstat last showed of a path: how a change is noticed without reading. */
export interface SeenStat {
  readonly kind: 'file' | 'dir' | 'symlink';
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  /** & 0o7777 */
  readonly mode: number;
  readonly nlink: number;
}

/** Three-valued: present, absent, and everything else is unknown and deletes nothing. */
export type Observation =
  | { readonly kind: 'present'; readonly entry: LiveEntry; readonly seen: SeenStat; readonly boundary: boolean }
  /** Its parent was there and was read without an error, and it is not in it. */
  | { readonly kind: 'absent' }
  /** Its stat is the one that is known: nothing was read. */
  | { readonly kind: 'same' }
  /** It changed while it was read: to be looked at again. */
  | { readonly kind: 'changing' }
  /** It could not be looked at, or cannot be synced; it is left as it is. */
  | { readonly kind: 'unknown'; readonly code: ErrorCode };

export interface ObservedTimes {
  readonly nowMs: number;
  /** When this path was last looked at; -Infinity for never. */
  readonly sinceMs: number;
}

export type LocalChange =
  | { readonly kind: 'same' }
  /** The same entry behind another stat: remember the stat, tell nobody. */
  | { readonly kind: 'looked'; readonly seen: SeenStat; readonly boundary: boolean }
  | { readonly kind: 'changed'; readonly record: FileRecord; readonly seen: SeenStat; readonly boundary: boolean }
  /** The disk holds what is or was wanted: a crash came between placing it and writing it down. */
  | { readonly kind: 'arrived'; readonly record: FileRecord; readonly seen: SeenStat; readonly boundary: boolean }
  /** What the index has is gone. To rest, and then to become a tombstone. */
  | { readonly kind: 'vanished' }
  | { readonly kind: 'look again' }
  | { readonly kind: 'skip'; readonly code: ErrorCode };

/** Whether a path may be taken for unchanged without reading it. A directory's own times say nothing of itself. */
export function looksSame(known: SeenStat | undefined, now: SeenStat): boolean {
  if (known === undefined || known.kind !== now.kind) return false;
  if (known.kind === 'dir') return (known.mode & 0o777) === (now.mode & 0o777);
  return sameFile(known, now) && known.ctimeNs === now.ctimeNs && known.mode === now.mode;
}

/** The same file with the same bytes, moved perhaps: a rename sets a new ctime. */
export function sameFile(known: SeenStat, now: SeenStat): boolean {
  return known.kind === now.kind && known.ino === now.ino && known.size === now.size && known.mtimeNs === now.mtimeNs;
}

/**
 * When an edit was made (PRODUCT.md, `newest`): the file's own time if it lies between the last look and now, else now:
 * an old copy put back by `cp -p` was put back now.
 */
export function editedMs(entry: LiveEntry, times: ObservedTimes): number {
  if (entry.kind !== 'file') return times.nowMs;
  const mtimeMs = Number(entry.mtimeUs / 1000n);
  return mtimeMs > times.sinceMs && mtimeMs <= times.nowMs ? mtimeMs : times.nowMs;
}

/** Compares one look with the index. `coming`: what is to come to this path from a peer, or was to come before the start. */
export function judge(
  path: RelativePath,
  observation: Observation,
  known:
    | {
        readonly record: FileRecord;
        readonly seen: SeenStat | undefined;
        readonly keptLocally: boolean;
        readonly boundary?: boolean;
      }
    | undefined,
  coming: readonly FileRecord[],
  maker: Maker,
  times: ObservedTimes,
): LocalChange {
  switch (observation.kind) {
    case 'unknown':
      return { kind: 'skip', code: observation.code };
    case 'same':
      return { kind: 'same' };
    case 'changing':
      return { kind: 'look again' };
    case 'absent':
      return isLive(known?.record) ? { kind: 'vanished' } : { kind: 'same' };
    case 'present': {
      const { entry, seen, boundary } = observation;
      // What is under a mount point that has come or gone is not what we know; nor are its own mode and times.
      if (known?.seen?.kind === 'dir' && entry.kind === 'dir' && (known.boundary ?? false) !== boundary)
        return { kind: 'skip', code: 'E_CROSS_DEVICE' };
      if (known !== undefined && sameEntry(known.record.entry, entry))
        return known.seen !== undefined && looksSame(known.seen, seen)
          ? { kind: 'same' }
          : { kind: 'looked', seen, boundary };
      // A directory that outlived its deletion because of what is ignored in it is not made anew by being seen; another
      // one in its place is.
      if (known?.keptLocally === true && entry.kind === 'dir' && known.seen?.ino === seen.ino) return { kind: 'same' };
      const placed = coming.find((one) => sameEntry(one.entry, entry));
      if (placed !== undefined) return { kind: 'arrived', record: placed, seen, boundary };
      const replaces = known === undefined ? [] : [known.record];
      const record = newVersion(path, entry, replaces, maker, editedMs(entry, times), times.nowMs);
      return { kind: 'changed', record, seen, boundary };
    }
    default:
      return assertNever(observation);
  }
}

/** The tombstone of what has vanished. `hold`: it was held, and approved then. */
export function tombstone(record: FileRecord, maker: Maker, nowMs: number, hold?: number): FileRecord {
  const entry: Entry = { kind: 'absent' };
  const made = newVersion(record.path, entry, [record], maker, nowMs, nowMs);
  return hold === undefined ? made : { ...made, hold };
}
