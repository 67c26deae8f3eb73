// A device on which not everything may be changed: because it only receives, or because its peers take nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../daemon/core/ids.ts';
import type { Role } from '../../daemon/core/settings.ts';
import { OneDevice, ROOT, SELF, file } from './one-device.ts';

/** Its only peer has given it these files, and has told it what it may do. */
async function restricted(role: Role | 'receive-only', files: Readonly<Record<string, string>>): Promise<OneDevice> {
  const device = new OneDevice(role === 'receive-only' ? { mode: 'receive-only' } : {});
  const { peer } = device;
  device.reconfigure({ peers: new Map([[peer.device, 'two-way']]) });
  await device.start();
  const offer = role === 'receive-only' ? {} : { role };
  peer.disconnect();
  peer.connect(offer);
  for (const [path, content] of Object.entries(files)) {
    peer.contents.set(path, content);
    peer.tell(peer.version(path, file(content)), content);
  }
  await device.until(() => Object.keys(files).every((path) => device.exists(path)), 'the files');
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'rest');
  confirm(device);
  return device;
}

/** The peer says that it holds all that the device holds. */
function confirm({ folder, index, peer }: OneDevice): void {
  const { epoch, seq } = index;
  const announced = peer.lastSeq as Sequence;
  folder.door.onAcknowledge(peer, { epoch, received: seq, held: seq, skipped: 0, announced });
}

const named = (device: OneDevice): string[] =>
  device.folder
    .snapshot()
    .skipped.filter(({ code }) => code === 'E_ROLE')
    .map(({ path }) => path)
    .toSorted();

