// Planted bugs of the index: sequences, epochs, tombstones, wants, and what peers have confirmed.
import type { Mutation } from './mutation.ts';

const FILES = 'daemon/index/file-state.ts';
const INDEX_FILE = 'daemon/index/folder-index.ts';

export const INDEX: readonly Mutation[] = [
  {
    name: 'tombstone-dropped',
    breaks: 'a tombstone goes before every peer has confirmed it',
    invariant: 'I3',
    within: 'line',
    edits: [
      {
        file: 'daemon/folder/upkeep.ts',
        find: 'index.dropTombstones(nowMs - TOMBSTONE_MS, this.#heldByAll(), 10_000);',
        replace: 'index.dropTombstones(nowMs, index.seq, 10_000);',
      },
      {
        file: 'daemon/folder/upkeep.ts',
        find: 'nowMs - this.#retentionMs >= RETENTION_MS',
        replace: 'nowMs - this.#retentionMs >= 100',
      },
    ],
  },
  {
    name: 'tombstone-never-kept',
    breaks: 'deletions are told, and then forgotten',
    invariant: 'I3',
    within: 'line',
    edits: [
      {
        file: FILES,
        find: "after: ask<[Sequence, number]>('WHERE t.seq > ? ORDER BY t.seq LIMIT ?'),",
        replace: `after: ask<[Sequence, number]>("WHERE t.seq > ? AND t.kind <> 'absent' ORDER BY t.seq LIMIT ?"),`,
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
        replace: 'const seq = known?.seq ?? this.#life.next(nowUs);',
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
        find: '      unwant: [...batch.unwant],\n      want: [...batch.wants.values()],\n      sources: batch.sources,\n      rows: changes.map(({ change }) => change),\n    });',
        replace:
          '    });\n    clock.after(50, () => index.commit({ nowUs: clock.nowUs(), unwant: [...batch.unwant], want: [...batch.wants.values()], sources: batch.sources, rows: changes.map(({ change }) => change) }));',
      },
    ],
  },
];
