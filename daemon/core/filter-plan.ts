// What other settings of a filter would mean: which paths are set aside, and which are synced again. Pure; nothing is done.
import type { RelativePath } from './path.ts';
import { MAX_NAMED } from './sync-plan.ts';

export interface FilteredPath {
  readonly path: RelativePath;
  readonly bytes: number;
}

export interface FilteredPaths {
  readonly count: number;
  readonly bytes: number;
  /** The first {@link MAX_NAMED}. */
  readonly paths: readonly FilteredPath[];
}

export interface FilterPlan {
  /** Synced now, and not any more: they stay where they are, here and on every device. */
  readonly withdraw: FilteredPaths;
  /** Known from peers, ignored now: they would come. */
  readonly receive: FilteredPaths;
  /** Here, ignored now: they would be sent. */
  readonly include: FilteredPaths;
  /** There is more here, which was not looked at. */
  readonly more: boolean;
}

/** A list that is being filled. */
export class Filtered implements FilteredPaths {
  count = 0;
  bytes = 0;
  readonly paths: FilteredPath[] = [];

  add(path: RelativePath, bytes: number): void {
    this.count++;
    this.bytes += bytes;
    if (this.paths.length < MAX_NAMED) this.paths.push({ path, bytes });
  }
}
