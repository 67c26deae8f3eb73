// A damaged file whose content is on this device a second time: no peer is needed to mend it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relate } from '../../daemon/core/version-vector.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const CONTENT = 'the same '.repeat(100);

test('I5: a damaged file is mended from another file with its content, when no peer has it', async () => {
  const device = await damaged(await new OneDevice().start({ 'a.txt': CONTENT, 'b.txt': CONTENT }), 'a.txt');

  await device.until(() => device.read('a.txt') === CONTENT, 'the content', 120_000);
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
  await device.stop();
});

test('I5: a damaged file is mended from the version store, when no peer has it', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT, 'b.txt': CONTENT });
  device.peer.contents.set('b.txt', 'new');
  device.peer.tell(device.peer.version('b.txt', file('new')));
  await device.until(() => device.read('b.txt') === 'new', 'the new version');
  await damaged(device, 'a.txt');

  await device.until(() => device.read('a.txt') === CONTENT, 'the content', 120_000);
  await device.stop();
});

test('I2, I5: a damaged file of which a newer version is to come gets that, and not its old content', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT });
  device.peer.isEmpty = true;
  device.peer.tell(device.peer.version('a.txt', file('newer')));
  await device.until(() => device.wanted('a.txt') !== undefined, 'it to be wanted');
  await damaged(device, 'a.txt');
  device.peer.isEmpty = false;
  device.peer.contents.set('a.txt', 'newer');

  await device.until(() => device.read('a.txt') === 'newer', 'the newer version', 120_000);
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
  await device.stop();
});

test('I5: a damaged file is not what another device has moved: the new path gets the content', async () => {
  const device = await damaged(await new OneDevice().start({ 'a.txt': CONTENT }), 'a.txt');
  device.peer.isEmpty = false;
  device.peer.contents.set('b.txt', CONTENT);
  device.folder.pause();
  device.peer.tell(device.peer.version('a.txt', { kind: 'absent' }));
  device.peer.tell(device.peer.version('b.txt', file(CONTENT)));
  await device.clock.advance(1_000);
  device.folder.resume();

  await device.until(() => device.exists('b.txt') && !device.exists('a.txt'), 'the move', 120_000);
  assert.equal(device.read('b.txt'), CONTENT);
  await device.stop();
});

const skipped = (device: OneDevice): string[] =>
  device.folder.snapshot().skipped.map(({ path, code }) => `${path} ${code}`);

/** A power loss has taken these files, here and on the peer; the folder runs again, alone. */
async function gone(device: OneDevice, ...paths: readonly string[]): Promise<void> {
  device.peer.disconnect();
  await device.crash();
  device.peer.isEmpty = true;
  const [nowUs, sinceMs] = [device.clock.nowUs(), device.clock.nowMs()];
  for (const path of paths) {
    device.remove(path);
    const row = device.row(path);
    assert(row !== undefined);
    device.index.commit({
      nowUs,
      rows: [{ ...row, seen: undefined, announce: false }],
      want: [{ record: row.record, why: 'fetch', code: 'E_DAMAGED', sinceMs }],
    });
  }
  device.folder.start();
}

/** The disk changes what it holds, nobody has it any more, and the folder is looked through for such. */
async function damaged(device: OneDevice, path: string): Promise<OneDevice> {
  device.peer.isEmpty = true;
  device.user.rot(`${ROOT}/${path}`);
  assert.notEqual(device.read(path), CONTENT);
  let ended = false;
  const reading = (async () => {
    for await (const item of device.folder.verify(true, new AbortController().signal))
      assert.notEqual(item.kind, 'unreadable');
    ended = true;
  })();
  await device.until(() => ended, 'the end of verifying');
  await reading;
  return device;
}

test('I11: what a power loss has taken from every device, and somebody writes anew, is named no more and goes to all', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT, 'd/b.txt': CONTENT });
  await gone(device, 'a.txt', 'd/b.txt');
  device.peer.connect();
  device.other.isEmpty = true;
  device.other.connect();
  await device.until(() => skipped(device).length === 2, 'both to be named', 180_000);
  await device.clock.advance(5_000);
  device.write('a.txt', 'anew');
  device.write('d/b.txt', 'anew too');
  await device.clock.advance(30_000);
  assert.deepEqual(skipped(device), []);
  assert.deepEqual(device.peer.lastTold('a.txt')?.entry.kind, 'file');
  assert.deepEqual(device.folder.conflicts(), []);
  await device.stop();
});

