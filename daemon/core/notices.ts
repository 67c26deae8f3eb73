// What people are told of by `notify`: which rule wants what, what waits is put together, and which peers have been away
// for long enough. Pure.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId, FolderName } from './ids.ts';
import type { RelativePath } from './path.ts';
import type { FolderSettings, NoticeKind, NoticeRule } from './settings.ts';

/** One thing that has happened. */
export interface Notice {
  readonly kind: NoticeKind;
  readonly atMs: number;
  readonly folder: FolderName;
  readonly path: RelativePath | undefined;
  readonly peer: DeviceId | undefined;
  readonly code: ErrorCode | undefined;
  readonly message: string;
}

/** Several of one kind that have not been told yet; the message is that of the last. */
export interface Gathered extends Notice {
  readonly count: number;
  /** The first {@link MAX_PATHS}. */
  readonly paths: readonly RelativePath[];
}

/** Paths that one notice names; more are counted. */
export const MAX_PATHS = 20;

/** What is put together: however many paths are in conflict, one line waits. */
export function gatherKey({ kind, folder, peer, code }: Notice): string {
  return [kind, folder, peer ?? '', code ?? ''].join('\0');
}

/** Both have one {@link gatherKey}. */
export function gather(waiting: Gathered | undefined, notice: Notice): Gathered {
  const paths = waiting?.paths ?? [];
  const more = notice.path === undefined || paths.length >= MAX_PATHS || paths.includes(notice.path);
  return {
    ...notice,
    atMs: waiting?.atMs ?? notice.atMs,
    path: waiting?.path ?? notice.path,
    count: (waiting?.count ?? 0) + 1,
    paths: more || notice.path === undefined ? paths : [...paths, notice.path],
  };
}

/** A rule of a folder, by what it says: an edited rule is another one. */
export function ruleKey(folder: FolderName, rule: NoticeRule): string {
  return `${folder}\0${JSON.stringify(rule)}`;
}

export interface PeerLoss {
  readonly folder: FolderName;
  readonly rule: NoticeRule;
  readonly peer: DeviceId;
  /** Of the absence: the same peer may be lost again. */
  readonly sinceMs: number;
}

export function lossKey({ folder, rule, peer, sinceMs }: PeerLoss): string {
  return `${ruleKey(folder, rule)}\0${peer}\0${sinceMs}`;
}

/**
 * Who has been away for as long as a rule says and was not told of, and when to look again.
 * @param away since when, on a clock that never jumps
 */
export function lostPeers(
  folders: Iterable<Pick<FolderSettings, 'name' | 'enabled' | 'peers' | 'notify'>>,
  away: ReadonlyMap<DeviceId, number>,
  told: ReadonlySet<string>,
  nowMs: number,
): { readonly lost: readonly PeerLoss[]; readonly nextMs: number | undefined } {
  const lost: PeerLoss[] = [];
  let nextMs: number | undefined;
  for (const { name: folder, enabled, peers, notify } of folders) {
    if (!enabled) continue;
    for (const rule of notify.filter(({ on }) => on.includes('peer-lost')))
      for (const peer of peers.keys()) {
        const sinceMs = away.get(peer);
        if (sinceMs === undefined) continue;
        const loss = { folder, rule, peer, sinceMs };
        const dueMs = sinceMs + rule.afterMs;
        if (told.has(lossKey(loss))) continue;
        if (dueMs <= nowMs) lost.push(loss);
        else nextMs = Math.min(nextMs ?? dueMs, dueMs);
      }
  }
  return { lost, nextMs };
}
