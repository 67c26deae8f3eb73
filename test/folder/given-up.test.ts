// What was given up, or is wanted no more, while a job of it was still at work in a worker: that job ends late, and must not
// touch what is brought under the same name since.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestOf } from './manifest-of.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

/** Of one chunk that is asked for first, and more. */
const RIGHT = 'right '.repeat(200_000);
const WRONG = 'wrong '.repeat(200_000);

function staging(device: OneDevice): string[] {
  return [...device.user.tree(`${ROOT}/.syncd/staging`).keys()];
}

test('I5: bytes of a fetch that was given up are never written into what another peer has sent since', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.other.connect();
  device.peer.contents.set('large', WRONG);
  device.other.contents.set('large', RIGHT);
  device.other.manifests.set('large', manifestOf(RIGHT));
  // The wrong bytes are on their way to the disk when the peer goes, and the file with it.
  device.slowJobs.set('writeNext', 5_000);
  const version = device.peer.version('large', file(RIGHT));
  device.peer.tell(version);
  await device.until(() => device.peer.asked.length > 0, 'it to be asked for');
  await device.clock.advance(100);
  device.peer.disconnect();
  device.other.tell(device.other.version('large', { kind: 'absent' }, version));
  await device.clock.advance(1_000);
  assert.deepEqual(staging(device), []);
  device.slowJobs.delete('writeNext');
  device.slowJobs.set('stage', 10_000);
  device.other.tell(device.other.version('large', file(RIGHT), device.row('large')?.record));
  await device.until(() => device.exists('large'), 'the file', 60_000);

  assert.ok(device.read('large') === RIGHT);
  await device.clock.advance(5_000);
  assert.deepEqual(staging(device), []);
  await device.stop();
});

test('a peer is not refused for what another one sent before it', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.other.connect();
  device.peer.contents.set('large', WRONG);
  device.other.contents.set('large', RIGHT);
  device.other.manifests.set('large', manifestOf(RIGHT));
  device.slowJobs.set('writeNext', 2_000);
  device.peer.tell(device.peer.version('large', file(RIGHT)));
  await device.until(() => device.peer.asked.length > 0, 'it to be asked for');
  await device.clock.advance(100);
  device.slowJobs.delete('writeNext');
  device.slowJobs.set('stage', 3_000);
  device.peer.disconnect();
  await device.until(() => device.exists('large'), 'the file', 20_000);

  assert.ok(device.read('large') === RIGHT);
  assert.equal(device.other.asked.filter(({ want }) => want.kind === 'manifest').length, 1);
  await device.stop();
});

test('T29: what cannot be written stays named, and is not tried again at once, however many jobs of it fail', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const content = 'much '.repeat(3_000_000);
  device.peer.contents.set('large', content);
  device.peer.manifests.set('large', manifestOf(content));
  device.slowJobs.set('writeNext', 20);
  const isPart = (path: string): boolean => path.endsWith('.part');
  let failed = 0;
  let asked = 0;
  device.fs.before('write', isPart, () => {
    // By then several ranges are on their way at once.
    if (asked === 0 && device.peer.asked.length > 7) asked = device.peer.asked.length;
    if (asked > 0) failed++;
  });
  const heal = device.fs.fail('write', (path) => isPart(path) && asked > 0, 'ENOSPC');
  device.peer.tell(device.peer.version('large', file(content)));
  await device.until(() => device.wanted('large')?.why === 'skipped', 'it to be skipped');
  await device.clock.advance(5_000);
  assert.ok(failed > 1);
  assert.equal(device.peer.asked.length, asked);
  assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'large', code: 'E_DISK_FULL' }]);
  heal();
  await device.until(() => device.exists('large'), 'the file', 60_000);
  assert.ok(device.read('large') === content);
  await device.stop();
});

