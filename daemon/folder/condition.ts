// What a folder is doing, or why it does nothing. folder.ts owns the one value of a folder; status and log read it.
import type { ErrorCode } from '../../protocol/errors.ts';

export type Condition =
  | { readonly kind: 'scanning' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'syncing' }
  | { readonly kind: 'paused' }
  /** By its schedule. */
  | { readonly kind: 'paused'; readonly code: 'E_SCHEDULE'; readonly message: string }
  /** A mass deletion waits for approve or reject; everything else goes on. */
  | { readonly kind: 'held'; readonly code: 'E_MASS_DELETE'; readonly message: string; readonly deletions: number }
  /** Nothing is read, written or deleted until the cause is gone. */
  | { readonly kind: 'halted'; readonly code: ErrorCode; readonly message: string }
  /** Something failed that should not; it is tried again with growing pauses. */
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string };

export function needsAttention(condition: Condition): boolean {
  return condition.kind === 'held' || condition.kind === 'halted' || condition.kind === 'error';
}
