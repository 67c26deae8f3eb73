// What stands where a peer's version is to come, and cannot be replaced: named, left alone, and no work for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

test('I15: a pipe where a peer has a file is left alone and named, and the file comes when it has gone', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.user.mknod(`${ROOT}/queue`);
  await device.clock.advance(500);
  device.peer.tell(device.peer.version('queue', file('a file')), 'a file');
  await device.clock.advance(2_000);

  assert.ok((await device.jobsIn(10_000)) < 50);
  assert.equal(device.wanted('queue')?.why, 'skipped');
  assert.ok(device.folder.snapshot().skipped.some(({ path }) => path === 'queue'));
  device.remove('queue');
  await device.until(() => device.exists('queue'), 'the file', 120_000);
  assert.deepEqual(device.peer.asked, [], 'the content did not come twice');
  await device.stop();
});

test('I15: what lies in a directory that cannot be made is named with it, and does not keep wait from answering', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.user.mknod(`${ROOT}/d`);
  await device.clock.advance(500);
  device.peer.tell(device.peer.version('d', { kind: 'dir', mode: 0o755 }));
  device.peer.tell(device.peer.version('d/b.txt', file('b')), 'b');
  await device.until(() => device.wanted('d/b.txt')?.why === 'skipped', 'the file to be named');

  assert.equal(device.wanted('d')?.why, 'skipped');
  assert.equal((await device.wait()).kind, 'in sync');
  await device.stop();
});

test('a link that was refused once does not stand in the way of the next one', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.user.mknod(`${ROOT}/link`);
  await device.clock.advance(500);
  device.peer.tell(device.peer.version('link', { kind: 'symlink', target: 'one' }));
  await device.until(() => device.wanted('link')?.why === 'skipped', 'the link to be named');
  device.remove('link');
  device.peer.tell(device.peer.version('link', { kind: 'symlink', target: 'two' }, device.wanted('link')?.record));
  await device.until(() => device.exists('link'), 'the link');

  assert.equal(device.user.tree(ROOT).get('link'), 'link to two');
  assert.deepEqual([...device.user.tree(`${ROOT}/.syncd/staging`).keys()], []);
  await device.stop();
});

test('permissions: false: a new content of a file leaves it the mode that it has here', async () => {
  const device = await new OneDevice({ permissions: false }).start({ 'a.txt': 'a' });
  device.user.chmod(`${ROOT}/a.txt`, 0o600);
  await device.clock.advance(500);
  device.peer.tell(device.peer.version('a.txt', file('b', 0o644)), 'b');
  await device.until(() => device.read('a.txt') === 'b', 'the new content');

  assert.match(device.user.tree(ROOT).get('a.txt') ?? '', /^file 600/);
  await device.stop();
});

test('I1: what cannot be filed is not replaced, and is filed when there is room', async () => {
  const device = await new OneDevice().start({ 'd/a.txt': 'old' });
  const giveRoom = device.fs.fail('mkdir', (path) => path.includes('/versions/'), 'ENOSPC');
  device.peer.tell(device.peer.version('d/a.txt', file('new')), 'new');
  await device.until(() => device.wanted('d/a.txt')?.why === 'skipped', 'the file to be named');
  assert.equal(device.read('d/a.txt'), 'old');
  giveRoom();
  await device.until(() => device.exists('d/a.txt') && device.read('d/a.txt') === 'new', 'the new content', 120_000);

  assert.deepEqual(device.kept(), ['old']);
  await device.stop();
});
