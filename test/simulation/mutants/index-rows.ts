// Planted bugs of the index: sequences, epochs, tombstones, wants, and what peers have confirmed.
import type { Mutation } from './mutation.ts';

const WANTED = 'daemon/index/wanted.ts';
const FILES = 'daemon/index/file-state.ts';
const INDEX_FILE = 'daemon/index/folder-index.ts';

export const INDEX: readonly Mutation[] = [
  {
    name: 'tombstone-never-kept',
    breaks: 'deletions are told, and then forgotten',
    invariant: 'I3',
    within: 'line',
    edits: [
      {
        file: FILES,
        find: "after: () => ask<[Sequence, number]>('WHERE t.seq > ? ORDER BY t.seq LIMIT ? + 0'),",
        replace: `after: () => ask<[Sequence, number]>("WHERE t.seq > ? AND t.kind <> 'absent' ORDER BY t.seq LIMIT ?"),`,
      },
    ],
  },
  {
    name: 'sequence-not-kept',
    breaks: 'the highest sequence is not written down with its row',
    invariant: 'I2',
    within: 'crashes',
    edits: [{ file: FILES, find: 'if (announced.length > 0) this.#life.keepSequence();', replace: '' }],
  },
  {
    name: 'row-keeps-its-sequence',
    breaks: 'a changed row keeps its old sequence, and is never announced again',
    invariant: 'I2',
    within: 'two devices',
    edits: [
      {
        file: FILES,
        find: 'const seq = this.#life.next(nowUs);',
        replace: 'const seq = known?.row.seq ?? this.#life.next(nowUs);',
      },
    ],
  },
  {
    name: 'wants-lost',
    breaks: 'that something was heard of is written down, that it is wanted is not',
    invariant: 'I2',
    within: 'two devices',
    edits: [{ file: INDEX_FILE, find: 'for (const want of commit.want ?? []) this.#wanted.want(want);', replace: '' }],
  },
  {
    name: 'heard-before-commit',
    breaks: 'announcements count as taken in before they are in the index',
    invariant: 'I2',
    within: 'crashes',
    edits: [
      {
        file: 'daemon/folder/receive.ts',
        find: '      unwant: [...batch.unwant],\n      want: [...batch.wants.values()],\n      sources: batch.sources,\n      mark: batch.mark,\n      rows: changes.map(({ change }) => change),\n    });',
        replace:
          '    });\n    clock.after(50, () => index.commit({ nowUs: clock.nowUs(), unwant: [...batch.unwant], want: [...batch.wants.values()], sources: batch.sources, mark: batch.mark, rows: changes.map(({ change }) => change) }));',
      },
    ],
  },
  {
    name: 'sequence-without-clock',
    breaks: 'a sequence is the one before and one more, and an index that is an older copy begins no new epoch',
    invariant: 'I2',
    within: 'older copies',
    edits: [
      {
        file: 'daemon/core/ids.ts',
        find: 'return Math.max(previous + 1, wallClockUs) as Sequence;',
        replace: 'return (wallClockUs < 0 ? previous : previous + 1) as Sequence;',
      },
      {
        file: 'daemon/folder/talk.ts',
        find: 'if (offer.have?.epoch === index.epoch && this.#isOlderThan(offer.have)) this.#beginEpoch(link.name);',
        replace: '',
      },
    ],
  },
  {
    name: 'epoch-forgotten',
    breaks: 'sequences begin anew with a new index, and how far a peer was heard counts for every life of it',
    invariant: 'I2',
    within: 'older copies',
    edits: [
      {
        file: 'daemon/core/ids.ts',
        find: 'return Math.max(previous + 1, wallClockUs) as Sequence;',
        replace: 'return (wallClockUs < 0 ? previous : previous + 1) as Sequence;',
      },
      {
        file: 'daemon/folder/talk.ts',
        find: 'state.restart(offer.have?.epoch === index.epoch ? offer.have.seq : NO_SEQUENCE);',
        replace: 'state.restart(offer.have?.seq ?? NO_SEQUENCE);',
      },
    ],
  },
  {
    name: 'held-before-it-is',
    breaks: 'a peer is told that we hold what is still on its way',
    invariant: 'I11',
    within: 'waiting',
    edits: [
      {
        file: WANTED,
        find: 'WHERE peer = ? + 0 AND pending = 1 ORDER BY seq LIMIT 1',
        replace: 'WHERE peer = ? AND pending = 2 ORDER BY seq LIMIT 1',
      },
    ],
  },
];
