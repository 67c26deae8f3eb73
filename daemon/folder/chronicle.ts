// Tells what happened: a row of history for the index, a line for the log and an event for whoever follows. Many changes
// in one batch become one line.
import type { DeviceId, VersionId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Entry, FileRecord } from '../core/record.ts';
import { isLive, sameContent } from '../core/record.ts';
import type { HistoryEvent, HistoryWhat } from '../index/history.ts';
import type { FolderContext } from './context.ts';

/** Lines of the log for one batch; more become a summary. */
const MAX_LINES = 100;

export interface Happened {
  readonly path: RelativePath;
  readonly what: HistoryWhat;
  readonly device: DeviceId;
  readonly direction: 'local' | 'received';
  readonly sizeBytes: number | undefined;
  readonly version?: VersionId | undefined;
  readonly detail?: string | undefined;
  /** What the daemon found at the path, where it has changed it itself: what `undo` goes back to. */
  readonly before?: Entry | undefined;
  /** The same of the path that a move took it from. */
  readonly beforeMove?: Entry | undefined;
  /** Of a deletion that was held: when it was approved. */
  readonly hold?: number | undefined;
}

/** What a change from one entry to another is called. */
export function whatHappened(before: Entry | undefined, after: Entry): HistoryWhat {
  if (after.kind === 'absent') return 'deleted';
  if (before === undefined || before.kind === 'absent') return 'created';
  return sameContent(before, after) ? 'attributes' : 'changed';
}

export function sizeOf(record: FileRecord): number | undefined {
  return record.entry.kind === 'file' ? record.entry.size : undefined;
}

export function historyRow(happened: Happened, nowMs: number): HistoryEvent {
  const { path, what, device, sizeBytes, version, detail, before, beforeMove, hold } = happened;
  return { atMs: nowMs, path, what, device, sizeBytes, version, detail, before, beforeMove, hold };
}

/** A conflict that is heard of with this version, and in which what was here stays. */
export function stays(before: FileRecord | undefined, after: FileRecord): readonly Happened[] {
  return conflictIn(before, after, 'changed on both sides; the version here stays, the other is kept where it was');
}

/** A conflict between others, of a path that was here before: somebody who has just come hears of none that is over. */
export function elsewhere(before: FileRecord | undefined, after: FileRecord): readonly Happened[] {
  if (!isLive(before)) return [];
  return conflictIn(before, after, 'changed on two other devices; one version comes here, the other is kept there');
}

function conflictIn(before: FileRecord | undefined, after: FileRecord, detail: string): readonly Happened[] {
  const known = new Set(before?.lost.map(({ sha256 }) => sha256));
  if (after.lost.every(({ sha256 }) => known.has(sha256))) return [];
  const { path, origin: device } = after;
  return [{ path, what: 'conflict', device, direction: 'received', sizeBytes: sizeOf(after), detail }];
}

/** To be called once it is in the index. */
export function tell(context: FolderContext, batch: readonly Happened[]): void {
  const { log } = context;
  for (const { path, what, device, direction, sizeBytes, detail } of batch.slice(0, MAX_LINES)) {
    const kind = what === 'conflict' ? 'conflict' : 'change';
    context.emit({ kind, path, what, device, direction, sizeBytes, code: undefined });
    log.info(`${direction === 'local' ? 'sends' : 'received'}: ${what}`, {
      path,
      size: sizeBytes,
      ...(direction === 'received' && { peer: context.deviceName(device) }),
      why: detail,
    });
  }
  if (batch.length <= MAX_LINES) return;
  const rest = batch.slice(MAX_LINES);
  for (const { path, what, device, direction, sizeBytes } of rest) {
    const kind = what === 'conflict' ? 'conflict' : 'change';
    context.emit({ kind, path, what, device, direction, sizeBytes, code: undefined });
  }
  log.info(`and ${rest.length} more in the same batch`, { first: rest[0]?.path, last: rest.at(-1)?.path });
}
