// Which contents go along with their announcement: those that the peer cannot have, and no others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

/** @param entries What the peer says it has when it connects. */
async function started(entries = 5): Promise<OneDevice> {
  const device = await new OneDevice().start();
  device.peer.tell(device.peer.version('theirs', { kind: 'dir', mode: 0o755 }));
  device.user.mkdir(`${ROOT}/d`);
  device.user.mkdir(`${ROOT}/e`);
  device.write('d/a', 'one');
  device.write('e/a', 'two');
  await device.clock.advance(3_000);
  device.peer.disconnect();
  device.peer.connect({ entries });
  await device.clock.advance(1_000);
  device.peer.told.length = 0;
  return device;
}

const along = (device: OneDevice): string[] =>
  device.peer.told.flatMap(({ record, content }) => (content === undefined ? [] : [record.path]));

test('what is new goes along', async () => {
  const device = await started();
  device.write('new', 'never seen');
  await device.clock.advance(3_000);
  assert.deepEqual(along(device), ['new']);
  await device.stop();
});

test('what the first scan finds does not go along to a peer that is there already and holds something', async () => {
  const device = new OneDevice();
  for (let i = 0; i < 300; i++) device.write(`d${i % 100}/${i}`, `content ${i}`);
  device.folder.start();
  device.peer.connect({ entries: 400 });
  await device.until(() => device.peer.told.length >= 400, 'all of it');
  assert.deepEqual(along(device), []);
  device.write('new', 'never seen');
  await device.clock.advance(3_000);
  assert.deepEqual(along(device), ['new']);
  await device.stop();
});

test('S53: a peer that was empty when it connected has by now what was swapped', async () => {
  const device = await started(0);
  device.user.rename(`${ROOT}/d`, `${ROOT}/x`);
  device.user.rename(`${ROOT}/e`, `${ROOT}/d`);
  device.user.rename(`${ROOT}/x`, `${ROOT}/e`);
  await device.clock.advance(3_000);
  assert.equal(device.peer.lastTold('d/a')?.entry.kind, 'file');
  assert.deepEqual(along(device), []);
  await device.stop();
});

test('I7, S53: what was swapped, moved, copied, put back or only touched does not: the peer has it', async () => {
  const device = await started();
  device.user.rename(`${ROOT}/d`, `${ROOT}/x`);
  device.user.rename(`${ROOT}/e`, `${ROOT}/d`);
  device.user.rename(`${ROOT}/x`, `${ROOT}/e`);
  await device.clock.advance(3_000);
  assert.equal(device.peer.lastTold('d/a')?.entry.kind, 'file');
  device.user.rename(`${ROOT}/d`, `${ROOT}/moved`);
  await device.clock.advance(3_000);
  device.write('copy', 'one');
  device.user.chmod(`${ROOT}/moved/a`, 0o600);
  await device.clock.advance(3_000);
  assert.ok(device.peer.told.length >= 6, 'all of it was told');
  assert.deepEqual(along(device), []);
  device.write('copy', 'changed');
  await device.clock.advance(3_000);
  device.write('copy', 'one');
  await device.clock.advance(3_000);
  assert.deepEqual(along(device), ['copy'], 'once, with what was new');
  await device.stop();
});

test('I12: what had come for a path that was being deleted here need not come again when its holder lets it live', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'old' });
  const { peer } = device;
  const edited = peer.version('a.txt', file('edited there'));
  device.remove('a.txt');
  await device.clock.advance(100);
  peer.tell(edited, 'edited there');
  await device.until(() => peer.lastTold('a.txt')?.entry.kind === 'absent', 'the deletion to be told');
  assert.equal(device.exists('a.txt'), false);
  await device.clock.advance(1_000);
  // As its holder does: the edit lives on, over both.
  const deleted = peer.lastTold('a.txt');
  assert(deleted !== undefined);
  peer.tell({ ...peer.version('a.txt', edited.entry, deleted), stamp: deleted.stamp + 1 });
  await device.until(() => device.exists('a.txt'), 'the edit');
  assert.equal(device.read('a.txt'), 'edited there');
  assert.deepEqual(peer.asked, []);
  await device.clock.advance(60_000);
  assert.deepEqual(device.user.tree(`${ROOT}/.syncd/staging`, []).size, 0);
  await device.stop();
});
