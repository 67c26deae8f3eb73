// What bringing contents needs of its folder, and tells it.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileEntry } from '../core/record.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { WantedRow } from '../index/wanted.ts';
import type { Workers } from '../ports/workers.ts';
import type { RequestsContext } from './requests.ts';

export interface FetchContext extends RequestsContext {
  readonly index: FolderIndex;
  readonly workers: Workers;
  tree(): TreeRef;
  /** In the index, and known not to be on the disk any more: a deletion that rests or is held. */
  isGone(path: RelativePath): boolean;
  /** Ours at these paths are being read: they may be what is wanted there. */
  beingRead(): Iterable<RelativePath>;
  /** Something can be applied now: takeReady() has it. */
  onReady(): void;
  onProblem(path: RelativePath, code: ErrorCode): void;
  /** Nobody who is connected can have these. */
  onNoSource(wants: readonly WantedRow[]): void;
  /** This content was staged after nobody wanted it any more. */
  onUnneeded(left: { readonly path: RelativePath; readonly entry: FileEntry }): void;
  onFailure(error: unknown): void;
}
