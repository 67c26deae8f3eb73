// The control API's part about conflicts: what is listed, and how one is settled.

export interface ConflictItem {
  readonly folder: string;
  readonly path: string;
  /** Device ID of the device whose content is in the folder. */
  readonly winner: string;
  readonly winner_name: string;
  readonly loser: string;
  readonly loser_name: string;
  /** When the losing content was edited. */
  readonly edited: string;
  readonly size: number;
  readonly sha256: string;
  /** The losing content, if this device keeps it: what `restore --version` takes. */
  readonly version: string | null;
  /** The path at which it stands beside the winner, if it does. */
  readonly copy: string | null;
}

export type KeepName = 'local' | 'remote' | 'both';

export interface ResolveAnswer {
  readonly folder: string;
  readonly path: string;
  readonly keep: KeepName;
  /** With `both`: where the other contents are. */
  readonly copies: readonly string[];
}

export interface AskedResolve {
  readonly folder: string;
  readonly path: string;
  /** One of {@link KeepName}. */
  readonly keep: string;
}
