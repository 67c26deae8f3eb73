// What cannot be done is tried again and again, and nobody else notices.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Acknowledgement } from '../../daemon/ports/peers.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const MINUTE_MS = 60_000;

/** All that the peer is told by acknowledgements from now on. */
function acknowledgements({ peer }: OneDevice): Acknowledgement[] {
  const all: Acknowledgement[] = [];
  const acknowledge = peer.acknowledge.bind(peer);
  peer.acknowledge = (ack) => {
    all.push(ack);
    acknowledge(ack);
  };
  return all;
}

/** These paths are skipped, and said to be so. Each is tried again in the minute in which no more is said. */
async function atRest(t: TestContext, device: OneDevice, ...paths: string[]): Promise<void> {
  const { peer } = device;
  await device.until(() => paths.every((path) => device.wanted(path)?.why === 'skipped'), 'what is skipped');
  await device.clock.advance(5_000);
  const acks = acknowledgements(device);
  const told = peer.told.length;
  const tryAgain = t.mock.method(device.index, 'tryAgain');
  await device.clock.advance(MINUTE_MS);

  const tried = new Set(tryAgain.mock.calls.flatMap((call) => call.arguments[0]));
  assert.deepEqual([...tried].sort(), [...paths].sort());
  assert.deepEqual(acks, []);
  assert.equal(peer.told.length, told);
  assert.equal(peer.acknowledged?.held, peer.lastSeq);
  assert.equal(peer.acknowledged.skipped, paths.length);
}

test('I7: a name that this file system cannot have is tried again without a word to anybody', async (t) => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.fs.fail('lstat', (path) => path.endsWith('/no.such'), 'ENAMETOOLONG');
  device.fs.fail('mkdir', (path) => path.endsWith('/no.dir'), 'ENAMETOOLONG');
  device.peer.tell(device.peer.version('no.such', file('text')), 'text');
  device.peer.tell(device.peer.version('no.dir', { kind: 'dir', mode: 0o755 }));
  await atRest(t, device, 'no.such', 'no.dir');
  assert.deepEqual(device.peer.asked, []);
  await device.stop();
});

test('I7: what something else stands in the way of is tried again without a word to anybody, until it has gone', async (t) => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  for (const name of ['queue', 'd']) device.user.mknod(`${ROOT}/${name}`);
  await device.clock.advance(500);
  device.peer.tell(device.peer.version('queue', file('a file')), 'a file');
  device.peer.tell(device.peer.version('d', { kind: 'dir', mode: 0o755 }));
  device.peer.tell(device.peer.version('d/b.txt', file('b')), 'b');
  await atRest(t, device, 'queue', 'd', 'd/b.txt');

  for (const name of ['queue', 'd']) device.remove(name);
  await device.until(() => device.exists('queue') && device.exists('d/b.txt'), 'what can be there now', MINUTE_MS);
  await device.until(() => device.peer.acknowledged?.skipped === 0, 'the peer to hear of it');
  await device.stop();
});

test('I7: of more than are carried out in one go nothing is said between one batch and the next', async (t) => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.fs.fail('mkdir', (path) => path.includes('/no.dir'), 'ENAMETOOLONG');
  const names = Array.from({ length: 600 }, (_, n) => `no.dir${n}`);
  for (const name of names) device.peer.tell(device.peer.version(name, { kind: 'dir', mode: 0o755 }));
  await atRest(t, device, ...names);
  await device.stop();
});

test('I7: what there is no room for is tried again without a word to anybody', async (t) => {
  const device = await new OneDevice().start({ 'd/a.txt': 'old' });
  device.fs.fail('mkdir', (path) => path.includes('/versions/'), 'ENOSPC');
  device.peer.tell(device.peer.version('d/a.txt', file('new')), 'new');
  await atRest(t, device, 'd/a.txt');
  await device.stop();
});

test('I7: what no device has is asked for again, and nothing else is said', async (t) => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.other.connect();
  for (const peer of [device.peer, device.other]) peer.isEmpty = true;
  device.peer.tell(device.peer.version('b.txt', file('b')));
  await device.until(() => device.wanted('b.txt')?.code === 'E_NO_SOURCE', 'it to be given up', 2 * MINUTE_MS);
  await atRest(t, device, 'b.txt');

  device.peer.isEmpty = false;
  device.peer.contents.set('b.txt', 'b');
  const acks = acknowledgements(device);
  device.peer.rests = true;
  device.peer.tellAgain();
  await device.clock.advance(2_000);
  assert.ok(
    acks.every(({ held }) => held < device.peer.lastSeq),
    'it is to come now',
  );
  device.peer.rests = false;
  await device.until(() => device.exists('b.txt'), 'the content', MINUTE_MS);
  await device.stop();
});

test('I11: what is tried again stays named when its directory is listed meanwhile', async () => {
  const device = await new OneDevice().start({ 'd/a.txt': 'a' });
  device.peer.rests = true;
  device.fs.fail('mkdir', (path) => path.endsWith('/no.dir'), 'ENAMETOOLONG');
  device.peer.tell(device.peer.version('d/no.dir', { kind: 'dir', mode: 0o755 }));
  await device.until(() => device.wanted('d/no.dir')?.why === 'skipped', 'what is skipped');
  for (let n = 0; n < 40; n++) {
    device.write(`d/${n}`, 'new');
    await device.clock.advance(500);
    assert.deepEqual(
      device.folder.snapshot().skipped.map(({ path }) => path),
      ['d/no.dir'],
    );
  }
  await device.stop();
});
