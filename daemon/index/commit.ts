// What changes in an index in one transaction.
import type { DeviceId, VersionId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { RowChange } from './file-state.ts';
import type { HistoryEvent } from './history.ts';
import type { Position } from './peers.ts';
import type { KeptVersionRow } from './versions.ts';
import type { Want, WantMark, WantSource } from './wanted.ts';

/** The parts are carried out in the order in which they stand here. */
export interface Commit {
  /** The wall clock in microseconds: sequences are at least that. */
  readonly nowUs: number;
  /** Rows that are let go of without a word to anybody. */
  readonly withdraw?: readonly RelativePath[];
  readonly rows?: readonly RowChange[];
  /** Received up to here. A new epoch drops the peer from all wants first: it will announce again what it has. */
  readonly have?: readonly ({ readonly peer: DeviceId } & Position)[];
  /** What a peer acknowledged as held of ours. */
  readonly peerHolds?: readonly ({ readonly peer: DeviceId } & Position)[];
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
