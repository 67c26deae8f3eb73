// When two devices are in sync, at the edges.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../daemon/core/ids.ts';
import { OneDevice } from './one-device.ts';

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
