// While the disk is at work on what one peer said, the next that is said is decided on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

/** A device that is at work on the deletion of `a.txt`, for a second. */
async function atWork(): Promise<OneDevice> {
  const device = await new OneDevice().start({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
  await device.clock.advance(5_000);
  device.slowJobs.set('apply', 1_000);
  device.peer.tell(device.peer.version('a.txt', { kind: 'absent' }));
  await device.clock.advance(50);
  assert.ok(device.exists('a.txt'), 'not gone yet');
  return device;
}

test('what is said of other paths while the disk is at work is wanted before that is done', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a', 'b.txt': 'b' });
  device.other.connect();
  await device.clock.advance(5_000);
  device.slowJobs.set('apply', 1_000);
  device.peer.tell(device.peer.version('a.txt', { kind: 'absent' }));
  device.other.tell(device.other.version('b.txt', file('bb')), 'bb');
  await device.until(() => device.wanted('b.txt') !== undefined, 'the want', 900);
  assert.ok(device.exists('a.txt'), 'not gone yet');
  await device.until(() => device.read('b.txt') === 'bb', 'both');
  assert.equal(device.exists('a.txt'), false);
  await device.stop();
});

test('I2: a newer version of the path that the disk is at work on waits, and is not lost', async () => {
  const device = await atWork();
  const gone = device.wanted('a.txt')?.record;
  device.peer.tell(device.peer.version('a.txt', file('again'), gone), 'again');
  device.peer.tell(device.peer.version('b.txt', { kind: 'absent' }));
  await device.until(() => device.exists('a.txt') && device.read('a.txt') === 'again', 'the newer version');
  await device.until(() => !device.exists('b.txt'), 'what was said behind it');
  assert.deepEqual(device.kept().toSorted(), ['a', 'b']);
  await device.stop();
});

test('a move away from the path that the disk is at work on is decided on when that is done', async () => {
  const device = await atWork();
  const row = device.row('a.txt' as RelativePath);
  assert.ok(row !== undefined);
  const there = device.peer.version('d.txt', row.record.entry, null);
  device.peer.tellMove(device.peer.version('a.txt', { kind: 'absent' }), there);
  await device.until(() => device.exists('d.txt'), 'the moved file');
  assert.equal(device.read('d.txt'), 'a');
  assert.equal(device.user.exists(`${ROOT}/a.txt`), false);
  await device.stop();
});
