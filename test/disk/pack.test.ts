// What peers send packed: it is what it was before, or refused, and never more than it says.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { pack, withPlain } from '../../daemon/disk/pack.ts';
import { readWhole } from '../../daemon/disk/read.ts';
import type { Sha256 } from '../../daemon/core/ids.ts';
import { ROOT, TREE, folder, path } from './tree.ts';

/** What stays of it afterwards. */
function unpack(bytes: Uint8Array, plainBytes: number): Uint8Array | undefined {
  return withPlain({ bytes, packed: true }, plainBytes, (plain) => plain && Uint8Array.from(plain));
}

test('what is packed is the same when it is unpacked', () => {
  for (const text of ['x'.repeat(1_000), 'Jahr für Jahr '.repeat(5_000)]) {
    const plain = Buffer.from(text);
    const { bytes, packed } = pack(plain);
    assert.ok(packed && bytes.length < plain.length / 4);
    assert.deepEqual(Buffer.from(unpack(bytes, plain.length) ?? []), plain);
  }
});

test('nothing large is left to the collector', () => {
  const plain = Buffer.alloc(4 << 20, 'four ');
  const { bytes } = pack(plain);
  const before = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < 20; n++) {
    assert.ok(pack(plain).packed);
    assert.equal(
      withPlain({ bytes, packed: true }, plain.length, (content) => content?.length),
      plain.length,
    );
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < plain.length);
});

test('what does not become smaller stays as it is', () => {
  for (const plain of [randomBytes(100_000), Buffer.from('short'), Buffer.alloc(0)])
    assert.deepEqual(pack(plain), { bytes: plain, packed: false });
});

test('what is longer or shorter than it should be is refused, and nothing long is made of it', () => {
  const bomb = zstdCompressSync(Buffer.alloc(256 << 20));
  assert.ok(bomb.length < 16_384);
  const before = process.memoryUsage().arrayBuffers;
  assert.ok(unpack(bomb, 1_000_000) === undefined);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 << 20);
  const packed = zstdCompressSync(Buffer.alloc(1_000));
  for (const length of [0, 1, 999, 1_001]) assert.ok(unpack(packed, length) === undefined);
});

test('what is no zstd, cut short, or wants a large window is refused', () => {
  const plain = randomBytes(50_000);
  const wide = zstdCompressSync(Buffer.alloc(1_000), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  assert.ok(unpack(wide, 1_000) !== undefined);
  wide[5] = 0xa8; // a window of 2^31 bytes (RFC 8878, 3.1.1.1.2)
  assert.ok(unpack(wide, 1_000) === undefined);
  const packed = zstdCompressSync(plain);
  for (const bad of [plain, Buffer.alloc(0), packed.subarray(0, 1_000)])
    assert.ok(unpack(bad, plain.length) === undefined);
});

test('where eight in a row do not become smaller the rest is sent as it is, unless all are to be tried', () => {
  const fs = folder();
  const short = Array.from({ length: 20 }, () => Buffer.from('short'));
  const noise = Array.from({ length: 8 }, () => randomBytes(1_000));
  const files = [...short, ...noise, Buffer.alloc(1_000)].map((content, i) => {
    fs.user.write(`${ROOT}/${i}`, content);
    const sha256 = createHash('sha256').update(content).digest('hex') as Sha256;
    return { path: path(String(i)), size: content.length, sha256, packs: true };
  });
  const isLastPacked = (from: number, triesAll: boolean): boolean | undefined =>
    readWhole.run(fs, { tree: TREE, files: files.slice(from), triesAll }).contents.at(-1)?.packed;
  assert.equal(isLastPacked(0, false), false);
  assert.equal(isLastPacked(short.length + 1, false), true, 'after seven');
  assert.equal(isLastPacked(0, true), true);
});
