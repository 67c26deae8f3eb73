// Fetching from peers that are slow, wrong, or have lost what they announced: each costs itself alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId } from '../../daemon/core/ids.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { VerifyItem } from '../../daemon/folder/view.ts';
import { manifestOf } from './manifest-of.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

test('a peer that sends other bytes than it announced is not asked again at once', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.contents.set('b.txt', 'wrong');
  device.peer.tell(device.peer.version('b.txt', file('right')));
  await device.clock.advance(10_000);

  assert.ok(device.peer.asked.length < 5, `asked ${device.peer.asked.length} times`);
  device.peer.contents.set('b.txt', 'right');
  await device.until(() => device.exists('b.txt'), 'the right content', 120_000);
  await device.stop();
});

test('what a peer has no longer does not count as being on its way', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.isEmpty = true;
  for (let i = 0; i < 200; i++) device.peer.tell(device.peer.version(`${i}.txt`, file(`${i}`.padEnd(100_000))));
  await device.clock.advance(2_000);
  device.peer.isEmpty = false;
  device.peer.contents.set('there.txt', 'x'.repeat(100_001));
  device.peer.tell(device.peer.version('there.txt', file('x'.repeat(100_001))));

  await device.until(() => device.exists('there.txt'), 'the file', 5_000);
  await device.stop();
});

test('a peer that did not have a content any more, and announces it anew, is asked for it at once', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.isEmpty = true;
  device.peer.tell(device.peer.version('switched.txt', file('one branch')));
  await device.clock.advance(1_000);
  device.peer.isEmpty = false;
  device.peer.contents.set('switched.txt', 'one branch');
  device.peer.tell(device.peer.version('switched.txt', file('one branch')));

  await device.until(() => device.exists('switched.txt'), 'the file', 3_000);
  await device.stop();
});

test('I15: what one peer is slow to send does not stand before what another has', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.other.connect();
  for (let i = 0; i < 1_000; i++) device.peer.tell(device.peer.version(`${i}.txt`, file(`small ${i}`)));
  await device.clock.advance(2_000);
  device.other.contents.set('large.txt', 'x'.repeat(100_000));
  device.other.tell(device.other.version('large.txt', file('x'.repeat(100_000))));

  await device.until(() => device.exists('large.txt'), 'the file', 5_000);
  await device.stop();
});

test('a folder that is paused asks for nothing, whatever a peer answers', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  for (let i = 0; i < 600; i++) device.peer.tell(device.peer.version(`${i}.txt`, file(`small ${i}`)));
  await device.clock.advance(1_000);
  device.folder.pause();
  const asked = device.peer.asked.length;
  for (const { request } of device.peer.asked) device.folder.door.onAnswer(device.peer, { request, kind: 'gone' });
  await device.clock.advance(1_000);

  assert.equal(device.peer.asked.length, asked);
  await device.stop();
});

test('an empty file of which only the record came is made', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.tell(device.peer.version('empty', file('')));

  await device.until(() => device.exists('empty'), 'the file', 5_000);
  assert.deepEqual(device.peer.asked, []);
  await device.stop();
});

test('a large file arrives also where comparing it with what is here takes longer than a peer may be silent', async () => {
  const old = 'old '.repeat(300_000);
  const content = `${'new '.repeat(300_000)}!`;
  const manifest = manifestOf(content);

  const device = await new OneDevice().start({ large: old });
  device.peer.manifests.set('large', manifest);
  device.peer.contents.set('large', content);
  device.slowJobs.set('makeManifest', 90_000);
  device.peer.tell(device.peer.version('large', file(content)));
  await device.until(() => device.row('large')?.record.origin === device.peer.device, 'the file', 3_600_000);

  assert.equal(device.read('large'), content);
  await device.stop();
});

