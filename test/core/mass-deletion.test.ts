import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeletionsSeen, FREE_DELETIONS, WINDOW_MS, holdDeletions } from '../../daemon/core/mass-deletion.ts';

/** A folder of 100 files and nothing else, of which some vanish. */
function seen(files: number, other: Partial<DeletionsSeen> = {}): DeletionsSeen {
  return {
    files,
    filesBefore: 100,
    entriesBefore: 100,
    entriesAfter: 100 - files,
    log: [],
    nowMs: 0,
    maxDelete: 0.5,
    ...other,
  };
}

const TABLE: readonly (readonly [why: string, held: boolean, seen: DeletionsSeen])[] = [
  ['nothing vanished', false, seen(0)],
  ['one file', false, seen(1)],
  ['half of them', false, seen(50)],
  ['more than half', true, seen(51)],
  ['all', true, seen(100)],
  ['all, and the brake is off', false, seen(100, { maxDelete: 1 })],
  ['more than half, but few', false, seen(15, { filesBefore: 20, entriesBefore: 20, entriesAfter: 5 })],
  ['just as many as are free', false, seen(FREE_DELETIONS, { filesBefore: 21, entriesBefore: 21, entriesAfter: 1 })],
  ['two entries, all of them', true, seen(2, { filesBefore: 2, entriesBefore: 2, entriesAfter: 0 })],
  ['the only entry', false, seen(1, { filesBefore: 1, entriesBefore: 1, entriesAfter: 0 })],
  ['directories alone, all of them', true, seen(0, { filesBefore: 0, entriesBefore: 3, entriesAfter: 0 })],
  ['directories alone, not all', false, seen(0, { filesBefore: 0, entriesBefore: 3, entriesAfter: 1 })],
  [
    '49 % after 49 % within the hour',
    true,
    seen(25, { filesBefore: 51, entriesBefore: 51, entriesAfter: 26, log: [{ atMs: 0, files: 49 }], nowMs: 60_000 }),
  ],
  [
    'the same after more than an hour',
    false,
    seen(25, { filesBefore: 51, entriesBefore: 51, entriesAfter: 26, log: [{ atMs: 0, files: 49 }], nowMs: WINDOW_MS }),
  ],
  [
    'the same, and the clock has jumped back a little',
    true,
    seen(25, { filesBefore: 51, entriesBefore: 51, entriesAfter: 26, log: [{ atMs: 60_000, files: 49 }] }),
  ],
  ['nothing may be deleted but what is free', true, seen(21, { maxDelete: 0 })],
];

for (const [why, held, given] of TABLE)
  test(`I4: ${why}: ${held ? 'held' : 'let through'}`, () => {
    const answer = holdDeletions(given);
    assert.equal(answer !== undefined, held, answer ?? 'let through');
  });
