// A large file is read beside everything else: what is small does not wait for it, and nothing is believed of it before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONG_BYTES } from '../../daemon/ports/workers.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const LARGE = 'x'.repeat(LONG_BYTES + 1);
const READING_MS = 20_000;

async function started(files: Readonly<Record<string, string>> = {}): Promise<OneDevice> {
  const device = await new OneDevice().start({ small: 'small', ...files });
  // From now on: the first scan reads everything at once.
  device.slowJobs.set('observe', READING_MS);
  return device;
}

test('I15: while a large file is read, others are sent and received, and wait does not say in sync', async () => {
  const device = await started();
  device.write('large', LARGE);
  await device.clock.advance(1_000);
  device.write('small', 'edited');
  device.peer.tell(device.peer.version('theirs', file('theirs')), 'theirs');
  await device.until(
    () => device.exists('theirs') && device.peer.lastTold('small')?.entry.kind === 'file',
    'others',
    5_000,
  );
  assert.equal((await device.wait(2_000)).kind, 'not in time');
  assert.equal(device.peer.lastTold('large'), undefined);
  await device.until(() => device.peer.lastTold('large') !== undefined, 'the large one', 2 * READING_MS);
  assert.equal((await device.wait()).kind, 'in sync');
  await device.stop();
});

test('a first scan reads with all threads, and large files with one of them', async () => {
  const files: Record<string, string> = { 'large 1': LARGE, 'large 2': `${LARGE}2` };
  for (let n = 0; n < 150; n++) files[`small ${n}`] = `${n}`;
  const device = await new OneDevice().start(files);
  assert.equal((await device.wait()).kind, 'in sync');
  assert.equal(device.row('large 2')?.seen?.size, LARGE.length + 1);
  assert.equal(device.row('small 149')?.seen?.size, 3);
  const first = device.given.get('observe')?.slice(0, 4);
  assert.deepEqual(first, [true, false, false, false], 'whether each is a long one');
  await device.stop();
});

test('I1: what was read of a file that has changed meanwhile is not believed', async () => {
  const device = await started();
  device.write('large', LARGE);
  await device.clock.advance(5_000);
  device.write('large', `${LARGE}more`);
  await device.until(() => device.peer.lastTold('large') !== undefined, 'it', 4 * READING_MS);
  const entry = device.peer.lastTold('large')?.entry;
  assert.equal(entry?.kind === 'file' && entry.size, LARGE.length + 4);
  assert.equal(device.peer.told.filter(({ record }) => record.path === 'large').length, 1);
  await device.stop();
});

test('I7: a large file that was moved is a move, however long it takes to read', async () => {
  const device = await started({ before: LARGE });
  device.user.rename(`${ROOT}/before`, `${ROOT}/after`);
  await device.until(() => device.peer.lastTold('after') !== undefined, 'the move', 2 * READING_MS);
  assert.equal(device.peer.told.find(({ record }) => record.path === 'after')?.movedFrom, 'before');
  await device.stop();
});

test('T44: what is read here and announced by a peer with the same content is not fetched', async () => {
  const device = await started();
  device.write('large', LARGE);
  await device.clock.advance(1_000);
  device.peer.tell(device.peer.version('large', { ...file(LARGE), mode: 0o644 } as ReturnType<typeof file>));
  await device.until(() => device.row('large') !== undefined, 'it to be read', 2 * READING_MS);
  await device.clock.advance(3_000);
  assert.deepEqual(device.peer.asked, []);
  assert.equal(device.folder.conflicts().length, 0);
  await device.stop();
});

test('a large file that goes away while it is read is nothing', async () => {
  const device = await started();
  device.write('large', LARGE);
  await device.clock.advance(1_000);
  device.remove('large');
  await device.clock.advance(2 * READING_MS);
  assert.equal(device.row('large'), undefined);
  assert.equal((await device.wait()).kind, 'in sync');
  await device.stop();
});