test('I5: a file that is gone here, and that another device has written anew, comes and is named no more', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT });
  const { peer } = device;
  await gone(device, 'a.txt');
  peer.connect();
  device.other.isEmpty = true;
  device.other.connect();
  await device.until(() => skipped(device).length > 0, 'it to be named', 180_000);
  await device.clock.advance(30_000);
  peer.isEmpty = false;
  peer.tell(peer.version('a.txt', file('anew'), null), 'anew');
  await device.until(() => device.exists('a.txt') && device.read('a.txt') === 'anew', 'what was written');
  assert.deepEqual(skipped(device), []);
  await device.clock.advance(60_000);
  assert.deepEqual(skipped(device), []);
  await device.stop();
});

test('I2: what somebody writes anew is over all that nobody has any more: it is in no conflict with what is gone', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT });
  const { peer } = device;
  await gone(device, 'a.txt');
  peer.connect();
  device.other.connect();
  const theirs = peer.version('a.txt', file('as the peer had it, before it lost it too'), null);
  peer.tell(theirs);
  await device.until(() => skipped(device).length > 0, 'it to be named', 180_000);
  await device.clock.advance(25_000);
  device.write('a.txt', 'anew');
  await device.clock.advance(30_000);
  assert.deepEqual(skipped(device), []);
  const told = peer.lastTold('a.txt');
  assert(told?.entry.kind === 'file' && told.entry.size === 'anew'.length);
  assert.equal(relate(told.vector, theirs.vector), 'newer');
  assert.deepEqual(told.lost, []);
  await device.stop();
});

test('I5: what is damaged, ignored and synced again is no edit: it goes nowhere, and is mended', async () => {
  const device = await damaged(await new OneDevice().start({ 'a.txt': CONTENT }), 'a.txt');
  const rotten = device.read('a.txt');
  device.filter({ ignore: ['a.txt'] });
  await device.until(() => device.wanted('a.txt')?.why === 'ignored', 'it to be ignored');
  assert.deepEqual(skipped(device), []);
  // Another version of it is announced meanwhile, and a start comes between.
  const newer = device.peer.version('a.txt', file('newer'), device.wanted('a.txt')?.record);
  device.peer.tell(newer);
  await device.clock.advance(1_000);
  await device.crash();
  device.folder.start();
  device.peer.connect();
  await device.clock.advance(5_000);
  device.filter();
  await device.until(() => skipped(device).length > 0, 'it to be named', 5_000);

  assert.deepEqual(skipped(device), ['a.txt E_DAMAGED']);
  device.peer.isEmpty = false;
  device.peer.contents.set('a.txt', 'newer');
  await device.until(() => device.read('a.txt') === 'newer', 'what is to be there', 120_000);
  await device.until(() => skipped(device).length === 0, 'nothing to be named');
  assert.ok(device.kept().includes(rotten));
  assert.deepEqual(device.folder.conflicts(), []);
  const hashes = device.peer.told.map(({ record: { entry } }) => (entry.kind === 'file' ? entry.sha256 : ''));
  assert.ok(!hashes.includes(hashText(rotten)));
  await device.stop();
});

test('I1: what is damaged, ignored, and written to before it is synced again is an edit', async () => {
  const device = await damaged(await new OneDevice().start({ 'a.txt': CONTENT }), 'a.txt');
  device.filter({ ignore: ['a.txt'] });
  await device.until(() => device.wanted('a.txt')?.why === 'ignored', 'it to be ignored');
  await device.clock.advance(1_000);
  device.write('a.txt', 'mended by hand');
  device.peer.tell(device.peer.version('a.txt', file('newer'), device.wanted('a.txt')?.record), 'newer');
  await device.clock.advance(1_000);
  device.filter();

  const isTold = ({ record: { path, entry } }: (typeof device.peer.told)[number]): boolean =>
    path === 'a.txt' && entry.kind === 'file' && entry.sha256 === hashText('mended by hand');
  const isHere = (): boolean => device.read('a.txt') === 'mended by hand' || device.kept().includes('mended by hand');
  await device.clock.advance(10_000);
  assert.ok(isHere());
  assert.ok(device.peer.told.some(isTold) || device.folder.conflicts().length === 1, 'it counts as made here');
  await device.stop();
});
