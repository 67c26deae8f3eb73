// What changes in an index in one transaction. Where it says positions alone, these are written with the next.
import type { VersionId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { RowChange } from './file-state.ts';
import type { HistoryEvent } from './history.ts';
import type { Positions } from './peers.ts';
import type { KeptVersionRow } from './versions.ts';
import type { Want, WantMark, WantSource } from './wanted.ts';

/** The parts are carried out in the order in which they stand here, positions after the rows. */
export interface Commit extends Positions {
  /** The wall clock in microseconds: sequences are at least that. */
  readonly nowUs: number;
  /** Rows that are let go of without a word to anybody. */
  readonly withdraw?: readonly RelativePath[];
  readonly rows?: readonly RowChange[];
  /** Done: the want and its sources go. */
  readonly unwant?: readonly RelativePath[];
  readonly want?: readonly Want[];
  readonly sources?: readonly WantSource[];
  readonly mark?: readonly WantMark[];
  readonly history?: readonly HistoryEvent[];
  readonly versions?: readonly KeptVersionRow[];
  readonly dropVersions?: readonly VersionId[];
  /** null takes the key away. */
  readonly meta?: readonly (readonly [key: string, value: string | null])[];
}

export function saysPositionsAlone(commit: Commit): boolean {
  for (const name in commit) {
    const part = name as keyof Commit;
    if (part !== 'nowUs' && part !== 'have' && part !== 'peerHolds' && (commit[part]?.length ?? 0) > 0) return false;
  }
  return true;
}
