// A deletion made before anybody here knew that what was deleted had won a conflict.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashText } from '../../daemon/disk/versions.ts';
import { OneDevice, file } from './one-device.ts';

test('I11: what won a conflict while its deletion rested comes back, and the conflict is listed', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'ours', 'b.txt': 'b' });
  const ours = device.row('a.txt')?.record;
  assert.ok(ours !== undefined);
  const { origin } = device.peer.version('a.txt', file('theirs'));
  const lost = [{ kind: 'file' as const, sha256: hashText('theirs'), sizeBytes: 6, origin, stamp: ours.stamp - 1 }];
  device.peer.contents.set('a.txt', 'ours');

  for (const path of ['a.txt', 'b.txt']) device.remove(path);
  await device.clock.advance(100);
  assert.equal(device.row('a.txt')?.record.entry.kind, 'file', 'it rests');
  // The peer had written another content there, and has taken ours in its place.
  device.peer.tell({ ...ours, vector: device.peer.version('a.txt', ours.entry).vector, lost });
  await device.until(() => device.row('b.txt')?.record.entry.kind === 'absent', 'the deletion of the other file');
  await device.until(() => device.exists('a.txt'), 'the file that won');

  assert.equal(device.read('a.txt'), 'ours');
  assert.deepEqual(
    device.folder.conflicts().map(({ path, lost: { sha256 } }) => [path, sha256]),
    [['a.txt', hashText('theirs')]],
  );

  // Whoever removes it knowing of the conflict ends it.
  device.remove('a.txt');
  await device.until(() => device.row('a.txt')?.record.entry.kind === 'absent', 'the deletion');
  assert.deepEqual(device.folder.conflicts(), []);
  await device.stop();
});

test('I11: the same in a directory that was deleted: it comes back with what won, and the rest is gone', async () => {
  const device = await new OneDevice().start({ 'd/e/a.txt': 'ours', 'd/e/b.txt': 'b', 'd/c/c.txt': 'c' });
  const ours = device.row('d/e/a.txt')?.record;
  assert.ok(ours !== undefined);
  const { origin } = device.peer.version('d/e/a.txt', file('theirs'));
  const lost = [{ kind: 'file' as const, sha256: hashText('theirs'), sizeBytes: 6, origin, stamp: ours.stamp - 1 }];
  device.peer.contents.set('d/e/a.txt', 'ours');

  device.remove('d');
  await device.clock.advance(100);
  device.peer.tell({ ...ours, vector: device.peer.version('d/e/a.txt', ours.entry).vector, lost });
  await device.until(() => device.row('d/c')?.record.entry.kind === 'absent', 'the deletion of the rest');
  await device.until(() => device.exists('d/e/a.txt'), 'the file that won');

  const told = device.peer.told.filter(({ record }) => record.entry.kind === 'absent').map(({ record }) => record.path);
  assert.deepEqual(told.toSorted(), ['d/c', 'd/c/c.txt', 'd/e/b.txt']);
  assert.equal(device.exists('d/c'), false);
  assert.equal(device.exists('d/e/b.txt'), false);
  assert.deepEqual(
    device.folder.conflicts().map(({ path, lost: { sha256 } }) => [path, sha256]),
    [['d/e/a.txt', hashText('theirs')]],
  );

  // The conflict is known now: with the directory it is removed.
  device.remove('d');
  await device.until(() => device.row('d')?.record.entry.kind === 'absent', 'the deletion');
  await device.clock.advance(5_000);
  assert.equal(device.row('d/e/a.txt')?.record.entry.kind, 'absent');
  assert.deepEqual(device.folder.conflicts(), []);
  await device.stop();
});
