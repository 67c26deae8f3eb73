// Directories that live because of what is in them, though somebody has removed them: they come back as they were.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { FileRecord } from '../../daemon/core/record.ts';
import { OneDevice, ROOT, SELF_EPOCH, file } from './one-device.ts';

/** A private directory that both have, and that is removed here while the peer makes a file in it. */
async function removedHere(): Promise<OneDevice> {
  const device = await new OneDevice().start({ 'd/a.txt': 'a', 'b.txt': 'b' });
  device.user.chmod(`${ROOT}/d`, 0o711);
  await device.clock.advance(1_000);
  device.remove('d');
  await device.until(() => device.row('d')?.record.entry.kind === 'absent', 'its tombstone');
  device.peer.tell(device.peer.version('d/new.txt', file('new'), null), 'new');
  await device.clock.advance(1_000);
  return device;
}

test('I2: a directory that was removed here and in which a peer has made a file comes back as the peer has it', async () => {
  const device = await removedHere();
  device.peer.tell(device.peer.version('d', { kind: 'dir', mode: 0o711 }));
  await device.until(() => device.exists('d/new.txt'), 'the file');

  assert.equal(device.user.tree(ROOT).get('d'), 'dir 711');
  assert.equal(device.row('d')?.record.origin, device.peer.device, 'nobody else has made it anew');
  await device.stop();
});

test('I15: when the peer has gone before it said how its directory is, the file comes in one that is open to nobody else', async () => {
  const device = await removedHere();
  device.peer.disconnect();
  await device.until(() => device.exists('d/new.txt'), 'the file', 5_000);

  assert.equal(device.user.tree(ROOT).get('d'), 'dir 700');
  await device.stop();
});

test('I15: a peer that never says how its directory is does not keep the file from coming', async () => {
  const device = await removedHere();
  await device.until(() => device.exists('d/new.txt'), 'the file');
  await device.stop();
});

test('I2: a directory that waits to be removed, and in which another peer makes a file, stays as it is', async () => {
  const device = await new OneDevice().start({ 'd/a.txt': 'a', 'b.txt': 'b' });
  device.user.chmod(`${ROOT}/d`, 0o711);
  await device.clock.advance(1_000);
  device.fs.fail('rename', (path) => path.endsWith('/a.txt'), 'EPERM');
  for (const path of ['d/a.txt', 'd']) device.peer.tell(device.peer.version(path, { kind: 'absent' }));
  await device.until(() => device.wanted('d')?.why === 'skipped', 'it to be named');
  device.other.connect();
  device.other.tell(device.other.version('d/new.txt', file('new'), null), 'new');
  await device.until(() => device.exists('d/new.txt'), 'the file');

  assert.equal(device.user.tree(ROOT).get('d'), 'dir 711');
  await device.stop();
});

test('I1: an edit of a path at which a directory has been made anew counts on, though the clock was set back', async () => {
  const device = await new OneDevice().start({ 'd/a.txt': 'a', 'd/b.txt': 'b' });
  const ours = device.row('d/a.txt')?.record;
  assert(ours !== undefined);
  const made: FileRecord = {
    ...ours,
    entry: { kind: 'dir', mode: 0o700 },
    vector: [[SELF_EPOCH, device.clock.nowMs() + 60_000]],
    stamp: ours.stamp + 1,
  };
  const nowMs = device.clock.nowMs();
  device.index.commit({ nowUs: device.clock.nowUs(), want: [{ record: made, why: 'fetch', sinceMs: nowMs }] });
  device.write('d/a.txt', 'edited');
  await device.until(() => device.wanted('d/a.txt') === undefined, 'a decision');

  // Nothing lives in the directory: the edit has not been seen by it, and stays.
  assert.equal(device.read('d/a.txt'), 'edited');
  assert.equal(device.peer.lastTold('d/a.txt')?.entry.kind, 'file');
  await device.stop();
});

test('I2: of a large tree that is removed, each directory is told gone after what was in it, over all transactions', async () => {
  const dirs = ['tree', 'tree/a', 'tree/a!', 'tree/b'];
  const names = Array.from({ length: 1_500 }, (_, i) => `${dirs[i % dirs.length]}/${i}.txt`);
  const device = await new OneDevice().start(Object.fromEntries(names.map((name) => [name, ''])));
  const before = device.peer.told.length;
  await device.crash();
  // Nobody was there to see one go after the other: the scan finds that all has gone.
  device.remove('tree');
  device.folder.start();
  device.peer.connect();
  await device.until(() => device.row('tree')?.record.entry.kind === 'absent', 'its tombstone');
  await device.clock.advance(1_000);

  const gone = device.peer.told.slice(before).filter(({ record }) => record.entry.kind === 'absent');
  const told = gone.map(({ record }) => record.path);
  assert.equal(new Set(told).size, names.length + dirs.length);
  for (const dir of dirs) {
    const last = told.findLastIndex((path) => path.startsWith(`${dir}/`));
    assert.ok(told.indexOf(dir as RelativePath) > last, `${dir} after what was in it`);
  }
  await device.stop();
});

test('I2, I10: a directory that peers have removed and in which a file has taken the place of a directory comes to rest', async () => {
  const device = await new OneDevice().start({ 'd/e/a/x.txt': 'x' });
  const gone = ['d/e/a/x.txt', 'd/e/a', 'd/e', 'd'].map((path) => device.peer.version(path, { kind: 'absent' }));
  await device.crash();
  device.remove('d/e');
  device.write('d/e', 'mine');
  device.folder.start();
  device.peer.connect();
  for (const record of gone) device.peer.tell(record);

  await device.until(() => device.row('d/e')?.record.entry.kind === 'file', 'what is there to be seen');
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'the folder');
  assert.equal(device.read('d/e'), 'mine');
  assert.equal(device.row('d')?.record.entry.kind, 'dir');
  assert.ok((await device.jobsIn(10_000)) < 100, 'it does not try all the time');
  await device.stop();
});
