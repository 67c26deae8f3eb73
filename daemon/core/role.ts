// What a peer may do in a folder, and what becomes of a version that it may not make. Pure: the granting device judges each
// version that comes over the peer's session beside its own; nothing that the peer says of itself is believed.
//
//   theirs is …                    edit-only                           read-only
//   known, or nothing new          passed over                         passed over
//   another content of a file      allowed, with the mode it has here  refused, answered
//   anything else over what lives  refused, answered                   refused, answered
//   what does not live here        refused                             refused
//
// An answer is our own version, newer than the refused one: the peer takes it like any other, and keeps in its version store
// what it replaces. What was created elsewhere has no answer: it stays where it is.
import { compareVersions, settle } from './conflict.ts';
import type { DeviceId, Epoch } from './ids.ts';
import {
  type Entry,
  type FileRecord,
  type Maker,
  isLive,
  joinLost,
  newVersion,
  sameContent,
  sameEntry,
  sameLost,
} from './record.ts';
import type { ReconcileContext } from './reconcile.ts';
import type { Mode, Role } from './settings.ts';
import { count, countOf, merge, relate } from './version-vector.ts';

/** From the least to the most. */
const ROLES: readonly Role[] = ['read-only', 'edit-only', 'two-way'];

/** What a peer may do here. A device that only sends takes nothing from anybody; who is no peer may do nothing. */
export function grantedRole(role: Role | undefined, mode: Mode): Role {
  return role === undefined || mode === 'send-only' ? 'read-only' : role;
}

/**
 * What may be changed on this device itself: whatever at least one of its peers takes. Nobody asks for it: it saves
 * saying what all would refuse.
 * @param granted the role that each peer has granted this device, two-way where it has not said any
 */
export function localRole(mode: Mode, granted: readonly Role[]): Role {
  if (mode === 'receive-only') return 'read-only';
  // What is here is to be everywhere, whatever others say.
  if (mode === 'send-only') return 'two-way';
  if (granted.length === 0) return 'two-way';
  return ROLES.findLast((role) => granted.includes(role)) ?? 'two-way';
}

/** Whether a role lets a path become another one: only contents of files that exist, or everything, or nothing. */
export function allowsChange(role: Role, before: Entry | undefined, after: Entry): boolean {
  if (role !== 'edit-only') return role === 'two-way';
  return before?.kind === 'file' && after.kind === 'file' && !sameContent(before, after);
}

/** Whom a peer's version vector may speak for. */
export interface Speaker {
  /** The epoch in which the peer itself makes versions, as its INDEX says. */
  readonly epoch: Epoch;
  /** The epochs of our other peers: they speak for themselves, and are not spoken for. */
  readonly others: ReadonlySet<Epoch>;
}

export type Ruling =
  /** As if a two-way peer had said it. `record`: as it is to be taken, where that is not as it was said. */
  | { readonly kind: 'allowed'; readonly record: FileRecord }
  /** Nothing changes on the disk; this is our record from now on. */
  | { readonly kind: 'join'; readonly record: FileRecord }
  /** It says nothing that we need to know. */
  | { readonly kind: 'passed over' }
  /** Not taken; `answer` is our own version over it. */
  | { readonly kind: 'answered'; readonly answer: FileRecord }
  /** Not taken, and not answered. `unsure`: others may bring what it was made over; it is to be judged again then. */
  | { readonly kind: 'refused'; readonly why: 'nothing here' | 'answers our answer' | 'unsure' };

/** A version may speak for so many makers that nobody here has heard of, and only so far ahead of our clock. */
const MAX_STRANGERS = 2;
const AHEAD_MS = 3_600_000;
/** An answer adds no maker beyond it, but for the peer itself. */
const MAX_MAKERS = 32;

/**
 * Judges what a peer with this role says of a path.
 * @param ours what we hold there, or are to hold
 * @param movedFrom what we hold at the path that the peer moved it from
 */
export function judgeByRole(
  role: Role,
  ours: FileRecord | undefined,
  theirs: FileRecord,
  movedFrom: FileRecord | undefined,
  speaker: Speaker,
  context: ReconcileContext,
): Ruling {
  const { maker, nowMs } = context;
  if (role === 'two-way') return { kind: 'allowed', record: theirs };
  const relation = ours === undefined ? 'newer' : relate(theirs.vector, ours.vector);
  if (relation === 'older') return { kind: 'passed over' };
  const isVouched = isVouchedFor(theirs, ours, speaker, maker, nowMs);
  if (!isLive(ours)) {
    if (!isLive(theirs)) return { kind: 'passed over' };
    if (isVouched && isLive(movedFrom) && sameContent(movedFrom.entry, theirs.entry))
      return { kind: 'answered', answer: gone(ours, theirs, maker, nowMs) };
    return { kind: 'refused', why: 'nothing here' };
  }
  if (sameEntry(ours.entry, theirs.entry)) {
    if (relation !== 'newer' || !isVouched) return { kind: 'passed over' };
    // It has merged ours with what it had, or refuses us in its turn: the content is ours.
    if (isSameMade(ours, theirs) || theirs.stamp <= ours.stamp) return joinedWith(role, ours, theirs);
    return { kind: 'answered', answer: madeAnew(ours, theirs, maker, nowMs) };
  }
  if (allowsChange(role, ours.entry, theirs.entry) && relation !== 'equal')
    return isVouched ? { kind: 'allowed', record: withOurMode(ours, theirs, context) } : unsure;
  if (isAnswer(ours, theirs)) return { kind: 'refused', why: 'answers our answer' };
  return isVouched ? { kind: 'answered', answer: madeAnew(ours, theirs, maker, nowMs) } : unsure;
}

