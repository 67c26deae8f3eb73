// Contents that are awkward to cut and to store: zeroes and repetitions around the borders of chunks, and files that are
// mostly a hole.
import assert from 'node:assert/strict';
import { closeSync, lstatSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settle, startPair } from './daemon.ts';
import { rounds } from './rounds.ts';
import { sha256Of, noise } from './trees.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;
const SIZES = [64 * KIB, 256 * KIB, 512 * KIB, MIB, 2 * MIB];

test('S45 I2: zeroes and repetitions around every border of a chunk arrive, and one changed byte sends little', async (t) => {
  const fill = (size: number, kind: string): Buffer =>
    kind === 'zero' ? Buffer.alloc(size) : kind === 'ff' ? Buffer.alloc(size, 0xff) : Buffer.alloc(size, noise(64, 7));
  const names = ['zero', 'ff', 'block'].flatMap((kind) =>
    SIZES.flatMap((size) => [-1, 0, 1].map((off) => ({ name: `${kind} ${size} ${off}`, size: size + off, kind }))),
  );
  const { laptop, left, right, same } = await startPair(t, {
    before: (root) => {
      for (const { name, size, kind } of names) writeFileSync(join(root, name), fill(size, kind));
    },
  });
  for (const { name, size, kind } of names) assert.ok(readFileSync(join(right, name)).equals(fill(size, kind)), name);

  const large = names.filter(({ size }) => size > MIB + 1);
  const before = (await laptop.traffic()).received;
  for (const { name, size } of large) overwrite(join(left, name), Buffer.from([1]), size >> 1);
  await same();
  const sent = (await laptop.traffic()).received - before;
  assert.ok(sent < large.length * 3 * 512 * KIB, `${sent} bytes for ${large.length} changed bytes`);
});

test('S10 T3 I10: a large file that is mostly a hole arrives as one, and little of it is sent', async (t) => {
  const sizeBytes = rounds(1) * 512 * MIB;
  const { hub, laptop, left, right } = await startPair(t, {});
  const before = (await laptop.traffic()).received;
  const file = join(left, 'sparse.img');
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  overwrite(file, noise(MIB, 5), sizeBytes / 2 + 12_345);
  await settle('docs', hub, laptop);
  const { size, blocks } = lstatSync(join(right, 'sparse.img'));
  assert.equal(size, sizeBytes);
  assert.ok(blocks * 512 < 8 * MIB, `${blocks * 512} bytes on the disk`);
  const sent = (await laptop.traffic()).received - before;
  assert.ok(sent < 5 * MIB, `${sent} bytes were received`);
  assert.equal(await sha256Of(join(right, 'sparse.img')), await sha256Of(file));
});

function overwrite(file: string, bytes: Uint8Array, at: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}