for (const role of ['receive-only', 'read-only', 'edit-only'] as const) {
  test(`I9: ${role}: what is deleted, chmodded or of another kind comes back, and nobody is told`, async () => {
    const device = await restricted(role, { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
    const before = device.user.tree(ROOT);
    const told = device.peer.told.length;
    device.remove('a.txt');
    device.user.chmod(`${ROOT}/b.txt`, 0o600);
    device.remove('c.txt');
    device.user.symlink(`${ROOT}/c.txt`, 'elsewhere');
    await device.clock.advance(1_000);
    await device.until(() => device.folder.progress.condition.kind === 'idle', 'what was changed to come back');

    assert.deepEqual(device.user.tree(ROOT), before);
    assert.deepEqual(named(device), []);
    const versions = device.peer.told.slice(told).map(({ record }) => record.vector.length);
    assert.ok(
      versions.every((makers) => makers === 1),
      'nothing was made here',
    );
    await device.stop();
  });

  test(`I9, I11: ${role}: what is created stays where it is, is named, and nobody is told; not after a crash either`, async () => {
    const device = await restricted(role, { 'a.txt': 'a' });
    device.write('new.txt', 'new');
    device.user.mkdir(`${ROOT}/dir`);
    device.write('dir/inner.txt', 'inner');
    await device.clock.advance(3_000);
    assert.deepEqual(named(device), ['dir', 'dir/inner.txt', 'new.txt']);
    assert.equal((await device.wait()).kind, 'in sync');
    await device.folder.sync();
    await device.clock.advance(1_000);
    assert.deepEqual(named(device), ['dir', 'dir/inner.txt', 'new.txt']);

    device.peer.disconnect();
    await device.crash();
    device.folder.start();
    await device.until(() => named(device).length === 3, 'what is not synced to be named again');
    device.peer.connect(role === 'receive-only' ? {} : { role });
    await device.clock.advance(3_000);
    assert.deepEqual([...new Set(device.peer.told.map(({ record }) => record.path))], ['a.txt']);
    assert.equal(device.read('new.txt'), 'new');
    device.remove('new.txt');
    await device.until(() => named(device).length === 2, 'what is gone to be no longer named');
    await device.stop();
  });

  test(`I9: ${role}: a move is undone by a rename`, async () => {
    const device = await restricted(role, { 'a.txt': 'a', 'b.txt': 'b' });
    const inode = device.row('a.txt')?.seen?.ino;
    device.user.mkdir(`${ROOT}/dir`);
    device.user.rename(`${ROOT}/a.txt`, `${ROOT}/dir/moved.txt`);
    await device.until(() => device.exists('a.txt'), 'the move to be undone');
    await device.until(() => !device.exists('dir'), 'the directory that was made for it to go');

    assert.equal(device.row('a.txt')?.seen?.ino, inode);
    assert.ok(!device.exists('dir/moved.txt'));
    assert.deepEqual(device.peer.asked, []);
    await device.until(() => named(device).length === 0, 'nothing to be named');
    await device.stop();
  });

  test(`I1: ${role}: when a peer creates what was created here, the peer's wins, and ours is kept`, async () => {
    const device = await restricted(role, { 'a.txt': 'a' });
    const { peer } = device;
    device.write('new.txt', 'ours');
    await device.until(() => named(device).length === 1, 'it to be named');
    const told = peer.told.length;
    peer.tell({ ...peer.version('new.txt', file('theirs')), stamp: 1 }, 'theirs');
    await device.until(() => device.read('new.txt') === 'theirs', 'what the peer has created');

    assert.deepEqual(device.kept(), ['ours']);
    assert.deepEqual(named(device), []);
    const entries = peer.told.slice(told).map(({ record }) => record.entry);
    assert.ok(entries.every((entry) => entry.kind === 'file' && entry.size === 'theirs'.length));
    await device.stop();
  });

  test(`${role}: with another role what was created here is synced, and what was changed is looked at again`, async () => {
    const device = await restricted(role, { 'a.txt': 'a' });
    const { peer } = device;
    device.write('new.txt', 'new');
    await device.until(() => named(device).length === 1, 'it to be named');
    peer.isEmpty = true;
    device.user.chmod(`${ROOT}/a.txt`, 0o600);
    await device.clock.advance(300);

    peer.disconnect();
    peer.connect({ role: 'two-way' });
    if (role === 'receive-only') device.reconfigure({ mode: 'two-way' });
    await device.until(() => peer.lastTold('new.txt')?.entry.kind === 'file', 'it to be told');
    await device.until(() => named(device).length === 0, 'nothing to be named');
    assert.equal((await device.wait()).kind, 'in sync');
    await device.stop();
  });
}

for (const role of ['receive-only', 'read-only'] as const)
  test(`I1, I9: ${role}: an edit is taken back, and kept as a version`, async () => {
    const device = await restricted(role, { 'a.txt': 'a' });
    device.write('a.txt', 'edited here');
    await device.until(() => device.kept().length === 1, 'the edit to be kept');
    await device.until(() => device.read('a.txt') === 'a', 'the content to come back');
    assert.deepEqual(device.kept(), ['edited here']);
    assert.deepEqual(named(device), []);
    assert.ok(device.peer.told.every(({ record }) => record.vector.length === 1));
    await device.stop();
  });

/** Somebody makes new.txt, and the peer is told of it: at which sequence. */
async function tellsNew(device: OneDevice): Promise<Sequence> {
  const { peer } = device;
  device.write('new.txt', 'new');
  await device.until(() => peer.lastTold('new.txt') !== undefined, 'the news');
  const seq = peer.told.find(({ record }) => record.path === 'new.txt')?.seq;
  assert.ok(seq !== undefined);
  return seq;
}

test('I9: read-only: while nobody is connected what was changed waits, is named, and comes back when the peer does', async () => {
  const device = await restricted('read-only', { 'a.txt': 'a' });
  device.peer.disconnect();
  device.write('a.txt', 'edited here');
  await device.until(() => named(device).length === 1, 'it to be named');
  device.write('a.txt', 'edited again');
  await device.clock.advance(2_000);
  assert.equal(device.read('a.txt'), 'edited again');
  assert.deepEqual(named(device), ['a.txt']);
  device.peer.connect({ role: 'read-only' });
  await device.until(() => device.read('a.txt') === 'a', 'the content to come back', 120_000);
  assert.deepEqual(device.kept(), ['edited again']);
  await device.stop();
});

test('edit-only: an edit is told like any other', async () => {
  const device = await restricted('edit-only', { 'a.txt': 'a' });
  device.write('a.txt', 'edited here');
  await device.until(() => device.peer.lastTold('a.txt')?.entry.kind === 'file', 'the edit to be told');
  await device.clock.advance(2_000);
  assert.equal(device.read('a.txt'), 'edited here');
  assert.deepEqual(named(device), []);
  await device.stop();
});

test('edit-only: an edit that was removed here before a peer had it is taken back, and what the peer has comes again', async () => {
  const device = await restricted('edit-only', { 'a.txt': 'a' });
  const { peer } = device;
  const before = device.row('a.txt')?.record;
  device.write('a.txt', 'edited here');
  await device.until(() => peer.lastTold('a.txt')?.origin === SELF, 'the edit to be told');
  device.remove('a.txt');
  peer.isEmpty = true;
  await device.until(() => peer.lastTold('a.txt')?.entry.kind === 'absent', 'it to be taken back', 120_000);

  const gone = peer.lastTold('a.txt');
  assert.ok(before !== undefined && gone !== undefined);
  peer.isEmpty = false;
  peer.tell({ ...peer.version('a.txt', before.entry), stamp: before.stamp }, 'a');
  await device.until(() => device.exists('a.txt') && device.read('a.txt') === 'a', 'what the peer has');
  assert.deepEqual(named(device), []);
  await device.stop();
});

test('I9: a peer that takes nothing, beside one that takes all: what is made here is told, and named while it is refused', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  const { peer, other } = device;
  peer.disconnect();
  peer.connect({ role: 'read-only' });
  other.connect();
  device.write('new.txt', 'new');
  await device.until(
    () => peer.lastTold('new.txt') !== undefined && other.lastTold('new.txt') !== undefined,
    'the news',
  );
  const seq = peer.told.find(({ record }) => record.path === 'new.txt')?.seq;
  assert.ok(seq !== undefined);
  device.folder.door.onRefused(peer, [{ seq, held: false }]);
  await device.until(() => named(device).length === 1, 'it to be named');
  assert.equal(device.row('new.txt')?.record.entry.kind, 'file');
  await device.stop();
});

test('I9: what the only peer refuses stays on the disk and leaves the index', async () => {
  const device = await restricted('two-way', {});
  const { peer } = device;
  const seq = await tellsNew(device);
  peer.disconnect();
  peer.connect({ role: 'read-only' });
  device.folder.door.onRefused(peer, [{ seq, held: false }]);
  await device.clock.advance(1_000);
  await device.folder.sync();
  await device.until(() => named(device).length === 1, 'it to be named');
  assert.equal(device.row('new.txt')?.record.entry.kind, 'absent');
  assert.equal(device.read('new.txt'), 'new');
  await device.stop();
});

test('I11: what was to come back here is wanted no more when the only peer refuses it, and what lies in its place is named', async () => {
  const device = await restricted('two-way', {});
  const { peer } = device;
  const seq = await tellsNew(device);
  peer.disconnect();
  peer.isEmpty = true;
  peer.connect({ role: 'edit-only' });
  device.remove('new.txt');
  device.user.symlink(`${ROOT}/new.txt`, 'elsewhere');
  await device.until(() => device.wanted('new.txt') !== undefined, 'the file to be wanted back');
  device.folder.door.onRefused(peer, [{ seq, held: false }]);
  await device.until(() => device.wanted('new.txt') === undefined, 'it to be wanted no more');
  await device.folder.sync();
  await device.clock.advance(1_000);
  assert.deepEqual(named(device), ['new.txt']);
  assert.equal(device.row('new.txt')?.record.entry.kind, 'absent');
  assert.equal(device.folder.progress.condition.kind, 'idle');
  await device.stop();
});