const unsure: Ruling = { kind: 'refused', why: 'unsure' };

/** Whether a peer says that it has no more what it made, and what we wanted of it: what is here stays then. */
export function takesBack(
  { entry, vector }: FileRecord,
  wanted: FileRecord | undefined,
  peer: DeviceId,
  { epoch }: Speaker,
): boolean {
  if (wanted?.origin !== peer || entry.kind === 'file') return false;
  return countOf(vector, epoch) > countOf(wanted.vector, epoch);
}

/**
 * Our own version again, newer than the refused one for everybody. Nothing else of it changes, its stamp above all: who
 * has edited ours meanwhile, without having heard of this, has not lost against it.
 */
export function madeAnew(ours: FileRecord, refused: FileRecord, maker: Maker, nowMs: number): FileRecord {
  return { ...ours, vector: count(merge(ours.vector, refused.vector), maker.epoch, nowMs) };
}

/** Whether a version only says once more, over ours, what its maker had before: a stamp that did not rise shows it. */
export function isAnswer(ours: FileRecord, theirs: FileRecord): boolean {
  return theirs.stamp <= ours.stamp && relate(theirs.vector, ours.vector) === 'newer';
}

/** The new path of a move that is to be undone: the file goes back by a rename. */
function gone(ours: FileRecord | undefined, theirs: FileRecord, maker: Maker, nowMs: number): FileRecord {
  const replaces = ours === undefined ? [theirs] : [ours, theirs];
  return newVersion(theirs.path, { kind: 'absent' }, replaces, maker, nowMs, nowMs);
}

/** An edit without the mode that came with it: a new version where that differs, or two contents would have one vector. */
export function withOurMode(
  ours: FileRecord,
  theirs: FileRecord,
  { maker, nowMs, hash }: ReconcileContext,
): FileRecord {
  if (ours.entry.kind !== 'file' || theirs.entry.kind !== 'file' || ours.entry.mode === theirs.entry.mode)
    return theirs;
  const isConflict = relate(theirs.vector, ours.vector) === 'concurrent';
  if (isConflict && compareVersions(ours, theirs) >= 0) return theirs;
  const winner = isConflict ? settle(theirs, ours, hash) : theirs;
  const entry = { ...theirs.entry, mode: ours.entry.mode };
  return { ...winner, entry, vector: count(winner.vector, maker.epoch, nowMs) };
}

function joinedWith(role: Role, ours: FileRecord, theirs: FileRecord): Ruling {
  // Who may edit may have been in a conflict; who may not has none to tell of.
  const lost = role === 'edit-only' ? joinLost(ours.lost, theirs.lost) : ours.lost;
  const vector = merge(ours.vector, theirs.vector);
  const isNothingNew = relate(vector, ours.vector) === 'equal' && sameLost(lost, ours.lost);
  return isNothingNew ? { kind: 'passed over' } : { kind: 'join', record: { ...ours, vector, lost } };
}

function isSameMade(a: FileRecord, b: FileRecord): boolean {
  return a.maker === b.maker && a.origin === b.origin && a.stamp === b.stamp && a.mark === b.mark;
}

/**
 * Whether the peer may have seen what its version says it has seen. What it says for itself is its own; what it says for
 * our other peers could make their edits look older than what they have never seen, and they say it themselves.
 */
function isVouchedFor(
  theirs: FileRecord,
  ours: FileRecord | undefined,
  { epoch, others }: Speaker,
  maker: Maker,
  nowMs: number,
): boolean {
  const known = ours?.vector ?? [];
  const unseen = theirs.vector.filter(([key, counted]) => key !== epoch && counted > countOf(known, key));
  if (unseen.length === 0) return true;
  if (unseen.length > MAX_STRANGERS || known.length + unseen.length >= MAX_MAKERS) return false;
  return unseen.every(([key, counted]) => key !== maker.epoch && !others.has(key) && counted <= nowMs + AHEAD_MS);
}
