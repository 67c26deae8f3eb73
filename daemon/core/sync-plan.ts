// What a folder would do next, sorted into what people ask about: received, deleted, in conflict, sent. Pure; nothing of it
// is done. Everything is counted, and the first paths of each group are named.
import type { DeviceId } from './ids.ts';
import type { RelativePath } from './path.ts';
import { type Entry, type FileRecord, isLive, sameContent } from './record.ts';

/** What would become of one path. */
export interface PlannedPath {
  readonly path: RelativePath;
  readonly what: 'create' | 'change' | 'attributes' | 'move' | 'delete';
  /** That would go over the links: at most, since parts of it may be at hand. */
  readonly bytes: number;
  /** For `move`: from where. */
  readonly from: RelativePath | undefined;
  /** From whom, or to whom. */
  readonly peers: readonly DeviceId[];
}

export interface PlannedGroup {
  readonly count: number;
  readonly bytes: number;
  /** The first {@link MAX_NAMED}. */
  readonly paths: readonly PlannedPath[];
}

/** What would happen if everything went on as it is now. */
export interface SyncPlan {
  /** What peers announced, and is to be here. */
  readonly receive: PlannedGroup;
  /** What would go here. */
  readonly delete: PlannedGroup;
  /** Changed here and elsewhere: theirs wins, ours is kept. */
  readonly conflict: PlannedGroup;
  /** What peers have not got yet, as far as they have said. */
  readonly send: PlannedGroup;
  /** What would go on peers. */
  readonly deleteThere: PlannedGroup;
}

/** Paths that are named of each group. */
export const MAX_NAMED = 1000;

/** A group that is being filled. */
export class Planned implements PlannedGroup {
  count = 0;
  bytes = 0;
  readonly paths: PlannedPath[] = [];

  add(planned: PlannedPath): void {
    this.count++;
    this.bytes += planned.bytes;
    if (this.paths.length < MAX_NAMED) this.paths.push(planned);
  }
}

/** What it is called that one thing takes the place of another. */
export function planned(ours: FileRecord | undefined, entry: Entry): 'create' | 'change' | 'attributes' | 'delete' {
  if (entry.kind === 'absent') return 'delete';
  if (!isLive(ours)) return 'create';
  return sameContent(ours.entry, entry) ? 'attributes' : 'change';
}

/** Size of what would have to be carried for this entry. */
export function bytesOf(entry: Entry): number {
  return entry.kind === 'file' ? entry.size : 0;
}
