// What a run has put in its place and not written down before it was killed, and another version is wanted of by now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relate } from '../../daemon/core/version-vector.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const ENTRY_US = 1_700_000_000_000_000n;

/** Killed between placing a peer's second version and writing it down; the peer has made a third one meanwhile. */
async function killedWhilePlacing(touchedUs: bigint) {
  const device = await new OneDevice().start({ 'a.txt': 'one' });
  const { peer } = device;
  const second = peer.version('a.txt', file('two'));
  await device.crash();
  device.index.commit({ nowUs: device.clock.nowUs(), want: [{ record: second, why: 'fetch', sinceMs: 0 }] });
  device.write('a.txt.new', 'two');
  device.user.touch(`${ROOT}/a.txt.new`, touchedUs);
  device.user.rename(`${ROOT}/a.txt.new`, `${ROOT}/a.txt`);
  // The peer is heard before the disk has been looked at.
  device.slowJobs.set('scan', 3_000);
  device.folder.start();
  peer.connect();
  peer.contents.set('a.txt', 'three');
  const third = peer.version('a.txt', file('three'), second);
  peer.tell(third);
  return { device, third };
}

test('I2, I12: what was placed before a crash is no edit of anybody here, also when a newer version was announced before it was looked at', async () => {
  const { device, third } = await killedWhilePlacing(ENTRY_US);
  await device.until(() => device.read('a.txt') === 'three', 'the third version');
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'rest');
  assert.deepEqual(device.folder.conflicts(), []);
  assert.equal(relate(device.row('a.txt')?.record.vector ?? [], third.vector), 'equal');
  await device.stop();
});

test('I1: the same content with a time of its own was written here: that is a conflict, and both are kept', async () => {
  const { device } = await killedWhilePlacing(ENTRY_US + 1_000_000n);
  await device.until(() => device.folder.conflicts().length > 0, 'the conflict');
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'rest');
  assert.deepEqual(new Set([...device.kept(), device.read('a.txt')]), new Set(['two', 'three']));
  await device.stop();
});

test('I12: the same where what was found could not be written down at first', async () => {
  const { device, third } = await killedWhilePlacing(ENTRY_US);
  const { index } = device;
  const commit = index.commit.bind(index);
  index.commit = (what) => {
    if (what.rows?.some(({ record }) => record.path === 'a.txt') !== true) return commit(what);
    index.commit = commit;
    throw new Error('the disk is full');
  };
  await device.until(() => device.read('a.txt') === 'three', 'the third version');
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'rest');
  assert.equal(index.commit, commit);
  assert.deepEqual(device.folder.conflicts(), []);
  assert.equal(relate(device.row('a.txt')?.record.vector ?? [], third.vector), 'equal');
  await device.stop();
});
