// A peer that says INDEX again while its session lasts: something about it is otherwise now, and all that was told holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../daemon/core/ids.ts';
import { OneDevice, SELF_EPOCH } from './one-device.ts';

const FILES = 600;

/** A device with many files, and a peer that connects with nothing and takes only the first of what it is told. */
async function halfTold(): Promise<OneDevice> {
  const device = new OneDevice();
  for (let i = 0; i < FILES; i++) device.write(`${i}`, `content ${i}`);
  device.folder.start();
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'the first scan');
  const { peer } = device;
  peer.announce = (announcements) => {
    peer.told.push(...announcements);
    peer.queuedBytes = 2 << 20;
  };
  peer.connect({ entries: 0 });
  await device.until(() => peer.told.length > 0, 'some of it to be told');
  return device;
}

async function drain({ peer, folder, clock }: OneDevice): Promise<void> {
  for (let i = 0; i < FILES; i++) {
    peer.queuedBytes = 0;
    folder.door.onDrain(peer);
    await clock.advance(10);
  }
}

test('I7: a peer that says INDEX again is not told again what is on its way, and the rest goes along as before', async () => {
  const device = await halfTold();
  const { peer, folder, clock } = device;
  const first = peer.told.at(0)?.seq ?? (0 as Sequence);
  assert.ok(peer.told.length < FILES, 'not all of it');

  // It had taken in one of them when it said so.
  const offer = { epoch: peer.epoch, seq: 0 as Sequence, entries: 1, have: { epoch: SELF_EPOCH, seq: first } };
  folder.door.onIndex(peer, offer);
  await clock.advance(100);
  await drain(device);

  const told = peer.told.map(({ record }) => record.path);
  assert.equal(new Set(told).size, FILES);
  assert.equal(told.length, FILES, 'each once');
  assert.ok(peer.told.every(({ content }) => content !== undefined));
  await device.stop();
});

test('I2: a peer that says INDEX again in another epoch is told what it has not', async () => {
  const device = await halfTold();
  const { peer, folder, clock } = device;
  const told = peer.told.length;

  folder.door.onIndex(peer, { epoch: 'QQQQQQQQQQQQQQQQ' as never, seq: 0 as Sequence, entries: 0, have: undefined });
  await clock.advance(100);
  await drain(device);

  assert.equal(peer.told.length, told + FILES);
  await device.stop();
});

test('what has changed of a device is said again to a peer that has said INDEX, and to another when it has', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const { peer, other, folder, clock } = device;
  folder.door.attach(other);
  await clock.advance(100);
  assert.deepEqual([peer.indexes.length, other.indexes.length], [1, 1]);

  device.reconfigure({ conflict: 'keep-both' });
  await clock.advance(1_000);
  assert.deepEqual([peer.indexes.length, other.indexes.length], [2, 1]);
  assert.equal(peer.indexes.at(-1)?.common?.conflict.value, 'keep-both');

  folder.door.onIndex(other, { epoch: other.epoch, seq: 0 as Sequence, entries: 1, have: undefined });
  await clock.advance(1_000);
  assert.deepEqual([peer.indexes.length, other.indexes.length], [2, 2]);
  assert.equal(other.indexes.at(-1)?.common?.conflict.value, 'keep-both');
  await device.stop();
});
