// `wait`: over one folder or all. It never hangs: beside the folder's own deadline there is one here.
import type { Answer, Asked, WaitAnswer, WaitKind } from '../../protocol/control.ts';
import { assertNever } from '../core/assert.ts';
import type { ControlledFolder, FolderSnapshot, WaitResult } from '../folder/view.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { findFolders, findSnapshots } from './find.ts';
import { whenOpened } from './opening.ts';

const DEFAULT_TIMEOUT_S = 60;
/** How long after its deadline a folder may still be about to answer. */
const GRACE_MS = 2_000;

export async function waitFor(
  daemon: ControlledDaemon,
  clock: Clock,
  asked: Asked<'wait'>,
  signal: AbortSignal,
): Promise<WaitAnswer> {
  const timeoutMs = (asked.timeout_s ?? DEFAULT_TIMEOUT_S) * 1000;
  const beganMs = clock.monotonicMs();
  await opened(daemon, asked.folder, clock, timeoutMs, signal);
  const left = Math.max(0, timeoutMs - (clock.monotonicMs() - beganMs));
  const standing = findSnapshots(daemon, asked.folder).filter(({ name }) => !daemon.folders().has(name));
  if (standing.length > 0) return { result: worst(standing.map(resultOf)), folders: standing.map(tellStanding) };
  const folders = findFolders(daemon, asked.folder);
  // What needs attention is told at once: the other folders need not be waited for any more.
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const results = await Promise.all(
    folders.map(async (folder) => {
      const result = await withDeadline(folder, clock, left, either);
      if (result.kind === 'needs attention') enough.abort();
      return tell(folder, result);
    }),
  );
  return { result: worst(results.map((one) => one.result)), folders: results };
}

/** A daemon that has just started opens its folders: until then nobody can say how they stand. */
async function opened(
  daemon: ControlledDaemon,
  folder: string | undefined,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  // What is not there need not be waited for.
  if (findSnapshots(daemon, folder).every(({ name }) => daemon.folders().has(name))) return;
  await whenOpened(daemon.opened(), clock, timeoutMs, signal);
}

/** A folder that does not run: it has a problem, or its disk does not answer. */
function tellStanding(snapshot: FolderSnapshot): WaitAnswer['folders'][number] {
  const { name, condition } = snapshot;
  const result = resultOf(snapshot);
  if (condition.kind === 'error') return { name, result, code: condition.code, message: condition.message };
  return { name, result, code: 'E_TIMEOUT', message: `${name} is still being opened` };
}

function resultOf({ condition }: FolderSnapshot): WaitKind {
  return condition.kind === 'error' ? 'needs-attention' : 'not-in-time';
}

function withDeadline(
  folder: ControlledFolder,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<WaitResult> {
  let timer: Timer | undefined;
  const late = new Promise<WaitResult>((resolve) => {
    const message = `${folder.name} was not in sync in time`;
    const giveUp = (): void => resolve({ kind: 'not in time', why: 'E_TIMEOUT', message });
    timer = clock.after(timeoutMs + GRACE_MS, giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  return Promise.race([folder.wait(timeoutMs, signal), late]).finally(() => timer?.cancel());
}

function tell(folder: ControlledFolder, result: WaitResult): Answer<'wait'>['folders'][number] {
  switch (result.kind) {
    case 'in sync':
      return { name: folder.name, result: 'in-sync', code: null, message: null };
    case 'not in time':
      return { name: folder.name, result: 'not-in-time', code: result.why, message: result.message };
    case 'needs attention':
      return { name: folder.name, result: 'needs-attention', code: result.code, message: result.message };
    default:
      return assertNever(result);
  }
}

function worst(results: readonly WaitKind[]): WaitKind {
  if (results.includes('needs-attention')) return 'needs-attention';
  return results.includes('not-in-time') ? 'not-in-time' : 'in-sync';
}
