// What is not synced here any more, or not yet: the version that was held, beside those that were announced. It is kept as
// something that a peer might have said, so that nothing is forgotten and nothing is deleted when it is synced again.
import type { FileRecord } from './record.ts';
import type { ReconcileContext } from './reconcile.ts';
import { reconcileAll, withAnnounced } from './rivals.ts';

export interface SetAside {
  readonly record: FileRecord;
  readonly rivals: readonly FileRecord[];
}

/** `held`: the version that this device held; `announced`: those that were wanted over it. */
export function setAside(held: FileRecord, announced: readonly FileRecord[], context: ReconcileContext): SetAside {
  const all = withAnnounced(announced, held, context.hash) ?? announced;
  const { content } = reconcileAll(undefined, all, context);
  const record = content ?? held;
  return { record, rivals: all.filter((one) => one !== record) };
}
