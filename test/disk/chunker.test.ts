import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Chunker,
  GEAR,
  MAX_CHUNKED_BYTES,
  MAX_CHUNKS,
  MAX_CHUNK_BYTES,
  chunkBounds,
} from '../../daemon/disk/chunker.ts';
import { chunkHash } from '../../daemon/disk/manifest.ts';
import { noise } from './noise.ts';

/** Lengths of the chunks of a file that is fed in these portions. */
function lengths(
  portions: readonly Uint8Array[],
  sizeBytes = portions.reduce((sum, one) => sum + one.length, 0),
): number[] {
  const chunker = new Chunker(chunkBounds(sizeBytes));
  const found: number[] = [];
  let length = 0;
  for (const bytes of portions) {
    let from = 0;
    for (let cut = chunker.next(bytes, 0); cut !== undefined; cut = chunker.next(bytes, from)) {
      found.push(length + cut - from);
      length = 0;
      from = cut;
    }
    length += bytes.length - from;
  }
  return length > 0 ? [...found, length] : found;
}

const sample = noise(3 << 20);
const { min, max } = chunkBounds(sample.length);

test('the cuts are those of the protocol, for ever', () => {
  assert.equal(
    createHash('sha256').update(GEAR.join(' ')).digest('hex'),
    '70069868f2bb71cdbf59563e80b8af7c081b5af4ae5de2064a4bca1c30d845c4',
  );
  assert.deepEqual([min, max], [32_768, 524_288]);
  assert.deepEqual(
    lengths([sample]),
    [
      108726, 76285, 117189, 50408, 134815, 155308, 123819, 107557, 133604, 108129, 84739, 190779, 58423, 156948,
      179095, 161053, 113927, 138913, 153144, 122937, 122477, 74513, 162364, 119285, 151138, 40153,
    ],
  );
});

test('chunks have the lengths that they should: none too short or too long, 128 KiB on the average', () => {
  const found = lengths([noise(24 << 20)]);
  assert.ok(found.slice(0, -1).every((length) => length >= min));
  assert.ok(found.every((length) => length <= max));
  const average = (24 << 20) / found.length / 1024;
  assert.ok(average > 110 && average < 146, `${average} KiB`);
});

test('property: however the bytes are portioned, the cuts are the same', () => {
  const expected = lengths([sample]);
  const cut = fc.oneof(
    fc.nat(sample.length),
    fc.constantFrom(...expected.map((_, i) => expected.slice(0, i).reduce((a, b) => a + b, 0))),
    fc.nat(40).map((n) => min - 20 + n),
  );
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 20 }), (places) => {
      const sorted = [0, ...places.toSorted((a, b) => a - b), sample.length];
      const portions = sorted.slice(1).map((to, i) => sample.subarray(sorted[i], to));
      assert.deepEqual(lengths(portions, sample.length), expected);
    }),
    { numRuns: 40 },
  );
  const bytes = Array.from({ length: 100_000 }, (_, i) => sample.subarray(i, i + 1));
  assert.deepEqual(lengths(bytes), lengths([sample.subarray(0, 100_000)]));
});

test('property: an insertion, a deletion or a change leaves most chunks as they were', () => {
  const chunksOf = (bytes: Buffer): Set<string> => {
    let at = 0;
    return new Set(lengths([bytes], sample.length).map((length) => chunkHash(bytes.subarray(at, (at += length)))));
  };
  const before = chunksOf(sample);
  fc.assert(
    fc.property(fc.nat(sample.length), fc.nat(100), fc.uint8Array({ maxLength: 100 }), (at, removed, inserted) => {
      const edited = Buffer.concat([sample.subarray(0, at), inserted, sample.subarray(at + removed)]);
      const fresh = [...chunksOf(edited)].filter((chunk) => !before.has(chunk));
      assert.ok(fresh.length <= 4, `${fresh.length} of ${before.size} chunks are new`);
    }),
    { numRuns: 20, examples: [[0, 0, Uint8Array.of(1)]] },
  );
});

test('runs of one byte are cut at the greatest length, at sizes around it too', () => {
  const zeros = new Uint8Array(2 * max + 1);
  for (const size of [0, 1, min, max - 1, max, max + 1, 2 * max - 1, 2 * max, 2 * max + 1]) {
    const expected = [...Array<number>(Math.floor(size / max)).fill(max), size % max].filter((length) => length > 0);
    assert.deepEqual(lengths([zeros.subarray(0, size)]), expected, `${size} zeros`);
  }
  for (let byte = 1; byte < 256; byte++) assert.deepEqual(lengths([new Uint8Array(max).fill(byte)]), [max]);
});

test('the larger the file the longer its chunks, so that they are never too many', () => {
  const gib = 2 ** 30;
  for (const size of [0, 1, gib, 6 * gib, 7 * gib, 50 * gib, 100 * gib, 390 * gib, 391 * gib, MAX_CHUNKED_BYTES]) {
    const bounds = chunkBounds(size);
    assert.ok(Math.ceil(size / bounds.min) <= MAX_CHUNKS, `${size}`);
    assert.ok(bounds.min <= bounds.normal && bounds.normal <= bounds.max && bounds.max <= MAX_CHUNK_BYTES, `${size}`);
  }
  assert.deepEqual(lengths([new Uint8Array(10 << 20)], MAX_CHUNKED_BYTES), [4 << 20, 4 << 20, 2 << 20]);
  assert.deepEqual(
    lengths([sample, sample, sample], 7 * gib)
      .slice(0, -1)
      .filter((length) => length < 64 << 10),
    [],
  );
});
