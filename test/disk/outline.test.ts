// A manifest in short: what is alike in two manifests is alike in their outlines, and an outline is one of a file of its size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash } from 'node:crypto';
import { type Chunk, encodeManifest } from '../../daemon/disk/manifest.ts';
import { chunksOfLength, decodeOutline, encodeOutline, groupHash, groupsOf } from '../../daemon/disk/outline.ts';

const KIB = 1 << 10;

/** Of so many chunks, each of which is named by a number. */
function manifest(numbers: readonly number[]): Uint8Array {
  let offset = 0;
  const chunks = numbers.map((n): Chunk => {
    const length = 64 * KIB + (n % 100);
    offset += length;
    return { offset: offset - length, length, hash: hash('sha256', `chunk ${n}`, 'hex').slice(0, 32) };
  });
  return encodeManifest(chunks);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const sizeOf = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + 64 * KIB + (n % 100), 0);

test('the groups are the manifest, and an outline is a fiftieth of it', () => {
  const numbers = upTo(8_000);
  const whole = manifest(numbers);
  const groups = groupsOf(whole);
  assert.ok(Buffer.concat(groups).equals(whole));
  const outline = encodeOutline(whole);
  assert.equal(outline.length, 20 * groups.length);
  assert.ok(outline.length < whole.length / 40, `${outline.length} bytes of ${whole.length}`);

  const decoded = decodeOutline(outline, sizeOf(numbers));
  assert.ok(decoded);
  for (const [i, { length, hash: named }] of decoded.entries()) {
    const group = groups[i];
    assert.ok(group);
    assert.equal(named, groupHash(group));
    assert.deepEqual(chunksOfLength(Buffer.concat([group, manifest([1])]), length), Buffer.from(group));
  }
  assert.deepEqual(groupsOf(new Uint8Array()), []);
});

test('a chunk that is changed, one that comes or one that goes changes few groups', () => {
  const before = upTo(8_000);
  const known = new Set(groupsOf(manifest(before)).map(groupHash));
  const changes: readonly (readonly number[])[] = [
    before.with(4_000, 99_999),
    [99_999, ...before],
    before.toSpliced(3_000, 2),
    [...before, 99_999],
  ];
  for (const after of changes) {
    const others = groupsOf(manifest(after)).filter((group) => !known.has(groupHash(group)));
    assert.ok(others.length >= 1 && others.length <= 2, `${others.length} groups`);
  }
});

test('chunks that are all alike are cut all the same: no group is too long', () => {
  const alike = upTo(100).find((n) => groupsOf(manifest([n, n])).length === 1);
  assert.ok(alike !== undefined);
  const groups = groupsOf(manifest(Array.from({ length: 1_200 }, () => alike)));
  assert.deepEqual(
    groups.map(({ length }) => length / 20),
    [500, 500, 200],
  );
});

test('what is no outline of a file of this size is refused', () => {
  const outline = encodeOutline(manifest([1, 2, 3]));
  const size = sizeOf([1, 2, 3]);
  assert.ok(decodeOutline(outline, size));
  assert.equal(decodeOutline(outline, size - 1), undefined);
  assert.equal(decodeOutline(outline.subarray(1), size), undefined);
  assert.equal(decodeOutline(Buffer.concat([new Uint8Array(20), outline]), size), undefined, 'a group of nothing');
  assert.equal(decodeOutline(new Uint8Array(20 * 200_001), size), undefined, 'more groups than chunks can be');
  assert.deepEqual(decodeOutline(new Uint8Array(), 0), []);
});

test('chunks that do not end where they should are none', () => {
  const two = manifest([1, 2]);
  assert.equal(chunksOfLength(two, sizeOf([1]) + 1), undefined, 'one goes on');
  assert.equal(chunksOfLength(two, sizeOf([1, 2]) + 1), undefined, 'one is missing');
  assert.equal(chunksOfLength(two.subarray(0, 19), 1), undefined, 'one is cut short');
  assert.deepEqual(chunksOfLength(two, 0), Buffer.from(two.subarray(0, 0)));
});
