// Sparse files on a real disk: what is a hole there takes no space here, whichever way the content comes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, lstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Sha256 } from '../../daemon/core/ids.ts';
import { piecesWithData } from '../../daemon/disk/holes.ts';
import { decodeManifest } from '../../daemon/disk/manifest.ts';
import { openPart, pieceHash, writePieces } from '../../daemon/disk/parts.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import { seenOf } from '../../daemon/disk/tree.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { path } from './tree.ts';
import { wholeManifest } from './whole-manifest.ts';

const fs = new RealFileSystem();
const SIZE = 64 << 20;
const DATA = createHash('sha512').update('data').digest();
/** Room for the data, and what a file system may put around it. */
const SMALL_BYTES = 4 << 20;

test('a sparse file that comes in pieces is sparse, and only its data has to come', (t) => {
  const { root, tree, path, entry, seen } = sparseFile(t);
  const decoded = decodeManifest(wholeManifest(fs, { tree, of: { kind: 'file', path, seen }, size: SIZE }), SIZE);
  assert.ok(decoded.ok);
  const staged = stagedName(path, entry.sha256);
  const opening = { tree, staged, size: SIZE, pieces: decoded.manifest, reservedBytes: 0 };

  const opened = openPart.run(fs, opening);
  assert.ok(opened.kind === 'open');
  const missingBytes = opened.missing.reduce((sum, { length }) => sum + length, 0);
  assert.ok(missingBytes > 0 && missingBytes < SMALL_BYTES, `${missingBytes} bytes are to come`);
  for (const piece of opened.missing) {
    const bytes = readWhole(root, piece.offset, piece.length);
    writePieces.run(fs, { tree, staged, offset: piece.offset, bytes, pieces: [piece] });
  }
  const again = openPart.run(fs, opening);
  assert.ok(again.kind === 'open' && !again.isNew);
  assert.deepEqual(again.missing, []);
  const full = openPart.run(fs, { ...opening, staged: `${staged}2`, reservedBytes: Number.MAX_SAFE_INTEGER });
  assert.deepEqual(full, { kind: 'problem', code: 'E_DISK_FULL' }, 'what others have still to write is not there');
  assert.deepEqual(stage.run(fs, { tree, items: [{ staged, entry, source: { kind: 'part', hashed: false } }] }), [
    { kind: 'ready' },
  ]);
  assertSparse(join(root, '.syncd/staging', staged));
});

test('a copy of a sparse file is sparse', (t) => {
  const { root, tree, path, entry, seen } = sparseFile(t);
  const staged = stagedName(path, entry.sha256);
  const source = { kind: 'copy', from: path, seen } as const;
  assert.deepEqual(stage.run(fs, { tree, items: [{ staged, entry, source }] }), [{ kind: 'ready' }]);
  assertSparse(join(root, '.syncd/staging', staged));
});

test('what is no hole is written, however often it comes', () => {
  const piece = (offset: number, content: Uint8Array) => ({ offset, length: 64, hash: pieceHash(content) });
  const [ones, zeros] = [new Uint8Array(64).fill(1), new Uint8Array(64)];
  const pieces = [piece(0, ones), piece(64, zeros), piece(128, ones), piece(192, zeros), piece(256, DATA)];
  assert.deepEqual(
    [...piecesWithData(pieces)].map(({ offset }) => offset),
    [0, 128, 256],
  );
});

function sparseFile(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  t.after(() => rmSync(root, { recursive: true }));
  const tree = { root, marker: 'the marker', boundaries: [] };
  prepareRoot.run(fs, { root, marker: tree.marker });
  const file = openSync(join(root, 'sparse'), 'w');
  ftruncateSync(file, SIZE);
  writeSync(file, DATA, 0, DATA.length, SIZE / 2 + 1000);
  closeSync(file);
  const sha256 = createHash('sha256')
    .update(readWhole(root, 0, SIZE))
    .digest('hex') as Sha256;
  const entry = { kind: 'file', size: SIZE, sha256, mode: 0o644, mtimeUs: 0n } as const;
  const dir = fs.openRoot(root);
  const seen = seenOf(dir.lstat('sparse'));
  dir.close();
  assert.ok(seen !== undefined);
  return { root, tree, path: path('sparse'), entry, seen };
}

function readWhole(root: string, offset: number, length: number): Buffer {
  const file = openSync(join(root, 'sparse'), 'r');
  const bytes = Buffer.alloc(length);
  assert.equal(readSync(file, bytes, 0, length, offset), length);
  closeSync(file);
  return bytes;
}

function assertSparse(file: string): void {
  const { size, blocks } = lstatSync(file);
  assert.equal(size, SIZE);
  assert.ok(blocks * 512 < SMALL_BYTES, `it takes ${blocks * 512} bytes`);
}
