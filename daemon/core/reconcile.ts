// THE decision: a peer announced a version of a path; what becomes of ours. Pure, for one path; it sees records alone,
// never the disk: that the disk is as our record says is checked when the decision is carried out.
//
//   theirs is …        same content                   other content
//   equal              known, or join                 as concurrent
//   older              known                          known
//   newer              join (index), or take          take
//   concurrent         join                           the greatest (stamp, mark, maker) wins, except:
//                                                     a live version lives on over a tombstone (but not over
//                                                     one whose maker took that very version away),
//                                                     a directory over a file or link,
//                                                     and what the folder's rule wants (conflict-rule.ts)
//
// Whoever holds the loser acts; whoever holds the winner waits to hear of it. An exception is a new version, made where
// the local version lost by the order but must live.
import { assertNever } from './assert.ts';
import { winsByRule } from './conflict-rule.ts';
import { compareVersions, lostContent, lostOver, settle } from './conflict.ts';
import type { Sha256 } from './ids.ts';
import {
  type FileRecord,
  type Maker,
  UNSYNCED_STAMP,
  isLive,
  joinLost,
  newVersion,
  sameContent,
  sameEntry,
  sameLost,
} from './record.ts';
import type { ConflictRule } from './settings.ts';
import { countOf, merge, relate } from './version-vector.ts';

export type Verdict =
  /** Nothing to do. */
  | { readonly kind: 'known'; readonly why: 'same version' | 'older' | 'ours wins' }
  /** The disk is right as it is; this is its record from now on. */
  | { readonly kind: 'join'; readonly record: FileRecord }
  /** This is to be on our disk. `conflict`: what is there now lost against it. */
  | { readonly kind: 'take'; readonly record: FileRecord; readonly conflict: boolean }
  /** Ours lives on, as a new version over both. The disk is right as it is. */
  | { readonly kind: 'revive'; readonly record: FileRecord };

export interface ReconcileContext {
  readonly maker: Maker;
  readonly nowMs: number;
  /** SHA-256 of a text: names a lost link by its target. */
  readonly hash: (text: string) => Sha256;
  /** How conflicts end in this folder. */
  readonly rule: ConflictRule;
}

export function reconcile(ours: FileRecord | undefined, theirs: FileRecord, context: ReconcileContext): Verdict {
  if (ours === undefined) return { kind: 'take', record: theirs, conflict: false };
  const relation = relate(theirs.vector, ours.vector);
  switch (relation) {
    case 'older':
      return { kind: 'known', why: 'older' };
    case 'equal':
      return sameEntry(ours.entry, theirs.entry) ? sameVersion(ours, theirs) : concurrent(ours, theirs, context);
    case 'newer':
      return sameEntry(ours.entry, theirs.entry)
        ? { kind: 'join', record: theirs }
        : { kind: 'take', record: theirs, conflict: isNamedLost(ours, theirs, context) };
    case 'concurrent':
      return concurrent(ours, theirs, context);
    default:
      return assertNever(relation);
  }
}

/**
 * One version, but one side may know of losers that the other does not; or of versions with one content both have taken
 * together the same ones, and named another of them as what it is.
 */
function sameVersion(ours: FileRecord, theirs: FileRecord): Verdict {
  const lost = joinLost(ours.lost, theirs.lost);
  const winner = compareVersions(ours, theirs) >= 0 ? ours : theirs;
  if (winner === ours && sameLost(lost, ours.lost)) return { kind: 'known', why: 'same version' };
  return { kind: 'join', record: { ...winner, lost } };
}

function concurrent(ours: FileRecord, theirs: FileRecord, context: ReconcileContext): Verdict {
  if (ours.stamp === UNSYNCED_STAMP) return instead(ours, theirs, context);
  const weWin = compareVersions(ours, theirs) >= 0;
  if (sameEntry(ours.entry, theirs.entry)) {
    const winner = weWin ? ours : theirs;
    const record = {
      ...winner,
      vector: merge(ours.vector, theirs.vector),
      lost: joinLost(ours.lost, theirs.lost),
    };
    return { kind: 'join', record };
  }
  if (mustLive(ours, theirs)) return weWin ? { kind: 'known', why: 'ours wins' } : revive(ours, theirs, context);
  // Theirs must live although it loses by the order: its holder makes the new version, as we would.
  if (weWin) return { kind: 'known', why: 'ours wins' };
  if (!sameContent(ours.entry, theirs.entry) && winsByRule(context.rule, ours, theirs))
    return revive(ours, theirs, context);
  const conflict = isLive(ours) && !sameContent(ours.entry, theirs.entry);
  return { kind: 'take', record: settle(theirs, ours, context.hash), conflict };
}

/** Ours may not have been made at all: it makes room for whatever comes, and nobody need know that it was there. */
function instead(ours: FileRecord, theirs: FileRecord, { hash }: ReconcileContext): Verdict {
  if (sameEntry(ours.entry, theirs.entry)) return { kind: 'join', record: theirs };
  const conflict = isLive(ours) && isLive(theirs) && !sameContent(ours.entry, theirs.entry);
  const lost = conflict ? joinLost(theirs.lost, lostContent(ours, hash)) : theirs.lost;
  return { kind: 'take', record: { ...theirs, lost }, conflict };
}

/** Whether theirs was made over ours in a conflict that somebody else has decided. */
function isNamedLost(ours: FileRecord, { lost }: FileRecord, { hash }: ReconcileContext): boolean {
  if (lost.length === 0) return false;
  const known = new Set(ours.lost.map(({ sha256 }) => sha256));
  return lostContent(ours, hash).some((one) => !known.has(one.sha256) && lost.some((it) => it.sha256 === one.sha256));
}

/** Whether `a` lives on beside `b` whatever the order says: an edit over a deletion, a directory over what is none. */
function mustLive(a: FileRecord, b: FileRecord): boolean {
  if (b.entry.kind === 'absent') return a.entry.kind !== 'absent' && !isTakenAway(a, b);
  return a.entry.kind === 'dir' && b.entry.kind !== 'dir';
}

/**
 * Whether what was deleted is this version. It may know more than the deletion by now: of another deletion, over which it
 * had won. But where it won against a content, the deletion says nothing of that one.
 */
function isTakenAway(live: FileRecord, tombstone: FileRecord): boolean {
  const made = countOf(live.vector, live.maker);
  // Two that say they are one version are no deletion of one another.
  const isOver = made > 0 && relate(live.vector, tombstone.vector) === 'concurrent';
  return isOver && live.lost.length === 0 && countOf(tombstone.vector, live.maker) >= made;
}

/**
 * Our version made anew over theirs, so that it is newer than both for everybody. Whose it is stays: who takes it away
 * later, without having heard of this, takes away all that is in it (see {@link isTakenAway}).
 */
export function revive(ours: FileRecord, theirs: FileRecord, { maker, nowMs, hash }: ReconcileContext): Verdict {
  const record = newVersion(ours.path, ours.entry, [ours, theirs], maker, ours.stamp, nowMs);
  const lost = joinLost(
    record.lost,
    lostContent(theirs, hash).map((one) => lostOver(one, ours)),
  );
  const { origin, maker: made, mark } = ours;
  return { kind: 'revive', record: { ...record, origin, maker: made, mark, lost } };
}
