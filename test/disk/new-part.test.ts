// A new large file is written from its beginning to its end, and its hash is known with its last bytes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { type WriteNext, beginPart, writeNext } from '../../daemon/disk/new-part.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { noise } from '../system/trees.ts';

const fs = new RealFileSystem();
const MIB = 1 << 20;
const CONTENT = Buffer.concat([noise(MIB, 1), Buffer.alloc(2 * MIB), noise(MIB, 2)]);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
let begun = 1_000_000;

interface Begun {
  readonly part: string;
  readonly staged: string;
  write(from: number, to: number, how?: Partial<WriteNext>): ReturnType<typeof writeNext.run>;
  begin(reservedBytes?: number): ReturnType<typeof beginPart.run>;
}

function folder(t: TestContext): Begun {
  const root = mkdtempSync(join(tmpdir(), 'syncd-new-part-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, '.syncd/staging'), { recursive: true });
  writeFileSync(join(root, '.syncd/id'), 'here');
  const common = { tree: { root, marker: 'here', boundaries: [] }, staged: 'new', size: CONTENT.length };
  const number = ++begun;
  return {
    staged: common.staged,
    part: join(root, '.syncd/staging/new.part'),
    begin: (reservedBytes = 0) => beginPart.run(fs, { ...common, reservedBytes }),
    write: (from, to, how) => {
      const bytes = new Uint8Array(CONTENT.subarray(from, to));
      return writeNext.run(fs, { ...common, begun: number, offset: from, length: to - from, bytes, ...how });
    },
  };
}

test('what comes in its order is hashed while it is written, and holes stay holes', (t) => {
  const { begin, write, part } = folder(t);
  assert.equal(begin().kind, 'new');
  for (let at = 0; at < 3 * MIB; at += MIB)
    assert.deepEqual(write(at, at + MIB), { kind: 'written', sha256: undefined }, `${at}`);
  assert.deepEqual(write(3 * MIB, 4 * MIB), { kind: 'written', sha256: SHA256 });

  assert.ok(readFileSync(part).equals(CONTENT));
  const bytesOnDisk = lstatSync(part).blocks * 512;
  assert.ok(bytesOnDisk < 3 * MIB, `${bytesOnDisk} bytes on disk`);
});

test('what is packed is unpacked, and what is not as long as it should be is wrong', (t) => {
  const { begin, write, part } = folder(t);
  begin();
  const packed = (bytes: Buffer): Partial<WriteNext> => ({ packed: true, bytes: zstdCompressSync(bytes) });
  assert.deepEqual(write(0, MIB, packed(CONTENT.subarray(0, MIB + 1))), { kind: 'wrong' });
  assert.deepEqual(write(0, MIB, { bytes: new Uint8Array(5) }), { kind: 'wrong' });
  assert.deepEqual(write(0, MIB, { packed: true }), { kind: 'wrong' }, 'not packed at all');
  assert.equal(lstatSync(part).blocks, 0, 'nothing of it was written');
  write(0, MIB, packed(CONTENT.subarray(0, MIB)));
  assert.deepEqual(write(MIB, 4 * MIB, packed(CONTENT.subarray(MIB))), { kind: 'written', sha256: SHA256 });
});

test('the hash of what did not come in its order, or to another thread, is not told', (t) => {
  const { begin, write, part } = folder(t);
  begin();
  write(MIB, 4 * MIB);
  assert.deepEqual(write(0, MIB), { kind: 'written', sha256: undefined });
  assert.deepEqual(write(3 * MIB, 4 * MIB), { kind: 'written', sha256: undefined });
  assert.ok(readFileSync(part).equals(CONTENT), 'all of it is there, and is read again');
});

test('what one file has had is not taken for what another has', (t) => {
  const { begin, write } = folder(t);
  begin();
  write(0, MIB);
  const other = ++begun;
  assert.deepEqual(write(MIB, 4 * MIB, { begun: other }), { kind: 'written', sha256: undefined });
});

test('a part from before, and a file for which there is no room, need a manifest', (t) => {
  const { begin } = folder(t);
  assert.deepEqual(begin(Number.MAX_SAFE_INTEGER), { kind: 'needs manifest' }, 'holes need no room');
  assert.equal(begin().kind, 'new');
  assert.deepEqual(begin(), { kind: 'needs manifest' });
});

test("a part that has gone is nobody's to make anew", (t) => {
  const { begin, write, part } = folder(t);
  begin();
  rmSync(part);
  assert.deepEqual(write(0, MIB), { kind: 'gone' });
});
