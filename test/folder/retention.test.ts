// How long older contents are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, file } from './one-device.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

async function receive(device: OneDevice, path: string, content: string): Promise<void> {
  device.peer.tell(device.peer.version(path, file(content)), content);
  await device.until(() => device.exists(path) && device.read(path) === content, content.slice(0, 20));
}

const words = (device: OneDevice): string[] => device.kept().map((content) => content.trim());

test('I1: of versions that take too much room only as many go as there must, the oldest first', async () => {
  const device = new OneDevice({ versions: { keepMs: 365 * DAY_MS, maxShare: 0.1 } });
  device.fs.setCapacity(300_000);
  await device.start({ 'a.txt': 'the first'.padEnd(3_000) });
  // On a day of their own each: none is one of many.
  for (const word of ['second', 'third', 'fourth', 'fifth', 'last']) {
    device.clock.jump(DAY_MS);
    await receive(device, 'a.txt', `the ${word}`.padEnd(3_000));
  }
  device.clock.jump(25 * HOUR_MS);
  await device.clock.advance(HOUR_MS + 5_000);

  assert.deepEqual(words(device), ['the second', 'the third', 'the fourth', 'the fifth']);
  await device.stop();
});

test('I1 I11: a change whose old content has no room among the versions of the last day waits, named, until it has', async () => {
  const device = new OneDevice({ versions: { keepMs: 365 * DAY_MS, maxShare: 0.05 } });
  device.fs.setCapacity(300_000);
  await device.start({ 'a.txt': 'first a'.padEnd(6_000), 'd/b.txt': 'first b'.padEnd(6_000), 'c.txt': 'first c' });
  await receive(device, 'a.txt', 'second a');
  const { peer } = device;
  for (const path of ['d/b.txt', 'd']) peer.tell(peer.version(path, { kind: 'absent' }));
  await device.clock.advance(2_000);

  const skipped = () => device.folder.snapshot().skipped.map(({ path, code }) => `${path} ${code}`);
  assert.deepEqual(skipped(), ['d/b.txt E_VERSIONS_FULL', 'd E_VERSIONS_FULL']);
  assert.equal(device.read('d/b.txt').trim(), 'first b', 'what cannot be kept is not deleted');
  await receive(device, 'c.txt', 'second c'); // what is small enough goes on
  await receive(device, 'new.txt', 'new');
  assert.deepEqual(words(device).toSorted(), ['first a', 'first c']);

  device.clock.jump(25 * HOUR_MS);
  await device.until(() => !device.exists('d'), 'room among the versions');
  assert.deepEqual(skipped(), []);
  assert(words(device).includes('first b'));
  await device.stop();
});

test('I1 I11: a file that is changed again and again waits when its own versions take half the room; the others go on', async () => {
  const device = new OneDevice({ versions: { keepMs: 365 * DAY_MS, maxShare: 0.2 } });
  device.fs.setCapacity(500_000);
  await device.start({ 'busy.db': 'busy 0'.padEnd(6_000), 'a.txt': 'first a', 'b.txt': 'first b' });
  // Each takes a tenth of the room with what it takes beside its bytes.
  for (let n = 1; n <= 5; n++) await receive(device, 'busy.db', `busy ${n}`.padEnd(6_000));
  const { peer } = device;
  peer.tell(peer.version('busy.db', file('busy 6')), 'busy 6');
  await device.until(() => device.folder.snapshot().skipped.length > 0, 'it waits');
  assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'busy.db', code: 'E_VERSIONS_FULL' }]);
  assert.equal(device.read('busy.db').trim(), 'busy 5');
  await receive(device, 'a.txt', 'second a');
  peer.tell(peer.version('b.txt', { kind: 'absent' }));
  await device.until(() => !device.exists('b.txt'), 'what others changed');

  device.clock.jump(25 * HOUR_MS);
  await device.until(() => device.read('busy.db') === 'busy 6', 'its versions to be older than a day');
  assert.deepEqual(device.folder.snapshot().skipped, []);
  assert(words(device).includes('busy 5'));
  await device.stop();
});

test('a rename needs no room among the versions', async () => {
  const device = new OneDevice({ versions: { keepMs: 365 * DAY_MS, maxShare: 0.001 } });
  device.fs.setCapacity(300_000);
  await device.start({ 'a.txt': 'content' });
  const { peer } = device;
  const entry = device.row('a.txt')?.record.entry;
  assert(entry !== undefined);
  peer.tell(peer.version('b.txt', entry, null));
  peer.tell(peer.version('a.txt', { kind: 'absent' }));
  await device.until(() => device.exists('b.txt') && !device.exists('a.txt'), 'the rename');
  assert.deepEqual(device.folder.snapshot().skipped, []);
  await device.stop();
});

test('of the last day all versions are kept, of each day before it one', async () => {
  const device = new OneDevice({ versions: { keepMs: 365 * DAY_MS, maxShare: 1 } });
  await device.start({ 'a.txt': '1' });
  let day = Math.ceil(device.clock.nowMs() / DAY_MS);
  const contents = ['2', '3', '4', '5', '6', '7'];
  for (const content of contents) {
    // Two a day.
    if (Number(content) % 2 === 0) device.clock.jump(day++ * DAY_MS + HOUR_MS - device.clock.nowMs());
    await receive(device, 'a.txt', content);
  }
  assert.deepEqual(words(device).toSorted(), ['1', '2', '3', '4', '5', '6']);
  await device.clock.advance(HOUR_MS + 5_000);
  assert.deepEqual(words(device).toSorted(), ['1', '3', '5', '6'], 'how each day had ended that came before');
  await device.stop();
});

test('a shorter time to keep takes effect at once, also of a device that is new', async () => {
  const device = await new OneDevice({ versions: { keepMs: 365 * DAY_MS, maxShare: 1 } }).start({ 'a.txt': 'old' });
  await receive(device, 'a.txt', 'new');
  await device.clock.advance(HOUR_MS);
  assert.deepEqual(device.kept(), ['old']);
  device.reconfigure({ versions: { keepMs: 60_000, maxShare: 1 } });
  await device.clock.advance(5_000);
  assert.deepEqual(device.kept(), []);
  await device.stop();
});

test('T26 I1: a clock that jumps a year ahead lets nothing go; after a day it is believed', async () => {
  const device = await new OneDevice({ versions: { keepMs: 30 * 24 * HOUR_MS, maxShare: 1 } }).start({
    'a.txt': 'old',
  });
  device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
  await device.until(() => device.read('a.txt') === 'new', 'the new one');
  device.clock.jump(365 * 24 * HOUR_MS);
  await device.clock.advance(2 * HOUR_MS);
  assert.deepEqual(device.kept(), ['old']);
  device.clock.jump(25 * HOUR_MS);
  await device.clock.advance(HOUR_MS + 5_000);
  assert.deepEqual(device.kept(), [], 'then its time is over');
  await device.stop();
});
