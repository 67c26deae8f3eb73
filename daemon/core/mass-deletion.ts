// The brake on deletions made here: an unmounted disk, a wrong `rm -r`, an encrypting guest. Pure: counts in, yes or no out.

/** Files fewer than this are never held for their share alone. */
export const FREE_DELETIONS = 20;
export const WINDOW_MS = 60 * 60 * 1000;
/** A folder of fewer entries may become empty. */
const LEAST_ENTRIES = 2;

/** How many deletions went through when; old ones are dropped as it is used. */
export type DeletionLog = readonly { readonly atMs: number; readonly files: number }[];

export interface DeletionsSeen {
  /** Files (not directories) that have vanished and are about to be announced as deleted. */
  readonly files: number;
  /** Live files in the index before that. */
  readonly filesBefore: number;
  /** Live entries of all kinds before and after. */
  readonly entriesBefore: number;
  readonly entriesAfter: number;
  readonly log: DeletionLog;
  readonly nowMs: number;
  /** Share of the files, 0 to 1. 1: never hold. */
  readonly maxDelete: number;
}

/** Whether they are to be held, and why in words. */
export function holdDeletions(seen: DeletionsSeen): string | undefined {
  if (seen.maxDelete >= 1 || seen.files + seen.entriesBefore - seen.entriesAfter === 0) return undefined;
  if (seen.entriesBefore >= LEAST_ENTRIES && seen.entriesAfter === 0)
    return `all ${seen.entriesBefore} entries of the folder were deleted`;
  const before = recent(seen.log, seen.nowMs).reduce((sum, one) => sum + one.files, 0);
  const files = before + seen.files;
  // What was there an hour ago is what the share is of, else 49 % and 49 % of the rest would pass.
  const of = seen.filesBefore + before;
  if (seen.files === 0 || files <= FREE_DELETIONS || files <= of * seen.maxDelete) return undefined;
  return `${files} of ${of} files were deleted within an hour`;
}

export function recent(log: DeletionLog, nowMs: number): DeletionLog {
  return log.filter(({ atMs }) => nowMs - atMs < WINDOW_MS && atMs <= nowMs + WINDOW_MS);
}
