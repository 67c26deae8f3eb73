// The full check against the disk that is due: a restart, a mount or a lost hint must not hide a change for longer than the
// configured interval.
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';
import type { LocalChanges } from './local.ts';

export function rescanIfDue({ clock, settings }: FolderContext, local: LocalChanges, hints: Hints): void {
  const last = local.lastFullScanMs;
  if (local.scanning || last === undefined) return;
  if (clock.monotonicMs() - last < settings().rescanMs) return;
  hints.add({ kind: 'everything', why: 'rescan' });
}
