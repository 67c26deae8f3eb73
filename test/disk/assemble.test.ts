// A large file is put together from what has come and from files that are here; whether it is right shows the hash of its part.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SeenStat } from '../../daemon/core/observation.ts';
import { type Assemble, type Copies, assemble } from '../../daemon/disk/assemble.ts';
import { type Manifest, ManifestBuilder, planPieces } from '../../daemon/disk/manifest.ts';
import { hashNext, newBegun } from '../../daemon/disk/new-part.ts';
import { openPart, writePieces } from '../../daemon/disk/parts.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { noise } from '../system/trees.ts';
import { path } from './tree.ts';

const fs = new RealFileSystem();
const MIB = 1 << 20;
const [HEAD, BODY, TAIL] = [noise(MIB, 1), noise(2 * MIB, 2), noise(MIB, 3)];
/** What is here, with the body elsewhere; and what is in the version store. */
const PRESENT = Buffer.concat([noise(100_000, 4), BODY]);
const VERSION = Buffer.concat([TAIL, noise(100_000, 5)]);
const WANTED = Buffer.concat([HEAD, BODY, Buffer.alloc(4 * MIB), TAIL]);

function manifestOf(content: Buffer) {
  const builder = new ManifestBuilder(content.length);
  builder.push(content);
  return builder.finish();
}

interface Place extends Assemble {
  readonly pieces: Manifest;
  readonly part: string;
  readonly present: string;
  readonly version: string;
}

/** What no file of ours holds has come already. */
function place(t: TestContext): Place {
  const root = mkdtempSync(join(tmpdir(), 'syncd-assemble-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const own of ['staging', 'versions']) mkdirSync(join(root, '.syncd', own), { recursive: true });
  const [present, version] = [join(root, 'present'), join(root, '.syncd/versions/old~1')];
  writeFileSync(join(root, '.syncd/id'), 'here');
  writeFileSync(present, PRESENT);
  writeFileSync(version, VERSION);
  const tree = { root, marker: 'here', boundaries: [] };
  const pieces = manifestOf(WANTED);
  const seen = {} as SeenStat; // only the whole hash is believed
  const copies: Copies[] = [
    { from: { kind: 'file', path: path('present'), seen }, pieces: planPieces(pieces, manifestOf(PRESENT)) },
    { from: { kind: 'version', storedAs: 'old~1', seen }, pieces: planPieces(pieces, manifestOf(VERSION)) },
  ];
  const opened = openPart.run(fs, { tree, staged: 'new', size: WANTED.length, pieces, reservedBytes: 0 });
  assert.ok(opened.kind === 'open');
  const here = new Set(copies.flatMap((one) => one.pieces.map(({ to }) => to.offset)));
  for (const piece of opened.missing.filter(({ offset }) => !here.has(offset))) {
    const bytes = new Uint8Array(WANTED.subarray(piece.offset, piece.offset + piece.length));
    writePieces.run(fs, { tree, staged: 'new', offset: piece.offset, bytes, pieces: [piece] });
  }
  return { tree, staged: 'new', pieces, copies, part: join(root, '.syncd/staging/new.part'), present, version };
}

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** As it is while a file is put together: from its beginning to its end. */
function hashed({ tree, staged }: Assemble): string | undefined {
  const [begun, size] = [newBegun(), WANTED.length];
  let sha256: string | undefined;
  for (let offset = 0; offset < size; offset += MIB) {
    const done = hashNext.run(fs, { tree, staged, size, begun, offset, length: Math.min(MIB, size - offset) });
    assert.ok(done.kind === 'hashed');
    sha256 = done.sha256;
  }
  return sha256;
}

test('what has come and what is here make the whole, wherever it is here', (t) => {
  const { part, ...job } = place(t);
  for (const [i, { pieces }] of job.copies.entries()) assert.ok(pieces.length > 2, `of source ${i}`);
  assert.notEqual(hashOf(readFileSync(part)), hashOf(WANTED), 'not all of it has come');

  assert.deepEqual(assemble.run(fs, job), { kind: 'copied' });
  assert.equal(hashed(job), hashOf(WANTED));
  assert.ok(readFileSync(part).equals(WANTED));
  const bytesOnDisk = lstatSync(part).blocks * 512;
  assert.ok(bytesOnDisk < 6 * MIB, `${bytesOnDisk} bytes on disk: holes are holes`);
});

test('I5: a source that was written to meanwhile shows in the hash', (t) => {
  const { part, ...job } = place(t);
  const changed = Buffer.from(PRESENT);
  changed[MIB] = (changed[MIB] ?? 0) ^ 1;
  writeFileSync(job.present, changed);
  assert.deepEqual(assemble.run(fs, job), { kind: 'copied' });
  assert.notEqual(hashed(job), hashOf(WANTED));
  assert.equal(hashed(job), hashOf(readFileSync(part)));

  const again = openPart.run(fs, { ...job, size: WANTED.length, reservedBytes: 0 });
  assert.ok(again.kind === 'open');
  assert.equal(again.missing.length, 1, 'one piece is to come from the peer');
});

test('a source that is shorter now, or gone, and a part that is gone are told', (t) => {
  const { part, ...job } = place(t);
  truncateSync(job.version, 1000);
  assert.deepEqual(assemble.run(fs, job), { kind: 'gone' });
  rmSync(job.version);
  assert.deepEqual(assemble.run(fs, job), { kind: 'gone' });
  writeFileSync(job.version, VERSION);
  rmSync(job.present);
  assert.deepEqual(assemble.run(fs, job), { kind: 'gone' });
  rmSync(part);
  assert.deepEqual(assemble.run(fs, job), { kind: 'gone' });
  const { tree, staged } = job;
  const range = { tree, staged, size: WANTED.length, begun: newBegun(), offset: 0, length: MIB };
  assert.deepEqual(hashNext.run(fs, range), { kind: 'gone' });
});
