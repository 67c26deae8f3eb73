// A folder whose contents are limited: what is asked for, and when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNLIMITED } from '../../daemon/core/bandwidth.ts';
import { file, OneDevice } from './one-device.ts';

/** So much a second may come, with nobody in debt. */
async function limit(device: OneDevice, down: number): Promise<void> {
  device.traffic.configure({ all: { ...UNLIMITED, down }, peers: new Map(), folders: new Map() });
  await device.clock.advance(2_000);
}

test('with a limit on what comes a peer is told that every content is asked for, and again when that is lifted', async () => {
  const device = await new OneDevice().start();
  assert.equal(device.peer.indexes.at(-1)?.asks, undefined);
  await limit(device, 10_000);
  assert.equal(device.peer.indexes.at(-1)?.asks, true);
  const said = device.peer.indexes.length;
  await limit(device, 20_000);
  assert.equal(device.peer.indexes.length, said, 'the same is not said twice');
  await limit(device, Infinity);
  assert.equal(device.peer.indexes.at(-1)?.asks, undefined);
});

test('a peer that asks for every content is sent none along with announcements', async () => {
  const device = await new OneDevice().start();
  device.peer.disconnect();
  device.peer.connect({ entries: 0, asks: true });
  device.write('a.txt', 'small');
  await device.until(() => device.peer.lastTold('a.txt') !== undefined, 'it to be told');
  assert.equal(device.peer.told.find(({ record }) => record.path === 'a.txt')?.content, undefined);
});

test('what waits for a limit is not given up, and not asked for while the folder is paused', async () => {
  const device = await new OneDevice().start();
  await limit(device, 10_000);
  device.traffic.down.spent(device.folder.name, device.peer.device, 2_000_000);
  device.peer.contents.set('a.txt', 'content');
  device.peer.tell(device.peer.version('a.txt', file('content'), null));
  await device.clock.advance(150_000);
  assert.deepEqual(device.peer.asked, []);
  assert.deepEqual(device.folder.snapshot().skipped, []);
  device.folder.pause();
  await device.clock.advance(100_000);
  assert.deepEqual(device.peer.asked, [], 'by now it would be its turn');
  device.folder.resume();
  await device.until(() => device.exists('a.txt'), 'it to come');
  assert.equal(device.peer.asked.length, 1);
});

test('what came along with an announcement is paid for by what is asked for afterwards', async () => {
  const device = await new OneDevice().start();
  await limit(device, 10_000);
  const content = 'x'.repeat(60_000);
  device.peer.tell(device.peer.version('along.txt', file(content), null), content);
  await device.until(() => device.exists('along.txt'), 'what came along');
  device.peer.contents.set('asked.txt', 'y');
  device.peer.tell(device.peer.version('asked.txt', file('y'), null));
  await device.clock.advance(3_000);
  assert.deepEqual(device.peer.asked, []);
  await device.until(() => device.exists('asked.txt'), 'its turn', 10_000);
});

test('a request that is asked for again keeps its place, and is answered once', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'one', 'b.txt': 'two' });
  device.traffic.configure({ all: { ...UNLIMITED, up: 10_000 }, peers: new Map(), folders: new Map() });
  device.traffic.up.spent(device.folder.name, device.peer.device, 100_000);
  const ask = (request: number, path: string): void => {
    const entry = device.row(path)?.record.entry;
    assert.ok(entry?.kind === 'file');
    const want = { kind: 'bytes', ranges: [{ offset: 0, length: entry.size }] } as const;
    device.folder.door.onRequest(device.peer, { request, path: path as never, sha256: entry.sha256, want });
  };
  ask(1, 'a.txt');
  ask(2, 'b.txt');
  await device.clock.advance(1_000);
  ask(3, 'a.txt');
  await device.clock.advance(15_000);
  assert.deepEqual(
    device.peer.answered.map(({ request }) => request),
    [3, 2],
  );
});

test('a peer that is told of a limit hears again what we hold of its own: hearing INDEX it has forgotten that', async () => {
  const device = await new OneDevice().start();
  device.peer.tell(device.peer.version('a.txt', file('a'), null), 'a');
  await device.until(() => device.exists('a.txt'), 'it to come');
  await device.clock.advance(2_000);
  const before = device.peer.acknowledged;
  assert.equal(before?.held, device.peer.lastSeq);
  device.peer.acknowledged = undefined;
  await limit(device, 10_000);
  assert.deepEqual(device.peer.acknowledged, before);
});

test('no more than a moment may send is asked for at once, of a small file and of a large one', async () => {
  const device = await new OneDevice().start();
  await limit(device, 100_000);
  const text = 'small and yet long. '.repeat(5_000);
  device.peer.contents.set('a.txt', text);
  device.peer.tell(device.peer.version('a.txt', file(text), null));
  await device.until(() => device.exists('a.txt'), 'it to come', 30_000);
  assert.equal(device.read('a.txt'), text);
  const lengths = device.peer.asked.flatMap(({ want }) =>
    want.kind === 'bytes' ? want.ranges.map(({ length }) => length) : [],
  );
  assert.ok(lengths.length >= 5 && Math.max(...lengths) <= 20_000, lengths.join(' '));
  assert.equal(
    lengths.reduce((sum, length) => sum + length, 0),
    text.length,
  );
});

for (const parts of [true, undefined])
  test(`what is sent goes ${parts ? 'in parts' : 'as one'} to a peer that ${parts ? 'takes' : 'does not say that it takes'} parts`, async () => {
    const text = 'small and yet long. '.repeat(5_000);
    const device = await new OneDevice().start({ 'a.txt': text });
    device.peer.disconnect();
    device.peer.connect(parts === undefined ? {} : { parts });
    await device.clock.advance(100);
    device.traffic.configure({ all: { ...UNLIMITED, up: 100_000 }, peers: new Map(), folders: new Map() });
    const entry = device.row('a.txt')?.record.entry;
    assert.ok(entry?.kind === 'file');
    const want = { kind: 'bytes', ranges: [{ offset: 0, length: entry.size }] } as const;
    device.folder.door.onRequest(device.peer, { request: 1, path: 'a.txt' as never, sha256: entry.sha256, want });
    await device.clock.advance(3_000);
    const answers = device.peer.answered.flatMap((one) => (one.kind === 'bytes' ? [one] : []));
    assert.equal(Buffer.concat(answers.map(({ payload }) => payload)).toString(), text);
    assert.equal(answers.length > 1, parts === true);
    for (const { length, payload } of answers) assert.equal(length, parts === true ? payload.length : undefined);
    if (parts === true) assert.ok(answers.every(({ payload }) => payload.length <= 20_000));
  });