test('of a large file of which nothing is here the bytes are asked for, and no manifest', async () => {
  const content = 'much '.repeat(300_000);
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.contents.set('large', content);
  device.peer.tell(device.peer.version('large', file(content)));
  await device.until(() => device.exists('large'), 'the file', 30_000);

  assert.equal(device.read('large'), content);
  const asked = device.peer.asked.map(({ want }) => want);
  assert.ok(asked.every(({ kind }) => kind === 'bytes'));
  const ranges = asked.flatMap((want) => (want.kind === 'bytes' ? want.ranges : []));
  const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
  assert.equal(bytes, content.length, 'each byte once');
  await device.stop();
});

test('I5: a large file of other bytes than were announced takes no place, and comes from a peer that has it', async () => {
  const content = 'right '.repeat(300_000);
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.contents.set('large', content.replace('right', 'wrong'));
  device.peer.tell(device.peer.version('large', file(content)));
  await device.clock.advance(10_000);
  assert.ok(!device.exists('large'));

  device.other.connect();
  const theirs = manifestOf(content);
  device.other.manifests.set('large', theirs);
  device.other.contents.set('large', content);
  device.other.tell(device.peer.version('large', file(content)));
  await device.until(() => device.exists('large'), 'the file', 120_000);
  assert.equal(device.read('large'), content);
  const asked = device.other.asked.flatMap(({ want }) => (want.kind === 'bytes' ? want.ranges : []));
  const bytes = asked.reduce((sum, { length }) => sum + length, 0);
  assert.ok(bytes < content.length / 2, `${bytes} bytes were asked for: the pieces that are right need not come again`);
  await device.stop();
});

test('I5: where a file of ours is not any more what it was when it was looked through, the peer is asked', async () => {
  const [first, second] = ['first '.repeat(300_000), 'second '.repeat(300_000)];
  const device = await new OneDevice().start({ large: first });
  const arrives = async (content: string): Promise<void> => {
    device.peer.manifests.set('large', manifestOf(content));
    device.peer.contents.set('large', content);
    device.peer.tell(device.peer.version('large', file(content)));
    await device.until(() => device.row('large')?.record.origin === device.peer.device, 'our index', 60_000);
    await device.until(() => device.read('large') === content, 'the file', 60_000);
  };
  await arrives(second);
  const [kept] = device.user.tree(`${ROOT}/.syncd/versions`, []).keys();
  assert.ok(kept);
  // All of the third is in the version of the first, until that is damaged while it is copied.
  device.slowJobs.set('assemble', 1_000);
  device.peer.asked.length = 0;
  const third = `${first}and more`;
  const done = arrives(third);
  await device.until(() => device.peer.asked.some(({ want }) => want.kind === 'bytes'), 'what is new', 60_000);
  device.user.write(`${ROOT}/.syncd/versions/${kept}`, 'damaged '.repeat(300_000));
  await done;
  const ranges = device.peer.asked.flatMap(({ want }) => (want.kind === 'bytes' ? want.ranges : []));
  const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
  assert.ok(bytes > first.length, `${bytes} bytes were asked for: what was damaged too`);
  await device.stop();
});

test('I10: a peer that asks without end, and takes nothing, is answered at once beyond a bound', async () => {
  const device = await new OneDevice().start({ large: 'x'.repeat(600_000) });
  device.peer.queuedBytes = 2 << 20;
  const entry = device.row('large')?.record.entry;
  assert.equal(entry?.kind, 'file');
  const want = { kind: 'manifest' } as const;
  for (let request = 1; request <= 3_000; request++)
    device.folder.door.onRequest(device.peer, { request, path: 'large' as RelativePath, sha256: entry.sha256, want });

  assert.ok(device.peer.answered.length >= 1_900, `${device.peer.answered.length} were answered`);
  await device.stop();
});

