// A folder whose root has gone, or whose start fails: others must not feel it, and it goes on by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

test('I15: a halted folder takes in what peers announce, so that their sessions are read for the others', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.user.rename(ROOT, '/srv/away');
  await device.until(() => device.folder.progress.condition.kind === 'halted', 'the halt');
  const content = 'x'.repeat(60_000);
  for (let i = 0; i < 200; i++) device.peer.tell(device.peer.version(`${i}.txt`, file(content)), content);
  await device.clock.advance(2_000);

  assert.equal(device.unread.size, 0);
  assert.equal(device.index.wantedCounts().fetch, 200);
  assert.ok(!device.user.exists(ROOT), 'nothing was written');
  await device.stop();
});

test('a start that fails at first is made up for: staging is gone through, and the folder is watched', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const works = device.fs.fail('list', (path) => path.endsWith('/staging'), 'EIO');
  await device.crash();
  assert.equal(device.folder.progress.condition.kind, 'scanning', 'nobody has looked since the start');
  device.folder.start();
  await device.clock.advance(3_000);
  assert.equal(device.folder.progress.condition.kind, 'error');
  works();
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'the folder', 120_000);
  await device.clock.advance(1_000);
  device.write('b.txt', 'b');

  await device.until(() => device.row('b.txt') !== undefined, 'the change to be seen', 5_000);
  await device.stop();
});

test('I15: a folder whose index cannot be asked does not end the session of the other folders', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const { index } = device;
  const { have } = index;
  index.have = () => {
    throw new Error('the index is damaged');
  };
  device.other.connect();
  await device.clock.advance(1_000);
  assert.equal(device.folder.progress.condition.kind, 'error');

  index.have = have;
  device.other.disconnect();
  device.other.connect();
  await device.until(() => device.other.told.length > 0, 'what is here to be told', 120_000);
  await device.stop();
});

test('I12: what was about to take its place when the root went away does so when it is back', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.slowJobs.set('apply', 500);
  device.peer.tell(device.peer.version('b.txt', file('b')), 'b');
  await device.clock.advance(200);
  device.user.rename(ROOT, '/srv/away');
  await device.until(() => device.folder.progress.condition.kind === 'halted', 'the halt');
  device.user.rename('/srv/away', ROOT);

  await device.until(() => device.exists('b.txt'), 'the file');
  assert.equal(device.read('b.txt'), 'b');
  await device.stop();
});

test('a halted folder was last in sync when it halted, however long that is ago', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const lastSyncMs = (): number | undefined => device.folder.snapshot().lastSyncMs;
  device.other.connect();
  await device.until(() => lastSyncMs() !== undefined, 'the peer to have it');
  device.user.rename(ROOT, '/srv/away');
  await device.until(() => device.folder.progress.condition.kind === 'halted', 'the halt');

  const halted = lastSyncMs();
  await device.clock.advance(60_000);
  device.peer.tell(device.peer.version('b.txt', file('b')), 'b');
  await device.clock.advance(60_000);
  assert.equal(lastSyncMs(), halted);
  await device.stop();
});
