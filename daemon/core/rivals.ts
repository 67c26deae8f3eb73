// Several announced versions of one path, of which none has seen another. They are kept as they were announced until one
// is carried out: merged sooner, the winner would look concurrent with what its maker does next, and the others would be
// forgotten when the winner is taken back.
import { compareVersions, settle } from './conflict.ts';
import type { Sha256 } from './ids.ts';
import { type FileRecord, joinLost, sameEntry, sameLost } from './record.ts';
import { type ReconcileContext, type Verdict, reconcile } from './reconcile.ts';
import { relate } from './version-vector.ts';

/** Beyond it the least two count as one: what then is forgotten is named as lost. */
export const MAX_RIVALS = 16;

/** The versions with one more; what it has seen goes. Undefined where it says nothing new. Sorted, the greatest last. */
export function withAnnounced(
  known: readonly FileRecord[],
  theirs: FileRecord,
  hash: (text: string) => Sha256,
): readonly FileRecord[] | undefined {
  const kept: FileRecord[] = [];
  for (const one of known) {
    const relation = relate(theirs.vector, one.vector);
    if (relation === 'older') return undefined;
    if (relation === 'equal' && sameEntry(theirs.entry, one.entry)) {
      const lost = joinLost(one.lost, theirs.lost);
      if (sameLost(lost, one.lost)) return undefined;
      return known.map((other) => (other === one ? { ...one, lost } : other));
    }
    if (relation !== 'newer') kept.push(one);
  }
  return bounded(
    [...kept, theirs].sort((a, b) => compareVersions(a, b)),
    hash,
  );
}

function bounded(sorted: readonly FileRecord[], hash: (text: string) => Sha256): readonly FileRecord[] {
  const [least, next, ...rest] = sorted;
  if (sorted.length <= MAX_RIVALS || least === undefined || next === undefined) return sorted;
  return [settle(next, least, hash), ...rest];
}

export interface DecidedAmong {
  readonly verdict: Verdict;
  /** Where the verdict is `take`: the version as it was announced whose content it is. */
  readonly content: FileRecord | undefined;
}

/** {@link reconcile} with all of them, the least first, as if they had come one after the other and been carried out at once. */
export function reconcileAll(
  ours: FileRecord | undefined,
  rivals: readonly FileRecord[],
  context: ReconcileContext,
): DecidedAmong {
  let now = ours;
  let content: FileRecord | undefined;
  let conflict = false;
  let last: Verdict = { kind: 'known', why: 'same version' };
  let revived = false;
  for (const one of [...rivals].sort((a, b) => compareVersions(a, b))) {
    const verdict = reconcile(now, one, context);
    last = verdict;
    if (verdict.kind === 'known') continue;
    if (verdict.kind === 'take') {
      // Only the first meets what is on our disk.
      conflict = content === undefined ? verdict.conflict : conflict;
      content = one;
    }
    revived ||= verdict.kind === 'revive';
    now = verdict.record;
  }
  if (now === undefined || now === ours) {
    const why = last.kind === 'known' ? last.why : 'same version';
    return { verdict: { kind: 'known', why }, content: undefined };
  }
  if (content === undefined) return { verdict: { kind: revived ? 'revive' : 'join', record: now }, content };
  // Taken and taken back: the disk is right as it is.
  if (ours !== undefined && sameEntry(ours.entry, now.entry))
    return { verdict: { kind: 'join', record: now }, content: undefined };
  return { verdict: { kind: 'take', record: now, conflict }, content };
}
