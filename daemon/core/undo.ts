// What to go back to when changes are undone: which changes belong together, and how each path was before the first of them.
import type { DeviceId } from './ids.ts';
import type { RelativePath } from './path.ts';
import type { Entry } from './record.ts';

/** A change that this device has carried out on its disk for somebody: another device, or a person who restored. */
export interface AppliedChange {
  /** Rising in the order of events. */
  readonly id: number;
  readonly atMs: number;
  readonly path: RelativePath;
  /** The device that made the change. */
  readonly device: DeviceId;
  /** What was at the path. */
  readonly before: Entry;
  /** The path that its content was taken from by a rename, and what was there. */
  readonly moved: { readonly from: RelativePath; readonly before: Entry } | undefined;
  /** Of a deletion that was held: when it was approved (`hold` of its record). */
  readonly hold: number | undefined;
}

/** How a path was before a range of changes. */
export interface StateBefore {
  readonly path: RelativePath;
  readonly entry: Entry;
  /** The last change of the range at this path: what came after it is somebody's later work. */
  readonly lastId: number;
}

/** A longer pause between two changes of one device begins another group: 10 s (PRODUCT.md, `undo --last`). */
export const GROUP_PAUSE_MS = 10_000;

/**
 * The changes of whoever made the newest one, back to their first pause. Changes of others in between are not of it. An
 * approved hold is a group of its own, however it came: together, in pieces, or just after other changes.
 */
export function lastGroup(newestFirst: Iterable<AppliedChange>): AppliedChange[] {
  const group: AppliedChange[] = [];
  let last: AppliedChange | undefined;
  for (const change of newestFirst) {
    last ??= change;
    const isOne = last.hold !== undefined;
    if (!isOne && last.atMs - change.atMs > GROUP_PAUSE_MS) break;
    if (change.device !== last.device) continue;
    if (change.hold !== last.hold) {
      if (isOne) continue;
      break;
    }
    group.push(change);
    last = change;
  }
  return group;
}

/** Each path of these changes once, as it was before the first of them. */
export function statesBefore(newestFirst: Iterable<AppliedChange>): StateBefore[] {
  const states = new Map<RelativePath, StateBefore>();
  const note = (path: RelativePath, entry: Entry, id: number): void => {
    states.set(path, { path, entry, lastId: states.get(path)?.lastId ?? id });
  };
  for (const { id, path, before, moved } of newestFirst) {
    note(path, before, id);
    if (moved !== undefined) note(moved.from, moved.before, id);
  }
  return [...states.values()];
}
