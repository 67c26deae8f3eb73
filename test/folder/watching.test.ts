// A folder on a file system of whose changes inotify does not tell all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice } from './one-device.ts';

test('on a network file system changes are found by scanning, and that is said', async () => {
  const device = new OneDevice({ rescanMs: 60_000 });
  device.fs.type = 'nfs4';
  await device.start();
  assert.match(device.folder.snapshot().notes.join(), /on nfs4 inotify does not see .* every 60 s/);
  device.write('a.txt', 'by another machine');
  await device.clock.advance(30_000);
  assert.equal(device.row('a.txt'), undefined, 'there is no watcher that could have seen it');
  await device.clock.advance(40_000);
  assert.ok(device.row('a.txt') !== undefined);

  device.reconfigure({ watch: 'inotify' });
  await device.clock.advance(2_000);
  device.write('b.txt', 'by this one');
  await device.clock.advance(2_000);
  assert.ok(device.row('b.txt') !== undefined, 'it is watched from then on');
  assert.deepEqual(device.folder.snapshot().notes, []);
});
