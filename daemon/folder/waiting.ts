// `wait`: whether this folder is in sync, for scripts that have just written something. It never hangs.
import type { DeviceId } from '../core/ids.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { Condition } from './condition.ts';
import type { LinkState, Links } from './links.ts';
import type { WaitResult } from './view.ts';

/** This peer confirms that it holds all that we hold, and we hold all that it announced. */
export function isInSync(state: LinkState, index: FolderIndex): boolean {
  if (!state.caughtUp || state.acked.held < index.seq) return false;
  return index.lowestWanted(state.link.device) === undefined;
}

export interface WaitView {
  readonly condition: Condition;
  /** Nothing here is still to be looked at. */
  readonly localDone: boolean;
  readonly peers: readonly DeviceId[];
  readonly links: Links;
  readonly index: FolderIndex;
}

export type WaitNow =
  | WaitResult
  /** Some peer of the folder is not connected; all others are in sync. */
  | { readonly kind: 'waiting for peers'; readonly connected: number }
  | { readonly kind: 'busy' };

/** How it stands at this moment. */
export function standing({ condition, localDone, peers, links, index }: WaitView): WaitNow {
  switch (condition.kind) {
    case 'paused':
      if (!('code' in condition)) return { kind: 'needs attention', code: 'E_PAUSED', message: 'the folder is paused' };
      return { kind: 'needs attention', code: condition.code, message: condition.message };
    case 'held':
    case 'halted':
      return { kind: 'needs attention', code: condition.code, message: condition.message };
    case 'error':
    case 'scanning':
      return { kind: 'busy' };
    case 'idle':
    case 'syncing':
      break;
  }
  const states = peers.flatMap((device) => links.byDevice(device) ?? []);
  // What is wanted back here was announced long ago: the peers alone do not tell of it.
  const isComing = index.wantedCounts().fetch > 0;
  if (!localDone || isComing || !states.every((state) => isInSync(state, index))) return { kind: 'busy' };
  if (states.length < peers.length || peers.length === 0)
    return { kind: 'waiting for peers', connected: states.length };
  return { kind: 'in sync' };
}

/** What to say when the time is over. */
export function notInTime(
  /** `isMarked`: all that was written before was found by now. */
  { isMarked, now }: { readonly isMarked: boolean; readonly now: WaitNow },
  links: Links,
  index: FolderIndex,
  /** In how long what is gathered by the interval goes out: ms. */
  tellsInMs: number | undefined,
): WaitResult {
  const known: WaitNow = isMarked || now.kind === 'needs attention' ? now : { kind: 'busy' };
  switch (known.kind) {
    case 'in sync':
    case 'not in time':
    case 'needs attention':
      return known;
    case 'waiting for peers':
      // Those that are connected have all of it; the others get it when they come.
      if (known.connected > 0) return { kind: 'in sync' };
      return { kind: 'not in time', why: 'E_NO_PEER', message: 'no peer of the folder is connected' };
    case 'busy': {
      if (links.all.length === 0)
        return { kind: 'not in time', why: 'E_NO_PEER', message: 'no peer of the folder is connected' };
      const behind = links.all.filter((state) => !isInSync(state, index)).map(({ link }) => link.name);
      const wants = index.wantedCounts().fetch;
      const toCome = wants === 1 ? '1 path is' : `${wants} paths are`;
      const message = `not in sync with ${behind.join(', ') || 'the disk'}; ${toCome} still to come`;
      const gathered = tellsInMs === undefined ? '' : `; ${gatheredNote(tellsInMs)}`;
      return { kind: 'not in time', why: 'E_TIMEOUT', message: message + gathered };
    }
  }
}

/** What is said of changes that wait for the interval. */
export function gatheredNote(tellsInMs: number): string {
  return `changes are gathered and sent in ${Math.ceil(tellsInMs / 1000)} s`;
}
