// What needs somebody: one list that `status`, `status --check` and the daemon's health are made from.
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import type { Attention, Status } from '../../protocol/control.ts';
import { needsAttention } from '../folder/condition.ts';
import type { FolderSnapshot } from '../folder/view.ts';
import type { DeviceId } from '../core/ids.ts';
import type { ControlledDaemon, PeerState, Problem, WaitingJoin } from './daemon-port.ts';
import { deviceNames } from './find.ts';

/** Named as skipped, and nothing to do about: what is no file, and what will be sent when it rests. */
const NOT_WORTH_A_CALL: ReadonlySet<ErrorCode> = new Set(['E_KIND', 'E_CHANGING']);
/** A peer that sleeps needs nobody; one that can never be reached again as things are does. */
const PEER_CODES: ReadonlySet<ErrorCode> = new Set([
  'E_WRONG_KEY',
  'E_REMOVED',
  'E_NOT_TRUSTED',
  'E_TWIN',
  'E_PROTOCOL',
  'E_PROTOCOL_VERSION',
  'E_FRAME_TOO_LARGE',
]);

/** An error's hint, about this folder where it speaks of one. */
export function hintFor(code: ErrorCode, folder?: string): string {
  return folder === undefined ? ERRORS[code].hint : ERRORS[code].hint.replaceAll('FOLDER', folder);
}

export function attentionOf(
  daemon: ControlledDaemon,
  snapshots: readonly FolderSnapshot[],
  peers: readonly PeerState[],
): readonly Attention[] {
  return [
    ...daemon
      .problems()
      // A folder that does not run shows it itself.
      .filter(({ folder }) => folder === undefined)
      .map(({ code, message }) => ({ ...nobody, code, message, hint: hintFor(code) })),
    ...snapshots.flatMap(attentionOfFolder),
    ...daemon.pairing.unfinished().flatMap((one) => attentionOfJoin(one, deviceNames(daemon))),
    ...peers.flatMap(attentionOfPeer),
  ];
}

const nobody = { folder: null, peer: null };

function attentionOfFolder(snapshot: FolderSnapshot): Attention[] {
  const { name, condition } = snapshot;
  const about = { folder: name, peer: null };
  const found: Attention[] = [];
  if (needsAttention(condition) && 'code' in condition)
    found.push({ ...about, code: condition.code, message: condition.message, hint: hintFor(condition.code, name) });
  // Somebody meant it, and may have forgotten it; by its schedule it goes on by itself.
  if (condition.kind === 'paused' && !('code' in condition))
    found.push({
      ...about,
      code: 'E_PAUSED',
      message: 'paused: nothing is sent or applied',
      hint: hintFor('E_PAUSED', name),
    });
  // A root that is gone cannot be watched either: that needs no line of its own.
  const warnings = condition.kind === 'halted' ? [] : snapshot.warnings;
  for (const { code, message } of warnings) found.push({ ...about, code, message, hint: hintFor(code, name) });
  if (snapshot.conflicts > 0) {
    const message = snapshot.conflicts === 1 ? '1 conflict' : `${snapshot.conflicts} conflicts`;
    found.push({ ...about, code: 'E_CONFLICT', message, hint: hintFor('E_CONFLICT', name) });
  }
  return [...found, ...attentionOfSkipped(snapshot)];
}

/** One for each code: a thousand paths with one cause are one thing to do. */
function attentionOfSkipped(snapshot: FolderSnapshot): Attention[] {
  const byCode = new Map<ErrorCode, string[]>();
  for (const { code, path } of snapshot.skipped) {
    if (NOT_WORTH_A_CALL.has(code)) continue;
    const paths = byCode.get(code);
    if (paths === undefined) byCode.set(code, [path]);
    else paths.push(path);
  }
  return [...byCode].map(([code, paths]) => {
    const listed = paths.slice(0, 3).join(', ');
    const message = `${paths.length} skipped: ${listed}${paths.length > 3 ? ', …' : ''}`;
    return { folder: snapshot.name, peer: null, code, message, hint: hintFor(code, snapshot.name) };
  });
}

/** Under the name that the folder has here, or is to have. */
function attentionOfJoin({ inviter, places, why }: WaitingJoin, nameOf: (id: DeviceId) => string): Attention[] {
  return places.map(({ name, path }) => ({
    folder: name,
    peer: null,
    code: 'E_JOIN_PENDING' as const,
    message: `joining ${nameOf(inviter)} with ${path} is not finished: ${why}`,
    hint: hintFor('E_JOIN_PENDING', name),
  }));
}

function attentionOfPeer(peer: PeerState): Attention[] {
  const problem = seriousProblem(peer);
  if (problem === undefined) return [];
  const { code, message } = problem;
  return [{ folder: null, peer: peer.name, code, message, hint: hintFor(code) }];
}

/** What keeps a peer away until somebody does something. */
export function seriousProblem({ problem }: PeerState): Problem | undefined {
  return problem !== undefined && PEER_CODES.has(problem.code) ? problem : undefined;
}

/** failing: a folder does nothing. degraded: something needs attention. */
export function healthOf(
  snapshots: readonly FolderSnapshot[],
  attention: readonly Attention[],
): Status['daemon']['health'] {
  if (snapshots.some(({ condition }) => condition.kind === 'halted' || condition.kind === 'error')) return 'failing';
  return attention.length > 0 ? 'degraded' : 'ok';
}
