// What an operation found, and whether what is at a place is what was expected there.
import type { ErrorCode } from '../../protocol/errors.ts';
import { type SeenStat, looksSame, sameFile } from '../core/observation.ts';
import type { Expected } from '../core/plan.ts';
import type { Directory, Stat } from '../ports/file-system.ts';
import { codeOf, isAbsent } from './errno.ts';
import { type Place, seenOf } from './tree.ts';
import type { Filed } from './versions.ts';

export type Outcome =
  | { readonly kind: 'done'; readonly seen: SeenStat | undefined; readonly filed: readonly Filed[] }
  /** The path is not as the plan assumed: to be looked at and decided again. What had to be kept is in `filed`. */
  | { readonly kind: 'changed'; readonly filed: readonly Filed[] }
  /** A directory that was to go holds something that nobody has looked at, or that is not synced. */
  | { readonly kind: 'not empty' }
  /** What was to take its place is not in staging any more: it must be fetched again. */
  | { readonly kind: 'not staged' }
  | {
      readonly kind: 'problem';
      readonly code: ErrorCode;
      readonly message: string;
      /** What was there lies in staging, or in the version store unlisted: it could neither be kept well nor be put back. */
      readonly stranded?: boolean;
    };

export const CHANGED: Outcome = { kind: 'changed', filed: [] };

/** It stays where it is, and is filed and listed as soon as the disk lets it be. */
export function strand(error: unknown): Outcome {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return { kind: 'problem', code, message: 'what was there could neither be kept nor be put back yet', stranded: true };
}

export function lookAt(dir: Directory, name: string): Stat | undefined {
  try {
    return dir.lstat(name);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export function isExpected(expect: Expected, now: Stat | undefined): boolean {
  if (expect === 'absent') return now === undefined;
  const seen = now && seenOf(now);
  return seen !== undefined && looksSame(expect, seen);
}

/** Whether what came out is what was looked at: all but the ctime, which the rename itself has set. */
export function isTaken(expect: SeenStat, taken: Stat): boolean {
  const seen = seenOf(taken);
  if (seen === undefined) return false;
  return expect.kind === 'dir' ? seen.kind === 'dir' : sameFile(expect, seen);
}

/**
 * What is remembered of a place is what we put there. Somebody may have written, or taken it away, since: then it is the
 * stat of before that is remembered, and what is there differs from it at the next look. Remembered as it is by now, an
 * edit that came a microsecond after us would pass for the content that we brought.
 */
export function placed(place: Place, put: Stat, filed: readonly Filed[] = []): Outcome {
  const now = lookAt(place.dir, place.name);
  const [before, after] = [seenOf(put), now && seenOf(now)];
  return { kind: 'done', seen: isSamePut(before, after) ? after : before, filed };
}

/** All but the ctime, which taking the place has set; of a directory also but the times, which are not its own. */
function isSamePut(before: SeenStat | undefined, after: SeenStat | undefined): boolean {
  if (before === undefined || after === undefined || before.mode !== after.mode) return false;
  return before.kind === 'dir' ? after.kind === 'dir' && before.ino === after.ino : sameFile(before, after);
}
