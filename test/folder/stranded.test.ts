// A replaced content that could neither be kept nor be put back: the disk failed in the middle.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

test('I1: what was replaced, and could neither be kept nor be put back, is kept as soon as the disk lets it be', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'old' });
  // From the moment on at which the new content has taken its place.
  const heal = device.fs.fail('rename', () => device.read('a.txt') === 'new', 'EACCES');
  device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
  await device.until(() => device.read('a.txt') === 'new', 'the new content');
  await device.clock.advance(20_000);
  assert.deepEqual(device.kept(), []);

  heal();
  await device.until(() => device.kept().includes('old'), 'the old content in the version store');
  await device.until(() => device.index.versionTotals().count === 1, 'restore to know of it');
  assert.equal(device.read('a.txt'), 'new');
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
  await device.stop();
});

test('I1: what was replaced is kept also where the disk fails just after it was taken out of its place', async () => {
  for (const failing of ['/.syncd/staging/', '/.syncd/versions/', '/docs/a.txt']) {
    const device = await new OneDevice().start({ 'a.txt': 'old' });
    let left = 1;
    const isNew = (): boolean => device.exists('a.txt') && device.read('a.txt') === 'new';
    device.fs.fail('lstat', (path) => path.includes(failing) && isNew() && left-- > 0, 'EIO');
    device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
    await device.until(
      () => device.index.versionTotals().count === 1,
      `the old content behind ${failing} to be listed`,
    );
    await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
    assert.deepEqual(device.kept(), ['old']);
    assert.equal(device.read('a.txt'), 'new');
    assert.ok(left <= 0, failing);
    await device.stop();
  }
});

test('I1: what was deleted is kept also where the disk fails just after it was taken out of its place', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'old' });
  let left = 1;
  device.fs.fail('lstat', (path) => path.includes('/.syncd/versions/') && left-- > 0, 'EIO');
  device.peer.tell(device.peer.version('a.txt', { kind: 'absent' }));
  await device.until(() => device.index.versionTotals().count === 1, 'the old content to be listed');
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
  assert.deepEqual(device.kept(), ['old']);
  assert.ok(!device.exists('a.txt') && left <= 0);
  await device.stop();
});

test('what jobs have in staging meanwhile is not taken for what was replaced', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'old' });
  const heal = device.fs.fail('rename', () => device.read('a.txt') === 'new', 'EACCES');
  device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
  await device.until(() => device.read('a.txt') === 'new', 'the new content');
  // As a job writes them of whose content nobody has said yet that it is not wanted any more.
  const others = ['0'.repeat(40), `${'1'.repeat(40)}.part`];
  for (const name of others) device.user.write(`${ROOT}/.syncd/staging/${name}`, 'another');
  heal();
  await device.until(() => device.kept().includes('old'), 'the old content in the version store');
  assert.deepEqual(device.kept(), ['old']);
  assert.deepEqual([...device.user.tree(`${ROOT}/.syncd/staging`).keys()].toSorted(), others);
  await device.stop();
});
