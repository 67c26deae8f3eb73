import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_CHUNKED_BYTES } from '../../daemon/disk/chunker.ts';
import {
  type Manifest,
  ManifestBuilder,
  chunkHash,
  decodeManifest,
  encodeManifest,
  planPieces,
} from '../../daemon/disk/manifest.ts';
import { noise } from './noise.ts';

function manifestOf(bytes: Uint8Array, portion = 100_000): Manifest {
  const builder = new ManifestBuilder(bytes.length);
  for (let at = 0; at < bytes.length; at += portion) builder.push(bytes.subarray(at, at + portion));
  return builder.finish();
}

const hash = (n: number): string => n.toString(16).padStart(32, '0');
const chunks = (...list: (readonly [length: number, hash: number])[]): Manifest => {
  let offset = 0;
  return list.map(([length, n]) => ({ offset: (offset += length) - length, length, hash: hash(n) }));
};

test('a manifest covers its file, and each hash is that of its bytes', () => {
  const bytes = noise(1 << 20);
  const manifest = manifestOf(bytes);
  let end = 0;
  for (const chunk of manifest) {
    assert.equal(chunk.offset, end);
    end += chunk.length;
    assert.equal(chunk.hash, chunkHash(bytes.subarray(chunk.offset, end)));
  }
  assert.equal(end, bytes.length);
  assert.deepEqual(manifestOf(bytes, 7777), manifest);
  assert.deepEqual(manifestOf(new Uint8Array()), []);
});

test('property: what is encoded is decoded again', () => {
  const length = fc.integer({ min: 32 << 10, max: 512 << 10 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(length, fc.nat()), { maxLength: 50 }),
      fc.integer({ min: 1, max: 512 << 10 }),
      (list, last) => {
        const manifest = chunks(...list, [last, 1]);
        const size = manifest.reduce((sum, chunk) => sum + chunk.length, 0);
        const bytes = encodeManifest(manifest);
        assert.equal(bytes.length, manifest.length * 20);
        assert.deepEqual(decodeManifest(bytes, size), { ok: true, manifest });
      },
    ),
    { numRuns: 50 },
  );
  assert.deepEqual(decodeManifest(new Uint8Array(), 0), { ok: true, manifest: [] });
});

const kib = 1024;
const refused: { why: string; manifest: Uint8Array; size: number; expect: string }[] = [
  { why: 'cut off', manifest: encodeManifest(chunks([100, 1])).subarray(1), size: 100, expect: 'not whole' },
  {
    why: 'a chunk of no length',
    manifest: encodeManifest(chunks([40 * kib, 1], [0, 2])),
    size: 40 * kib,
    expect: 'chunk length',
  },
  {
    why: 'a chunk too long',
    manifest: encodeManifest(chunks([513 * kib, 1])),
    size: 513 * kib,
    expect: 'chunk length',
  },
  {
    why: 'a chunk too short inside',
    manifest: encodeManifest(chunks([kib, 1], [99 * kib, 1])),
    size: 100 * kib,
    expect: 'chunk length',
  },
  { why: 'less than the file', manifest: encodeManifest(chunks([40 * kib, 1])), size: 41 * kib, expect: 'sum' },
  { why: 'more than the file', manifest: encodeManifest(chunks([40 * kib, 1])), size: 39 * kib, expect: 'sum' },
  { why: 'nothing of a file', manifest: new Uint8Array(), size: 1, expect: 'sum' },
  { why: 'a chunk of nothing', manifest: encodeManifest(chunks([1, 1])), size: 0, expect: 'too many chunks' },
  { why: 'more chunks than can be', manifest: new Uint8Array(20 * 4), size: 70 * kib, expect: 'too many chunks' },
  { why: 'of a file too large', manifest: new Uint8Array(), size: MAX_CHUNKED_BYTES + 1, expect: 'too large' },
];
for (const { why, manifest, size, expect } of refused)
  test(`a manifest is refused: ${why}`, () => {
    assert.deepEqual(decodeManifest(manifest, size), { ok: false, why: expect });
  });

test('property: bytes of any kind are decoded or refused, never more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, size) => {
      const decoded = decodeManifest(bytes, size);
      if (decoded.ok)
        assert.equal(
          decoded.manifest.reduce((sum, chunk) => sum + chunk.length, 0),
          size,
        );
    }),
  );
});

test('what our own file has is copied: from the same place, else from another', () => {
  const own = chunks([10, 1], [10, 2], [10, 1], [10, 3]);
  const wanted = chunks([10, 4], [10, 3], [10, 1], [10, 2], [9, 3]);
  assert.deepEqual(
    planPieces(wanted, own).map(({ to, offset }) => [to.offset, offset]),
    [
      [10, 30],
      [20, 20],
      [30, 10],
    ],
  );
  assert.deepEqual(planPieces(wanted, []), []);
});

test('of a file with a byte inserted at its front nearly everything is copied', () => {
  const before = noise(4 << 20);
  const wanted = manifestOf(Buffer.concat([Buffer.of(1), before]));
  const copied = planPieces(wanted, manifestOf(before)).reduce((sum, { to }) => sum + to.length, 0);
  assert.ok(copied > 2 << 20, `${copied} bytes`);
});
