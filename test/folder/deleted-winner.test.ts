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