test('I2, I11: what no device has any more is named, and nobody waits for it; when one has it, it comes', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.peer.isEmpty = true;
  device.peer.tell(device.peer.version('lost.txt', file('lost'.padEnd(1_000))));
  await device.clock.advance(120_000);
  assert.deepEqual(device.folder.snapshot().skipped, [], 'a device is away, and may have it');
  assert.equal((await device.wait()).kind, 'not in time');

  device.other.isEmpty = true;
  device.other.connect();
  await device.until(() => device.folder.snapshot().skipped.length > 0, 'it to be named', 120_000);
  assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'lost.txt', code: 'E_NO_SOURCE' }]);
  assert.equal((await device.wait()).kind, 'in sync');

  device.peer.isEmpty = false;
  device.peer.contents.set('lost.txt', 'lost'.padEnd(1_000));
  await device.until(() => device.exists('lost.txt'), 'the content', 120_000);
  assert.deepEqual(device.folder.snapshot().skipped, []);
  await device.stop();
});

test('I11: a file that a power loss took stays named while nobody has it, whatever is scanned', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a'.padEnd(1_000) });
  const row = device.row('a.txt');
  assert.ok(row !== undefined);
  device.peer.isEmpty = true;
  device.other.isEmpty = true;
  device.other.connect();
  device.user.rot(`${ROOT}/a.txt`);
  for await (const item of verified(device)) assert.notEqual(item.kind, 'unreadable');
  for (let i = 0; i < 6; i++) {
    await device.folder.sync();
    await device.clock.advance(20_000);
    assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'a.txt', code: 'E_DAMAGED' }]);
  }
  device.write('a.txt', 'written anew');
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'what was written to settle it');
  assert.equal((await device.wait()).kind, 'in sync');
  await device.stop();
});

test('I11: what a power loss took and nobody has is settled by writing it anew', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a'.padEnd(1_000) });
  device.peer.isEmpty = true;
  device.other.isEmpty = true;
  device.other.connect();
  await device.clock.advance(1_000);
  const row = device.row('a.txt');
  assert.ok(row !== undefined);
  device.remove('a.txt');
  // As folder/power-loss.ts does for what is gone.
  const want = { record: row.record, why: 'fetch', code: 'E_DAMAGED', sinceMs: 0 } as const;
  device.index.commit({ nowUs: 1, rows: [{ ...row, seen: undefined, announce: false }], want: [want] });
  await device.until(() => device.wanted('a.txt')?.why === 'skipped', 'it to be named', 120_000);
  device.write('a.txt', 'written anew');
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'it to be settled', 120_000);
  assert.equal((await device.wait()).kind, 'in sync');
  assert.equal(device.read('a.txt'), 'written anew');
  assert.equal(device.peer.lastTold('a.txt')?.entry.kind, 'file');
  assert.equal(device.wanted('a.txt'), undefined);
  assert.deepEqual(device.folder.conflicts(), []);
  await device.stop();
});

async function* verified(device: OneDevice) {
  const items: VerifyItem[] = [];
  let ended = false;
  const read = async (): Promise<void> => {
    for await (const item of device.folder.verify(true, new AbortController().signal)) items.push(item);
    ended = true;
  };
  const reading = read();
  await device.until(() => ended, 'the end of verifying');
  await reading;
  yield* items;
}

test('I15: of very many paths that cannot be had each is tried again, not only the first', async () => {
  const device = await new OneDevice({ peers: new Map([['P'.repeat(52) as DeviceId, 'two-way']]) }).start();
  device.peer.isEmpty = true;
  for (let i = 0; i < 520; i++) device.peer.tell(device.peer.version(`f${i}`, file(`${i}`.padEnd(70_000))));
  await device.until(() => device.index.wantedCounts().skipped === 520, 'all of them to be named', 300_000);
  device.peer.contents.set('f99', '99'.padEnd(70_000));
  const request = device.peer.request.bind(device.peer);
  device.peer.request = (asked) => {
    device.peer.isEmpty = asked.path !== 'f99';
    request(asked);
  };
  await device.until(() => device.exists('f99'), 'the last one', 120_000);
  await device.stop();
});