test('I2: a link whose target reads as the file that was to come before it takes its place', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  // It waits in staging for the directory above it.
  const version = device.peer.version('d/p', file('target'));
  device.peer.tell(version, 'target');
  await device.until(() => staging(device).length > 0, 'the content in staging');
  device.peer.tell(device.peer.version('d/p', { kind: 'symlink', target: 'target' }, version));
  device.peer.tell(device.peer.version('d', { kind: 'dir', mode: 0o755 }));
  await device.until(() => device.exists('d/p'), 'the link');
  assert.equal(device.user.tree(ROOT).get('d/p'), 'link to target');
  await device.clock.advance(5_000);
  assert.equal(device.row('d/p')?.record.entry.kind, 'symlink');
  assert.deepEqual(staging(device), []);
  await device.stop();
});

test('I5: a manifest that nobody asked for is refused: what is written by it was never hashed', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const right = 'right '.repeat(131_072);
  const wrong = 'wrong '.repeat(131_072);
  const { peer } = device;
  peer.contents.set('large', right);
  device.slowJobs.set('beginPart', 20);
  device.slowJobs.set('openPart', 500);
  peer.tell(peer.version('large', file(right)));
  await device.clock.advance(10);
  // Its number can be guessed.
  device.folder.door.onAnswer(peer, { request: 1, kind: 'manifest', payload: manifestOf(wrong) });
  const isLast = (): boolean =>
    peer.asked.some(({ want }) => want.kind === 'bytes' && want.ranges.some(({ offset }) => offset >= 512 << 10));
  for (let i = 0; i < 300 && !isLast(); i++) await device.clock.advance(1);
  // The last of the right bytes is written slowly; of the wrong ones all come but the last.
  device.slowJobs.set('writeNext', 5_000);
  await device.clock.advance(2);
  peer.contents.set('large', wrong);
  for (let i = 0; i < 2_000 && peer.asked.length < 4; i++) await device.clock.advance(1);
  peer.contents.delete('large');
  await device.clock.advance(20_000);
  peer.contents.set('large', right);
  peer.manifests.set('large', manifestOf(right));
  await device.until(() => device.exists('large'), 'the file', 120_000);
  assert.ok(device.read('large') === right);
  await device.stop();
});

test('what lies in staging takes its place when the last job at work on it has ended', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const version = device.peer.version('d/p', file('content'));
  device.peer.tell(version, 'content');
  await device.until(() => staging(device).length > 0, 'the content in staging');
  device.slowJobs.set('stage', 5_000);
  const second = device.peer.version('d/p', file('content', 0o600), version);
  device.peer.tell(second, 'content');
  await device.clock.advance(20);
  device.peer.tell(device.peer.version('d/p', file('content'), second));
  await device.clock.advance(20);
  device.peer.tell(device.peer.version('d', { kind: 'dir', mode: 0o755 }));
  await device.until(() => device.exists('d'), 'the directory');
  await device.clock.advance(2_000);
  assert.ok(!device.exists('d/p'));
  await device.until(() => device.exists('d/p'), 'the file', 10_000);
  await device.clock.advance(1_000);
  assert.deepEqual(staging(device), []);
  assert.deepEqual(device.peer.asked, []);
  await device.stop();
});

test('I10: what lies in staging from before a stop goes when a file of ours is moved there instead', async () => {
  const device = await new OneDevice().start({ 'b.txt': 'content' });
  device.peer.tell(device.peer.version('d/p', file('content')));
  await device.until(() => staging(device).length > 0, 'the content in staging');
  await device.crash();
  device.folder.pause();
  device.folder.start();
  await device.clock.advance(500);
  assert.equal(staging(device).length, 1);
  device.peer.connect();
  device.peer.tell(device.peer.version('b.txt', { kind: 'absent' }));
  device.peer.tell(device.peer.version('d', { kind: 'dir', mode: 0o755 }));
  await device.clock.advance(500);
  device.folder.resume();
  await device.until(() => device.exists('d/p'), 'the file', 10_000);
  await device.clock.advance(2_000);
  assert.ok(!device.exists('b.txt'));
  assert.deepEqual(device.kept(), []);
  assert.deepEqual(staging(device), []);
  await device.stop();
});
