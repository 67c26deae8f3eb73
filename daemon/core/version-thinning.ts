// Which older contents of one path are let go although their time is not over: all of the last day stay, of the days
// before that one a day.
import type { VersionId } from './ids.ts';

export interface Kept {
  readonly id: VersionId;
  /** When it was replaced: ms. */
  readonly replacedMs: number;
  readonly why: 'replaced' | 'deleted' | 'conflict';
}

export const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Of each day (UTC) the content that was replaced first: it is how the day before ended. The newest of a path always stays,
 * because it is what the path held before it became what it is; so does what lost a conflict: it was never current, and
 * may be all that somebody has of it.
 */
export function thinnedOut(newestFirst: readonly Kept[], nowMs: number): VersionId[] {
  const [, ...others] = newestFirst;
  const days = new Set<number>();
  const gone: VersionId[] = [];
  for (const { id, replacedMs, why } of others.reverse()) {
    if (replacedMs > nowMs - DAY_MS) break;
    if (why === 'conflict') continue;
    const day = Math.floor(replacedMs / DAY_MS);
    if (days.has(day)) gone.push(id);
    days.add(day);
  }
  return gone;
}
