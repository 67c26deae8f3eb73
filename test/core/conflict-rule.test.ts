// What each rule of a folder makes of two versions of which neither has seen the other, whoever hears of it first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';
import { reconcile } from '../../daemon/core/reconcile.ts';
import type { ConflictRule } from '../../daemon/core/settings.ts';
import { relate } from '../../daemon/core/version-vector.ts';
import { absent, context, dir, file, hash, record, symlink } from './build.ts';

/** Both hear of the other's version, and then of what the other made of it, until nobody has anything new to say. */
function meet(rule: ConflictRule, a: FileRecord, b: FileRecord): readonly [FileRecord, FileRecord] {
  let [ours, theirs] = [a, b];
  for (let turns = 0; turns < 4; turns++) {
    const here = reconcile(ours, theirs, { ...context('A', 5000), rule });
    if (here.kind !== 'known') ours = here.record;
    const there = reconcile(theirs, ours, { ...context('B', 5000), rule });
    if (there.kind !== 'known') theirs = there.record;
  }
  return [ours, theirs];
}

const old = (entry: Entry): FileRecord => record(entry, 'A1 C1', 100, 'A');
const late = (entry: Entry): FileRecord => record(entry, 'B1 C1', 200, 'B');
const onHub = (one: FileRecord): FileRecord => ({ ...one, mark: true });

interface Case {
  readonly why: string;
  readonly rule: ConflictRule;
  readonly versions: readonly [FileRecord, FileRecord];
  readonly wins: Entry;
  readonly lost: string | undefined;
}
const cases: readonly Case[] = [
  {
    why: 'newest: the later edit',
    rule: 'newest',
    versions: [old(file('longer')), late(file('x'))],
    wins: file('x'),
    lost: 'longer',
  },
  {
    why: 'hub-wins: the older edit, if it was made on the authority',
    rule: 'hub-wins',
    versions: [onHub(old(file('hub'))), late(file('laptop'))],
    wins: file('hub'),
    lost: 'laptop',
  },
  {
    why: 'hub-wins: the later edit where both or none were made there',
    rule: 'hub-wins',
    versions: [old(file('hub')), late(file('laptop'))],
    wins: file('laptop'),
    lost: 'hub',
  },
  {
    why: 'hub-wins: an edit elsewhere lives on over a deletion on the authority',
    rule: 'hub-wins',
    versions: [old(file('edit')), onHub(late(absent))],
    wins: file('edit'),
    lost: undefined,
  },
  {
    why: 'largest: the older edit, if it has more bytes',
    rule: 'largest',
    versions: [old(file('longer')), late(file('short'))],
    wins: file('longer'),
    lost: 'short',
  },
  {
    why: 'largest: the later edit where both have as many',
    rule: 'largest',
    versions: [old(file('four')), late(file('five'))],
    wins: file('five'),
    lost: 'four',
  },
  {
    why: 'largest: a link counts by its target',
    rule: 'largest',
    versions: [old(symlink('somewhere/else')), late(file('short'))],
    wins: symlink('somewhere/else'),
    lost: 'short',
  },
  {
    why: 'largest: a directory stays whatever a file in its place holds',
    rule: 'largest',
    versions: [old(file('a large file')), late(dir())],
    wins: dir(),
    lost: 'a large file',
  },
  {
    why: 'keep-both: the later edit is in the place of both',
    rule: 'keep-both',
    versions: [old(file('one')), late(file('two'))],
    wins: file('two'),
    lost: 'one',
  },
];

for (const { why, rule, versions, wins, lost } of cases)
  test(why, () => {
    for (const [a, b] of [versions, [versions[1], versions[0]] as const]) {
      const [here, there] = meet(rule, a, b);
      assert.deepEqual(here.entry, wins);
      assert.deepEqual(there, here, 'one record on both');
      assert.deepEqual(
        here.lost.map(({ sha256 }) => sha256),
        lost === undefined ? [] : [hash(lost)],
      );
    }
  });

test('hub-wins: what was made on the authority stays marked, whoever makes it win', () => {
  const { record: made } = winner('hub-wins', onHub(old(file('hub'))), late(file('laptop')));
  assert.equal(made.mark, true);
  assert.equal(made.origin, onHub(old(file('hub'))).origin);
});

test('I2: by every rule two versions end as one record that has seen both, in one exchange of words', () => {
  const entry = fc.constantFrom(file('one'), file('four'), file('longer'), symlink('x'), dir(), absent);
  const rule = fc.constantFrom<ConflictRule>('newest', 'hub-wins', 'largest', 'keep-both', 'merge');
  const made = (seen: string, by: string): fc.Arbitrary<FileRecord> =>
    fc
      .tuple(entry, fc.integer({ min: 1, max: 3 }), fc.boolean())
      .map(([what, stamp, mark]) => ({ ...record(what, seen, stamp, by), mark }));
  fc.assert(
    fc.property(rule, rule, made('A1', 'A'), made('B1', 'B'), (here, there, a, b) => {
      // The rule may have reached only one of them.
      let [ours, theirs] = [a, b];
      for (let turns = 0; turns < 3; turns++) {
        const at = reconcile(ours, theirs, { ...context('A', 5000), rule: here });
        if (at.kind !== 'known') ours = at.record;
        const bt = reconcile(theirs, ours, { ...context('B', 5000), rule: there });
        if (bt.kind !== 'known') theirs = bt.record;
      }
      assert.deepEqual(ours, theirs);
      for (const one of [a, b]) assert.ok(['newer', 'equal'].includes(relate(ours.vector, one.vector)));
    }),
    { numRuns: 2000 },
  );
});

function winner(rule: ConflictRule, ours: FileRecord, theirs: FileRecord): { readonly record: FileRecord } {
  const verdict = reconcile(ours, theirs, { ...context('A', 5000), rule });
  assert.equal(verdict.kind, 'revive');
  return verdict;
}
