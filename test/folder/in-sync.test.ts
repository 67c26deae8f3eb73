// When two devices are in sync, at the edges.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../daemon/core/ids.ts';
import { OneDevice, ROOT } from './one-device.ts';

test('a peer that comes after the last change was forgotten is told that there is no more', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a', 'b.txt': 'b' });
  device.remove('b.txt');
  await device.until(() => device.row('b.txt')?.record.entry.kind === 'absent', 'the deletion');
  // As after 90 days.
  device.index.dropTombstones(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER as Sequence, 10);
  device.other.connect();
  await device.clock.advance(1_000);

  assert.equal(device.other.acknowledged?.announced, device.index.seq);
  await device.stop();
});

test('I2: what a peer made is confirmed only after it has heard what became of it here', async () => {
  const device = await new OneDevice().start();
  device.user.mkdir(`${ROOT}/d`);
  await device.clock.advance(3_000);
  const { peer } = device;
  // The peer removes the directory, while here something new is in it: it lives on, and the peer must hear of that.
  const gone = peer.version('d', { kind: 'absent' });
  device.write('d/new', 'new');
  const heard: boolean[] = [];
  const acknowledge = peer.acknowledge.bind(peer);
  peer.acknowledge = (ack) => {
    acknowledge(ack);
    if (ack.held >= peer.lastSeq) heard.push(peer.lastTold('d')?.entry.kind === 'dir' && peer.told.length > before);
  };
  const before = peer.told.length;
  peer.tell(gone);
  await device.until(() => heard.length > 0, 'the confirmation');
  await device.clock.advance(3_000);
  assert.equal(device.read('d/new'), 'new');
  assert.deepEqual([...new Set(heard)], [true]);
  await device.stop();
});
