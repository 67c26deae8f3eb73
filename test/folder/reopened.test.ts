// A folder that is closed and opened again on the same root by the same process, while jobs of before are at work still.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestOf } from './manifest-of.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

/** Longer than a folder that is closed is waited for. */
const LONG_MS = 10_000;

function staging(device: OneDevice): string[] {
  return [...device.user.tree(`${ROOT}/.syncd/staging`).keys()];
}

test('I5: what a job of before the folder was closed writes is never in what is brought since', async () => {
  const right = 'right '.repeat(200_000);
  const wrong = 'wrong '.repeat(200_000);
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.contents.set('large', wrong);
  device.other.contents.set('large', right);
  device.other.manifests.set('large', manifestOf(right));
  device.slowJobs.set('writeNext', LONG_MS);
  const version = device.peer.version('large', file(right));
  device.peer.tell(version);
  await device.until(() => device.peer.asked.length > 0, 'it to be asked for');
  await device.clock.advance(100);
  device.peer.disconnect();

  await device.reopen();
  device.slowJobs.delete('writeNext');
  device.other.connect();
  // What came of it goes, so that it is begun anew and hashed while it is written.
  device.other.tell(device.other.version('large', { kind: 'absent' }, version));
  await device.until(() => device.row('large')?.record.entry.kind === 'absent', 'the deletion');
  await device.until(() => staging(device).length === 0, 'staging to be empty');
  // The first job ends between the last byte that is written and the moment at which it takes its place.
  device.slowJobs.set('stage', 2 * LONG_MS);
  device.other.tell(device.other.version('large', file(right), device.row('large')?.record));
  await device.until(() => device.exists('large'), 'the file', 120_000);

  assert.ok(device.read('large') === right);
  await device.clock.advance(5_000);
  assert.deepEqual(staging(device), []);
  await device.stop();
});

test('I12: a folder that is opened again waits for the jobs of before, and says so', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'old' });
  device.slowJobs.set('apply', LONG_MS);
  device.peer.tell(device.peer.version('a.txt', file('new'), device.row('a.txt')?.record), 'new');
  await device.clock.advance(500);

  const tookMs = await device.reopen();
  await device.clock.advance(1_000);
  const { condition } = device.folder.progress;
  const jobs = device.jobs;
  assert.ok(tookMs < LONG_MS / 2, `closed within ${tookMs} ms`);
  assert.ok(condition.kind === 'halted' && condition.code === 'E_FOLDER_LOCKED', JSON.stringify(condition));
  assert.equal(device.read('a.txt'), 'old');
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'it to go on');

  assert.ok(device.jobs > jobs);
  assert.equal(device.read('a.txt'), 'new');
  assert.deepEqual(device.kept(), ['old']);
  assert.equal(device.folder.versions('a.txt' as never).length, 1, 'what was kept is listed');
  await device.stop();
});

test('a folder whose jobs end soon is closed when they have ended, and opened again at once', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.slowJobs.set('stage', 1_000);
  device.peer.tell(device.peer.version('b.txt', file('b')), 'b');
  await device.clock.advance(100);

  const tookMs = await device.reopen();

  assert.ok(tookMs >= 800 && tookMs < 2_000, `closed within ${tookMs} ms`);
  await device.until(() => device.exists('b.txt'), 'what had been staged', 2_500);
  await device.stop();
});

test('I12: a root that goes away and comes back while jobs are at work in it has lost nothing of what they bring', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const content = 'much '.repeat(300_000);
  device.peer.contents.set('large', content);
  device.peer.manifests.set('large', manifestOf(content));
  for (const job of ['writeNext', 'stage']) device.slowJobs.set(job, 3_000);
  device.peer.tell(device.peer.version('large', file(content)));
  device.peer.tell(device.peer.version('small', file('small')), 'small');
  await device.clock.advance(100);
  device.user.rename(ROOT, '/srv/away');
  await device.until(() => device.folder.progress.condition.kind === 'halted', 'the halt');
  device.user.rename('/srv/away', ROOT);
  await device.until(() => device.folder.progress.condition.kind !== 'halted', 'it to go on', 2_000);

  await device.until(() => device.exists('large') && device.exists('small'), 'both', 60_000);
  assert.ok(device.read('large') === content);
  assert.equal(device.read('small'), 'small');
  assert.deepEqual(device.kept(), []);
  await device.clock.advance(5_000);
  assert.deepEqual(staging(device), []);
  await device.stop();
});
