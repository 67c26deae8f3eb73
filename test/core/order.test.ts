// The order of conflicts and the merging of vectors, for all versions and vectors of a small world: every pair, every three.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../../daemon/core/conflict.ts';
import { type FileRecord, newVersion, sameEntry } from '../../daemon/core/record.ts';
import { type VersionVector, count, merge, relate } from '../../daemon/core/version-vector.ts';
import { absent, dir, epoch, file, maker, record, symlink, vector } from './build.ts';

const ENTRIES = [
  absent,
  file('one'),
  file('one', 0o600),
  file('one', 0o644, 2_000_000n),
  file('two'),
  file(''),
  dir(),
  dir(0o700),
  symlink('one'),
  symlink('two'),
];
const VERSIONS: readonly FileRecord[] = ENTRIES.flatMap((entry) =>
  [1, 2, 3].flatMap((stamp) =>
    ['A', 'B', 'C'].flatMap((by) => [false, true].map((mark) => ({ ...record(entry, `${by}1`, stamp, by), mark }))),
  ),
);

const COUNTS = [0, 1, 2, 3];
const VECTORS: readonly VersionVector[] = COUNTS.flatMap((a) =>
  COUNTS.flatMap((b) =>
    COUNTS.map((c) => vector([a && `A${a}`, b && `B${b}`, c && `C${c}`].filter((one) => one !== 0).join(' '))),
  ),
);

test('I13: of all versions of all kinds, deletions too, one order says which wins', (t) => {
  const table = VERSIONS.map((a) => VERSIONS.map((b) => Math.sign(compareVersions(a, b))));
  const at = (i: number, j: number): number => table[i]?.[j] ?? Number.NaN;
  VERSIONS.forEach((a, i) => {
    VERSIONS.forEach((b, j) => {
      assert.equal(at(i, j) + at(j, i), 0, 'it says the same from both sides');
      const isSame = sameEntry(a.entry, b.entry) && a.stamp === b.stamp && a.mark === b.mark && a.maker === b.maker;
      assert.equal(at(i, j) === 0, isSame, 'only one version ties with itself');
    });
  });
  let triples = 0;
  for (let i = 0; i < VERSIONS.length; i++)
    for (let j = 0; j < VERSIONS.length; j++) {
      if (at(i, j) > 0) continue;
      for (let k = 0; k < VERSIONS.length; k++, triples++)
        if (at(j, k) <= 0 && at(i, k) > 0) assert.fail(`versions ${i}, ${j} and ${k} go round in a circle`);
    }
  t.diagnostic(`${VERSIONS.length} versions, ${triples} triples`);
});

test('I3: a version never loses against one that it replaces, whatever the clock says', () => {
  for (const before of VERSIONS)
    for (const entry of ENTRIES)
      for (const editedMs of [-1, 0, 1, 2, 3, 4]) {
        const made = newVersion(before.path, entry, [before], maker('A'), editedMs, editedMs);
        assert(compareVersions(made, before) > 0);
        assert.equal(relate(made.vector, before.vector), 'newer');
      }
});

test('I13: vectors merge in any order, any grouping and as often as one likes, into the least that has seen them all', (t) => {
  const key = (one: VersionVector): string => one.map((pair) => pair.join()).join(' ');
  const numbers = new Map(VECTORS.map((one, i) => [key(one), i]));
  const numberOf = (one: VersionVector): number => numbers.get(key(one)) ?? Number.NaN;
  const merged = VECTORS.map((a) => VECTORS.map((b) => numberOf(merge(a, b))));
  const both = (i: number, j: number): number => merged[i]?.[j] ?? Number.NaN;
  const hasSeen = (a: VersionVector, b: VersionVector): boolean => ['newer', 'equal'].includes(relate(a, b));
  VECTORS.forEach((a, i) => {
    assert.equal(both(i, i), i);
    VECTORS.forEach((b, j) => {
      assert.equal(both(i, j), both(j, i));
      const sum = VECTORS[both(i, j)];
      assert(sum !== undefined && hasSeen(sum, a) && hasSeen(sum, b));
      assert.equal(relate(a, b) === 'equal', i === j);
      assert.equal(relate(a, b) === 'newer', relate(b, a) === 'older');
      assert.equal(relate(a, b) === 'concurrent', !hasSeen(a, b) && !hasSeen(b, a));
      for (let k = 0; k < VECTORS.length; k++) {
        assert.equal(both(both(i, j), k), both(i, both(j, k)));
        const other = VECTORS[k];
        if (other !== undefined && hasSeen(other, a) && hasSeen(other, b)) assert(hasSeen(other, sum));
      }
    });
    for (const by of ['A', 'B', 'D'])
      for (const nowMs of [0, 2, 9]) assert.equal(relate(count(a, epoch(by), nowMs), a), 'newer');
  });
  t.diagnostic(`${VECTORS.length} vectors, ${VECTORS.length ** 3} triples`);
});
