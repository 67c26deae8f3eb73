// INDEX comes before all else that is told of a folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice } from './one-device.ts';

const FILES = 600;

test('I2: nothing is told before INDEX is said, whatever the peer has room for', async () => {
  const device = new OneDevice();
  for (let i = 0; i < FILES; i++) device.write(`d${i % 100}/${i}`, `content ${i}`);
  const { peer, folder, clock } = device;
  folder.start();
  peer.connect();
  while (peer.indexes.length === 0) {
    folder.door.onDrain(peer);
    await clock.advance(1);
    if (peer.indexes.length === 0) assert.equal(peer.told.length, 0);
  }
  await device.until(() => peer.told.length >= FILES, 'all of it');
  await device.stop();
});
