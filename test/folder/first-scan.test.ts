// A peer that never had anything is told what the first scan finds while it finds it; every other peer when it is over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../daemon/core/ids.ts';
import type { IndexOffer } from '../../daemon/ports/peers.ts';
import { OneDevice } from './one-device.ts';

const FILES = 600;

function withFiles(): OneDevice {
  const device = new OneDevice();
  for (let i = 0; i < FILES; i++) device.write(`d${i % 100}/${i}`, `content ${i}`);
  return device;
}

test('I2: a peer that never had anything is told what the first scan finds while it goes on, each once with its content', async () => {
  const device = withFiles();
  const { peer, folder, clock } = device;
  folder.start();
  peer.connect({ entries: 0 });
  while (peer.told.length === 0) await clock.advance(1);
  assert.equal(folder.progress.condition.kind, 'scanning');
  const [first] = peer.indexes;
  assert.equal(first?.scanning, true);
  assert.ok((first?.entries ?? 0) > 0, 'it is not to be sent what an empty folder is sent');

  await device.until(() => folder.progress.condition.kind === 'idle', 'the first scan');
  await clock.advance(2_000);
  const files = peer.told.filter(({ record }) => record.entry.kind === 'file');
  assert.equal(new Set(files.map(({ record }) => record.path)).size, FILES);
  assert.equal(files.length, FILES, 'each once');
  assert.ok(files.every(({ content }) => content !== undefined));
  assert.equal(peer.indexes.length, 2, 'that it is over is said');
  assert.equal(peer.indexes[1]?.scanning, undefined);
  assert.deepEqual(await device.wait(), { kind: 'in sync' });
  await device.stop();
});

for (const [what, offer] of [
  ['holds something', { entries: 1 }],
  ['has told something once', { entries: 0, seq: 7 as Sequence }],
] as const)
  test(`a peer that ${what} is told nothing before the first scan is over`, async () => {
    const device = withFiles();
    const { peer, folder, clock } = device;
    folder.start();
    peer.connect(offer);
    while (folder.progress.condition.kind === 'scanning') {
      await clock.advance(1);
      if (folder.progress.condition.kind === 'scanning') assert.equal(peer.indexes.length + peer.told.length, 0);
    }
    await device.until(() => peer.told.length >= FILES, 'all of it');
    assert.equal(peer.indexes[0]?.scanning, undefined);
    await device.stop();
  });

test('I15: with a peer in its first scan nobody is in sync, until it has said that it is over', async () => {
  const device = new OneDevice();
  const { peer, folder } = device;
  device.write('a', 'ours');
  folder.start();
  await device.until(() => folder.progress.condition.kind === 'idle', 'the first scan');
  peer.connect({ scanning: true });
  assert.equal((await device.wait()).kind, 'not in time');

  const over: IndexOffer = { epoch: peer.epoch, seq: 0 as Sequence, entries: 1, have: undefined };
  folder.door.onIndex(peer, over);
  assert.deepEqual(await device.wait(), { kind: 'in sync' });
  await device.stop();
});
