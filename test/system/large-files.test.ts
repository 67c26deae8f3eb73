// Large files: resumed where they broke off, sent by their changed parts, in bounded memory.
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mostResidentMiB, residentMiB } from '../security/memory.ts';
import { pair, settle, startDaemon, startPair, temporaryDirectory } from './daemon.ts';
import { sha256Of } from './trees.ts';
import { waitFor } from './wait-for.ts';

const MIB = 1 << 20;

test('a large transfer that is killed goes on from what has arrived, in bounded memory', async (t) => {
  const sizeBytes = 384 * MIB;
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(left);
  writeNoise(join(left, 'large.bin'), sizeBytes);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  const idleMib = residentMiB(hub.pid);
  await pair(hub, laptop, 'docs', [left, right]);

  const arrived = await waitFor('a part has arrived', () => {
    const bytes = bytesOnDisk(join(right, '.syncd/staging'));
    return bytes > 64 * MIB && bytes;
  });
  await laptop.kill();
  const kept = Math.max(arrived, bytesOnDisk(join(right, '.syncd/staging')));
  t.diagnostic(`killed with ${Math.round(kept / MIB)} of ${sizeBytes / MIB} MiB in staging`);
  await laptop.start();
  await settle('docs', hub, laptop);

  assert.equal(await sha256Of(join(right, 'large.bin')), await sha256Of(join(left, 'large.bin')));
  const { received } = await laptop.traffic();
  assert.ok(
    received < sizeBytes - kept / 2,
    `${Math.round(received / MIB)} MiB were received after the restart, ${Math.round(kept / MIB)} MiB were there`,
  );
  for (const daemon of [hub, laptop]) {
    const grownMib = mostResidentMiB(daemon.pid) - idleMib;
    assert.ok(grownMib < 200, `${daemon.name} has used ${Math.round(grownMib)} MiB more than at rest`);
  }
});

test('a byte changed in 64 MiB, or put in front, moves less than 1 MiB', async (t) => {
  const { laptop, left, right, same } = await startPair(t, {
    before: (root) => writeNoise(join(root, 'image.bin'), 64 * MIB),
  });
  const file = join(left, 'image.bin');
  const receivedFor = async (change: () => void): Promise<number> => {
    const before = (await laptop.traffic()).received;
    change();
    await same();
    return (await laptop.traffic()).received - before;
  };

  const overwritten = await receivedFor(() => {
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.from([1]), 0, 1, 32 * MIB + 17);
    closeSync(fd);
  });
  const inserted = await receivedFor(() => writeFileSync(file, Buffer.concat([Buffer.from([2]), readFileSync(file)])));

  assert.ok(overwritten < MIB, `overwritten: ${overwritten} bytes were received`);
  assert.ok(inserted < MIB, `inserted: ${inserted} bytes were received`);
  assert.equal(lstatSync(join(right, 'image.bin')).size, 64 * MIB + 1);
});

function writeNoise(file: string, sizeBytes: number): void {
  const block = Buffer.alloc(4 * MIB);
  const fd = openSync(file, 'w');
  for (let at = 0; at < sizeBytes; at += block.length) writeSync(fd, randomFillSync(block));
  closeSync(fd);
}

function bytesOnDisk(directory: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const place = join(directory, entry.name);
      bytes += entry.isDirectory() ? bytesOnDisk(place) : lstatSync(place).blocks * 512;
    }
  } catch {
    // not there yet, or just gone
  }
  return bytes;
}
