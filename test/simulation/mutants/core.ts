// Planted bugs of the decisions: versions compared, conflicts, order of work, what a look at the disk means.
import type { Mutation } from './mutation.ts';

const RECONCILE = 'daemon/core/reconcile.ts';
const RIVALS = 'daemon/core/rivals.ts';
const CONFLICT = 'daemon/core/conflict.ts';
const VECTOR = 'daemon/core/version-vector.ts';
const RECORD = 'daemon/core/record.ts';
const OBSERVATION = 'daemon/core/observation.ts';

export const CORE: readonly Mutation[] = [
  {
    name: 'last-to-arrive-wins',
    breaks: 'a conflict is decided by the order in which the versions arrive',
    invariant: 'I2',
    within: 'few paths',
    edits: [
      { file: RECONCILE, find: 'const weWin = compareVersions(ours, theirs) >= 0;', replace: 'const weWin = false;' },
    ],
  },
  {
    name: 'concurrent-is-newer',
    breaks: 'a version that has not seen ours counts as its successor',
    invariant: 'I2',
    within: 'few paths',
    edits: [
      {
        file: VECTOR,
        find: "if (aMore && bMore) return 'concurrent';",
        replace: "if (aMore && bMore) return 'newer';",
      },
    ],
  },
  {
    name: 'count-stands-still',
    breaks: 'a counter is the clock alone, and two versions of one moment get the same',
    invariant: 'I2',
    within: 'two devices',
    edits: [
      {
        file: VECTOR,
        find: 'Math.max(countOf(vector, epoch) + 1, nowMs)',
        replace: 'Math.max(countOf(vector, epoch), nowMs - (nowMs % 500))',
      },
    ],
  },
  {
    name: 'deletion-beats-edit',
    breaks: 'a tombstone wins against an edit when it is later',
    invariant: 'I1',
    within: 'few paths',
    edits: [
      {
        file: RECONCILE,
        find: "return a.entry.kind !== 'absent' && !isTakenAway(a, b);",
        replace: 'return a.entry === b.entry;',
      },
    ],
  },
  {
    name: 'loser-not-named',
    breaks: 'the winner of a conflict does not say which content has lost',
    invariant: 'I11',
    within: 'few paths',
    edits: [{ file: CONFLICT, find: 'loser.lost.map(over), lost.map(over))', replace: 'loser.lost.map(over))' }],
  },
  {
    name: 'winner-forgets-the-loser',
    breaks: 'who takes the winner keeps its vector and not the merged one',
    invariant: 'I2',
    within: 'line',
    edits: [{ file: CONFLICT, find: 'vector: merge(winner.vector, loser.vector),', replace: 'vector: winner.vector,' }],
  },
  {
    name: 'revived-over-one',
    breaks: 'what must live is made anew over our version alone, not over theirs',
    invariant: 'I2',
    within: 'two devices',
    edits: [
      {
        file: RECONCILE,
        find: 'newVersion(ours.path, ours.entry, [ours, theirs], maker',
        replace: 'newVersion(ours.path, ours.entry, [ours], maker',
      },
    ],
  },
  {
    name: 'rivals-forgotten',
    breaks: 'of several announced versions only the last is kept',
    invariant: 'I2',
    within: 'few paths in a line',
    edits: [{ file: RIVALS, find: "if (relation !== 'newer') kept.push(one);", replace: '' }],
  },
  {
    name: 'time-and-size-only',
    breaks: 'a file of the same size and time counts as unchanged, whatever its inode and ctime',
    invariant: 'I6',
    within: 'two devices',
    edits: [
      {
        file: OBSERVATION,
        find: 'return sameFile(known, now) && known.ctimeNs === now.ctimeNs && known.mode === now.mode;',
        replace: 'return known.size === now.size;',
      },
    ],
  },
  {
    name: 'mode-not-noticed',
    breaks: 'a chmod is no change',
    invariant: 'I6',
    within: 'two devices',
    edits: [
      {
        file: RECORD,
        find: "if (a.kind === 'file' && b.kind === 'file') return a.mode === b.mode && a.mtimeUs === b.mtimeUs;",
        replace: "if (a.kind === 'file' && b.kind === 'file') return a.mtimeUs === b.mtimeUs;",
      },
    ],
  },
  {
    name: 'edit-over-nothing',
    breaks: 'an edit made here does not know what it replaces',
    invariant: 'I2',
    within: 'two devices',
    edits: [
      {
        file: OBSERVATION,
        find: 'const replaces = known === undefined ? [] : [known.record];',
        replace: 'const replaces: FileRecord[] = [];',
      },
    ],
  },
  {
    name: 'tombstone-over-nothing',
    breaks: 'a deletion made here does not know what it deletes',
    invariant: 'I3',
    within: 'two devices',
    edits: [
      {
        file: OBSERVATION,
        find: 'const made = newVersion(record.path, entry, [record], maker, nowMs, nowMs);',
        replace: 'const made = newVersion(record.path, entry, [], maker, nowMs, nowMs);',
      },
    ],
  },
  {
    name: 'both-win-a-tie',
    breaks: 'of two versions of the same moment each device keeps its own',
    invariant: 'I2',
    within: 'few paths in a line',
    edits: [
      {
        file: CONFLICT,
        find: 'if (a.maker !== b.maker) return a.maker < b.maker ? -1 : 1;',
        replace: 'if (a.maker !== b.maker) return 1;',
      },
    ],
  },
  {
    name: 'count-without-clock',
    breaks:
      'a counter is the one before and one more: an index that is an older copy counts the same numbers again, and does not count anew',
    invariant: 'I2',
    within: 'older copies',
    edits: [
      { file: VECTOR, find: 'Math.max(countOf(vector, epoch) + 1, nowMs)', replace: 'countOf(vector, epoch) + 1' },
      { file: 'daemon/folder/talk.ts', find: 'if (!this.#hasHeard) countAnew(this.#context, epoch);', replace: '' },
    ],
  },
];
