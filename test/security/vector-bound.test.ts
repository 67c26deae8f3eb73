// Version vectors at their bound, where only somebody who means harm brings them: nobody makes one that others refuse,
// and all who merge the same come to the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Epoch, parseEpoch } from '../../daemon/core/ids.ts';
import {
  MAX_VECTOR_ENTRIES,
  type VersionVector,
  count,
  countOf,
  merge,
  parseVector,
} from '../../daemon/core/version-vector.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The n-th of 400 makers. */
function maker(n: number): Epoch {
  const epoch = parseEpoch(`${'Q'.repeat(14)}${LETTERS.charAt(n >> 5)}${LETTERS.charAt(n & 31)}`);
  assert.ok(epoch);
  return epoch;
}

const anyVector: fc.Arbitrary<VersionVector> = fc
  .array(fc.tuple(fc.nat(399), fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Number.MAX_SAFE_INTEGER))), {
    size: 'max',
    maxLength: 400,
  })
  .map((pairs) => pairs.reduce<VersionVector>((all, [n, times]) => merge(all, [[maker(n), times]]), []));

test('I10: no merge and no new version has more makers, or counts higher, than peers take', () => {
  fc.assert(
    fc.property(anyVector, anyVector, fc.nat(399), (a, b, n) => {
      const made = count(merge(a, b), maker(n), 1_780_000_000_000);
      for (const vector of [merge(a, b), made]) assert.deepEqual(parseVector(vector), vector);
      assert.ok(made.length <= MAX_VECTOR_ENTRIES && countOf(made, maker(n)) >= 1_780_000_000_000);
    }),
    { numRuns: 60 },
  );
});

test('I2, I13: who merges the same vectors comes to the same one, in whatever order', () => {
  fc.assert(
    fc.property(anyVector, anyVector, anyVector, (a, b, c) => {
      assert.deepEqual(merge(a, b), merge(b, a));
      assert.deepEqual(merge(merge(a, b), c), merge(a, merge(b, c)));
      assert.deepEqual(merge(a, a), a);
    }),
    { numRuns: 60 },
  );
});
