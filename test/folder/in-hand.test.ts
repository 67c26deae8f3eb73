// Contents that come along with their announcements, and cannot be carried out at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

function inStaging(device: OneDevice): number {
  return [...device.user.tree(`${ROOT}/.syncd/staging`).keys()].length;
}

test('what has to wait for its directory waits on the disk, and is not asked for', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.tell(device.peer.version('dir/b.txt', file('b')), 'b');
  await device.until(() => inStaging(device) > 0, 'the content on the disk');
  assert.equal(device.exists('dir'), false);
  device.peer.tell(device.peer.version('dir', { kind: 'dir', mode: 0o755 }));
  await device.until(() => device.exists('dir/b.txt'), 'the file');
  assert.equal(device.read('dir/b.txt'), 'b');
  assert.deepEqual(device.peer.asked, []);
  assert.equal(inStaging(device), 0);
  await device.stop();
});

test('I1: a content that is not what was announced with it is asked for', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.contents.set('b.txt', 'right');
  device.peer.tell(device.peer.version('b.txt', file('right')), 'wrong');
  await device.until(() => device.exists('b.txt'), 'the file', 900);
  assert.equal(device.read('b.txt'), 'right');
  await device.stop();
});

test('T30: a content that the disk has no room for is named, and comes when there is some', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.contents.set('b.txt', 'b');
  const end = device.fs.fail('write', (at) => at.includes('staging'), 'ENOSPC');
  device.peer.tell(device.peer.version('b.txt', file('b')), 'b');
  await device.until(() => device.wanted('b.txt')?.code === 'E_DISK_FULL', 'its code');
  assert.equal(inStaging(device), 0);
  end();
  await device.until(() => device.exists('b.txt'), 'the file', 600_000);
  assert.equal(device.read('b.txt'), 'b');
  await device.stop();
});

test('a newer version that comes before the first was carried out is the one that is written', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const first = device.peer.version('b.txt', file('first'));
  device.peer.tell(first, 'first');
  device.peer.tell(device.peer.version('b.txt', file('second'), first), 'second');
  await device.until(() => device.exists('b.txt'), 'the file');
  assert.equal(device.read('b.txt'), 'second');
  assert.deepEqual([device.kept(), device.peer.asked], [[], []]);
  await device.clock.advance(10_000);
  assert.equal(inStaging(device), 0);
  await device.stop();
});

test('what came while the folder was at work and is over in the meantime is not written', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const came = device.peer.version('dir/b.txt', file('b'));
  device.peer.tell(came, 'b');
  await device.until(() => inStaging(device) > 0, 'the content on the disk');
  device.peer.tell(device.peer.version('dir/b.txt', { kind: 'absent' }, came));
  await device.clock.advance(10_000);
  assert.equal(inStaging(device), 0);
  assert.equal(device.wanted('dir/b.txt'), undefined);
  await device.stop();
});
