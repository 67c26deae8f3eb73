// A directory that outlives its deletion because of what is not synced in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../daemon/core/ids.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

/** The peer has removed `d`; a pipe in it keeps it here. */
async function withKeptDirectory() {
  const device = await new OneDevice().start({ 'd/a.txt': 'a' });
  device.user.mknod(`${ROOT}/d/pipe`);
  await device.clock.advance(500);
  for (const path of ['d/a.txt', 'd']) device.peer.tell(device.peer.version(path, { kind: 'absent' }));
  await device.until(() => device.row('d')?.keptLocally === true, 'the directory to be kept');
  return device;
}

test('I3: a directory that is kept here is not created anew when another peer has deleted it too', async () => {
  const device = await withKeptDirectory();
  device.other.connect();
  device.other.tell(device.other.version('d', { kind: 'absent' }));
  await device.clock.advance(500);
  void device.folder.sync();
  await device.clock.advance(2_000);

  assert.equal(device.row('d')?.record.entry.kind, 'absent');
  assert.equal(device.row('d')?.keptLocally, true);
  await device.stop();
});

test('I11: a directory that is kept is named as long as it is, also after a restart', async () => {
  const device = await withKeptDirectory();
  const isNamed = () =>
    device.folder.snapshot().skipped.some(({ path, code }) => path === 'd' && code === 'E_DIR_KEPT');
  void device.folder.sync();
  await device.clock.advance(2_000);
  assert.ok(isNamed());

  await device.crash();
  device.folder.start();
  await device.until(isNamed, 'its name');
  device.remove('d');
  await device.until(() => !isNamed(), 'its end');
  await device.stop();
});

test('a directory that is made where one was kept and has gone is a new one', async () => {
  const device = await withKeptDirectory();
  device.remove('d');
  await device.clock.advance(3_000);
  device.user.mkdir(`${ROOT}/d`);
  await device.clock.advance(3_000);

  assert.equal(device.row('d')?.record.entry.kind, 'dir');
  await device.stop();
});

test('a kept directory that has gone while nobody looked is found to have gone', async () => {
  const device = await withKeptDirectory();
  await device.crash();
  device.remove('d');
  device.folder.start();
  await device.until(() => device.row('d')?.keptLocally === false, 'the directory to be missed');
  await device.stop();
});

test('a file of a peer does not take the place of a directory that is kept here, and says so', async () => {
  const device = await withKeptDirectory();
  device.peer.tell(device.peer.version('d', file('now a file')), 'now a file');
  await device.clock.advance(5_000);

  assert.ok(device.exists('d/pipe'));
  assert.equal(device.wanted('d')?.why, 'skipped');
  assert.ok((await device.jobsIn(10_000)) < 100);
  await device.stop();
});

test('I15: a peer that has more to tell, and tells nothing, does not hold back what others have for ever', async () => {
  const device = await new OneDevice().start();
  device.user.mkdir(`${ROOT}/d`);
  await device.clock.advance(3_000);
  device.peer.disconnect();
  device.peer.connect({ seq: Number.MAX_SAFE_INTEGER as Sequence });
  device.other.connect();
  await device.clock.advance(1_000);
  device.remove('d');
  await device.clock.advance(3_000);
  device.other.tell(device.other.version('d/new', file('new'), null), 'new');
  await device.clock.advance(10_000);
  assert.equal(device.exists('d/new'), false, 'the first one may still tell of the directory');
  await device.until(() => device.exists('d/new'), 'the file with its directory', 60_000);
  await device.stop();
});

test('a kept directory goes when what kept it has gone', async () => {
  const device = await withKeptDirectory();
  device.remove('d/pipe');
  await device.until(() => device.row('d')?.keptLocally === false, 'its end');
  assert.ok(!device.exists('d'));
  assert.deepEqual(device.folder.snapshot().skipped, []);
  await device.stop();
});

test('another directory in the place of a kept one is a new one, and stays', async () => {
  const device = await withKeptDirectory();
  device.user.mkdir(`${ROOT}/other`);
  device.user.remove(`${ROOT}/d/pipe`);
  device.user.remove(`${ROOT}/d`);
  device.user.rename(`${ROOT}/other`, `${ROOT}/d`);
  await device.until(() => device.row('d')?.record.entry.kind === 'dir', 'it to be told');
  assert.ok(device.exists('d'));
  assert.equal(device.row('d')?.keptLocally, false);
  await device.stop();
});
