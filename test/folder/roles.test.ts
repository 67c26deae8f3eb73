// A device whose peers may do less than everything: P in the role of each test, Q everything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileRecord } from '../../daemon/core/record.ts';
import type { Role } from '../../daemon/core/settings.ts';
import { relate } from '../../daemon/core/version-vector.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

async function grants(role: Role, files: Readonly<Record<string, string>>): Promise<OneDevice> {
  const device = new OneDevice();
  grant(device, role);
  await device.start(files);
  device.other.connect();
  await device.clock.advance(500);
  return device;
}

function grant(device: OneDevice, role: Role): void {
  device.reconfigure({
    peers: new Map([
      [device.peer.device, role],
      [device.other.device, 'two-way'],
    ]),
  });
}

/** What the device holds of a path has been told to the peer last, and is newer than `refused`. */
function assertAnswered(device: OneDevice, refused: FileRecord): void {
  const answer = device.peer.lastTold(refused.path);
  assert.ok(answer !== undefined);
  assert.equal(relate(answer.vector, refused.vector), 'newer');
  assert.deepEqual(answer.entry, device.row(refused.path)?.record.entry);
}

const modeOf = (record: FileRecord | undefined): number | undefined =>
  record?.entry.kind === 'file' ? record.entry.mode : undefined;

for (const role of ['edit-only', 'read-only'] as const) {
  test(`I9: what a peer in the role ${role} deletes, chmods or replaces stays, and is told to it again as it is here`, async () => {
    const device = await grants(role, { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c', 'd/e.txt': 'e' });
    const before = device.user.tree(ROOT);
    const { peer } = device;
    const mode = device.row('b.txt')?.record.entry;
    assert.ok(mode?.kind === 'file');
    const refused = [
      peer.version('a.txt', { kind: 'absent' }),
      peer.version('b.txt', { ...mode, mode: 0o777 }),
      peer.version('c.txt', { kind: 'symlink', target: '/etc/passwd' }),
      peer.version('d', { kind: 'absent' }),
      peer.version('d/e.txt', { kind: 'dir', mode: 0o755 }),
    ];
    for (const one of refused) peer.tell(one);
    await device.clock.advance(2_000);

    assert.deepEqual(device.user.tree(ROOT), before);
    for (const one of refused) assertAnswered(device, one);
    assert.deepEqual(peer.refusals, []);
    assert.equal((await device.wait()).kind, 'in sync');
    await device.stop();
  });

  test(`I9: what a peer in the role ${role} creates is not taken; it is told, and both name it`, async () => {
    const device = await grants(role, { 'a.txt': 'a' });
    const { peer } = device;
    peer.tell(peer.version('new.txt', file('new')), 'new');
    peer.tell(peer.version('dir', { kind: 'dir', mode: 0o755 }));
    peer.tell(peer.version('link', { kind: 'symlink', target: 'a.txt' }));
    await device.clock.advance(2_000);

    assert.deepEqual([...device.user.tree(ROOT, ['.syncd']).keys()], ['a.txt']);
    assert.deepEqual(
      peer.refusals.map(({ held }) => held),
      [false, false, false],
    );
    const named = device.folder.snapshot().skipped.filter(({ code }) => code === 'E_ROLE');
    assert.deepEqual(named.map(({ path }) => path).toSorted(), ['dir', 'link', 'new.txt']);
    assert.equal(device.row('new.txt'), undefined);
    assert.equal(device.other.lastTold('new.txt'), undefined);
    assert.equal((await device.wait()).kind, 'in sync');
    await device.stop();
  });

  test(`I11: a peer in the role ${role} that was gone before it heard of a refusal is told again, until it gives way`, async () => {
    const device = await grants(role, { 'a.txt': 'a' });
    const { peer } = device;
    const made = peer.version('new.txt', file('new'));
    peer.tell(made, 'new');
    const { lastSeq } = peer;
    await device.until(() => peer.refusals.length === 1, 'it to be refused');
    peer.disconnect();
    peer.connect();
    await device.clock.advance(100);
    assert.equal(peer.indexes.at(-1)?.have?.seq, lastSeq - 1);
    peer.tellAgain();
    await device.until(() => peer.refusals.length === 2, 'it to be refused again');
    peer.tell(peer.version('new.txt', { kind: 'absent' }, made));
    await device.clock.advance(500);
    peer.disconnect();
    peer.connect();
    await device.clock.advance(100);
    assert.equal(peer.indexes.at(-1)?.have?.seq, lastSeq + 1);
    await device.stop();
  });

  test(`I9: a move of a peer in the role ${role} is answered with both paths as they are here`, async () => {
    const device = await grants(role, { 'a.txt': 'a' });
    const { peer } = device;
    const entry = device.row('a.txt')?.record.entry;
    assert.ok(entry?.kind === 'file');
    const [gone, there] = [peer.version('a.txt', { kind: 'absent' }), peer.version('b.txt', entry)];
    peer.tellMove(gone, there);
    await device.clock.advance(2_000);

    assert.ok(device.exists('a.txt') && !device.exists('b.txt'));
    assertAnswered(device, gone);
    assertAnswered(device, there);
    assert.equal(peer.lastTold('b.txt')?.entry.kind, 'absent');
    await device.stop();
  });

  test(`I9: a peer in the role ${role} gets one answer for each of its versions, and none for its answers`, async () => {
    const device = await grants(role, { 'a.txt': 'a' });
    const { peer } = device;
    for (let i = 0; i < 3; i++) {
      peer.tell(peer.version('a.txt', { kind: 'absent' }));
      await device.clock.advance(1_000);
    }
    assert.equal(peer.told.filter(({ record }) => record.path === 'a.txt').length, 1 + 3);

    // Its own state over our answer: a stamp that does not rise.
    const ours = device.row('a.txt')?.record;
    assert.ok(ours);
    peer.tell({ ...peer.version('a.txt', { kind: 'absent' }), stamp: ours.stamp });
    await device.clock.advance(1_000);
    assert.equal(peer.told.filter(({ record }) => record.path === 'a.txt').length, 1 + 3);
    assert.deepEqual(
      peer.refusals.map(({ held }) => held),
      [true],
    );
    assert.ok(device.exists('a.txt'));
    await device.stop();
  });

  test(`I9: what a peer in the role ${role} relays is on its account, and what is on its way from its maker is not undone`, async () => {
    const device = await grants(role, { 'a.txt': 'a' });
    const { peer, other } = device;
    const deletion = other.version('a.txt', { kind: 'absent' });
    peer.tell(deletion);
    await device.clock.advance(1_000);
    assert.ok(device.exists('a.txt'));
    assert.equal(peer.told.filter(({ record }) => record.path === 'a.txt').length, 1);

    other.tell(deletion);
    await device.until(() => !device.exists('a.txt'), 'the deletion of its maker');
    await device.stop();
  });
}

test('I9: an edit of an edit-only peer is taken, with the mode that the file has here', async () => {
  const device = await grants('edit-only', { 'a.txt': 'a', 'b.txt': 'b' });
  const { peer } = device;
  peer.tell(peer.version('a.txt', file('edited', 0o777)), 'edited');
  peer.tell(peer.version('b.txt', file('edited too')), 'edited too');
  await device.until(() => device.read('a.txt') === 'edited' && device.read('b.txt') === 'edited too', 'the edits');

  assert.match(device.user.tree(ROOT).get('a.txt') ?? '', /^file 644/);
  await device.until(() => device.other.lastTold('a.txt')?.entry.kind === 'file', 'the relay');
  assert.deepEqual(peer.lastTold('a.txt')?.entry, file('edited', 0o644));
  await device.stop();
});

test('I9: the mode that a file gets here while an edit of an edit-only peer is on its way stays', async () => {
  const device = await grants('edit-only', { 'a.txt': 'a' });
  const { peer } = device;
  const edit = peer.version('a.txt', file('edited'));
  peer.rests = true;
  peer.contents.set('a.txt', 'edited');
  peer.tell({ ...edit, stamp: device.clock.nowMs() + 60_000 });
  await device.until(() => peer.asked.length > 0, 'the content to be asked for');
  device.user.chmod(`${ROOT}/a.txt`, 0o600);
  await device.until(() => modeOf(peer.lastTold('a.txt')) === 0o600, 'the chmod to be told');
  peer.rests = false;
  await device.until(() => device.read('a.txt') === 'edited', 'the edit', 120_000);
  assert.match(device.user.tree(ROOT).get('a.txt') ?? '', /^file 600/);
  await device.clock.advance(500);
  assertAnswered(device, edit);
  await device.stop();
});

for (const [what, take] of [
  ['deleted', (device: OneDevice) => device.remove('d/a.txt')],
  ['moved', (device: OneDevice) => device.user.rename(`${ROOT}/d/a.txt`, `${ROOT}/b.txt`)],
  ['deleted with its directory', (device: OneDevice) => device.remove('d')],
] as const)
  test(`I9: an edit of an edit-only peer that is on its way while the file is ${what} does not make it anew`, async () => {
    const device = await grants('edit-only', { 'd/a.txt': 'a' });
    const edit = fromTheFuture(device.peer.version('d/a.txt', file('edited')));
    device.peer.tell(edit);
    await device.until(() => device.wanted('d/a.txt') !== undefined, 'it to be wanted');
    take(device);
    device.peer.contents.set('d/a.txt', 'edited');
    await assertGone(device, edit);
    await device.stop();
  });

test('I9: an edit of an edit-only peer that comes while a deletion rests does not make the file anew', async () => {
  const device = await grants('edit-only', { 'd/a.txt': 'a' });
  const edit = fromTheFuture(device.peer.version('d/a.txt', file('edited')));
  device.remove('d/a.txt');
  await device.clock.advance(100);
  assert.equal(device.row('d/a.txt')?.record.entry.kind, 'file', 'it rests');
  device.peer.tell(edit, 'edited');
  await assertGone(device, edit);
  await device.stop();
});

/** Made by a clock that is ahead of ours: by the order of conflicts it wins against a deletion of now. */
function fromTheFuture(record: FileRecord): FileRecord {
  return { ...record, stamp: record.stamp + 3_600_000 };
}

async function assertGone(device: OneDevice, edit: FileRecord): Promise<void> {
  await device.until(() => device.row(edit.path)?.record.entry.kind === 'absent', 'the deletion');
  await device.clock.advance(5_000);
  assert.equal(device.exists(edit.path), false);
  assert.equal(device.wanted(edit.path), undefined);
  assertAnswered(device, edit);
  assert.deepEqual([...device.user.tree(`${ROOT}/.syncd/staging`, []).keys()], []);
  assert.equal((await device.wait()).kind, 'in sync');
}

test('I1: an edit of a two-way peer that comes while the file rests as deleted lives on', async () => {
  const device = await grants('edit-only', { 'a.txt': 'a' });
  const edit = fromTheFuture(device.other.version('a.txt', file('edited')));
  device.remove('a.txt');
  await device.clock.advance(100);
  device.other.tell(edit, 'edited');
  await device.until(() => device.exists('a.txt'), 'the file');
  assert.equal(device.read('a.txt'), 'edited');
  await device.stop();
});

test('I9: an edit of a read-only peer is not taken', async () => {
  const device = await grants('read-only', { 'a.txt': 'a' });
  const { peer } = device;
  const edit = peer.version('a.txt', file('edited'));
  peer.tell(edit, 'edited');
  await device.clock.advance(2_000);
  assert.equal(device.read('a.txt'), 'a');
  assertAnswered(device, edit);
  assert.deepEqual(device.kept(), []);
  await device.stop();
});

test('I1: who edits a file that a read-only peer has touched meanwhile has not lost against the answer', async () => {
  const device = await grants('read-only', { 'a.txt': 'a' });
  const { peer, other } = device;
  const edit = other.version('a.txt', file('of Q'));
  await device.clock.advance(5_000);
  peer.tell({ ...peer.version('a.txt', file('of P')), stamp: Number.MAX_SAFE_INTEGER }, 'of P');
  await device.clock.advance(1_000);
  other.tell(edit, 'of Q');
  await device.until(() => device.read('a.txt') === 'of Q', 'the edit of Q');
  await device.stop();
});

test('I2, I9: an edit that its maker took back before it could be had is wanted no more, and the maker is told what is here', async () => {
  const device = await grants('edit-only', { 'a.txt': 'a' });
  const { peer, other } = device;
  const edit = peer.version('a.txt', file('edited'));
  peer.isEmpty = true;
  peer.tell(edit);
  await device.until(() => peer.asked.length > 0, 'the content to be asked for');
  const deletion = peer.version('a.txt', { kind: 'absent' }, edit);
  peer.tell(deletion);
  await device.until(() => device.wanted('a.txt') === undefined, 'it to be wanted no more');
  assert.equal(device.read('a.txt'), 'a');
  assertAnswered(device, deletion);
  assert.equal(relate(other.lastTold('a.txt')?.vector ?? [], deletion.vector), 'newer');
  await device.stop();
});

test('I9: an edit that somebody else has too is had from there, although its maker has taken it back', async () => {
  const device = await grants('edit-only', { 'a.txt': 'a' });
  const { peer, other } = device;
  const edit = peer.version('a.txt', file('edited'));
  peer.isEmpty = true;
  peer.tell(edit);
  other.tell(edit);
  await device.until(() => other.asked.length > 0, 'the content to be asked for');
  peer.tell(peer.version('a.txt', { kind: 'absent' }, edit));
  await device.clock.advance(500);
  other.contents.set('a.txt', 'edited');
  await device.until(() => device.read('a.txt') === 'edited', 'the content of Q', 120_000);
  await device.stop();
});

test('I9: a refusal of a content that is to come does not stop it, and is answered with that content', async () => {
  const device = await grants('read-only', { 'a.txt': 'a' });
  const { peer, other } = device;
  other.tell(other.version('a.txt', file('of Q')));
  await device.until(() => other.asked.length > 0, 'the content to be asked for');
  const refused = peer.version('a.txt', file('of P'));
  peer.tell(refused, 'of P');
  await device.clock.advance(1_000);
  other.contents.set('a.txt', 'of Q');
  await device.until(() => device.read('a.txt') === 'of Q', 'the content of Q', 120_000);
  await device.clock.advance(1_000);
  assert.equal(peer.lastTold('a.txt')?.entry.kind, 'file');
  assertAnswered(device, refused);
  await device.stop();
});

test('I9: what was refused is judged again when the role is another one, and what is to come is dropped with the role', async () => {
  const device = await grants('read-only', { 'a.txt': 'a' });
  const { peer } = device;
  peer.tell(peer.version('new.txt', file('new')), 'new');
  await device.clock.advance(1_000);
  assert.ok(!device.exists('new.txt'));

  grant(device, 'two-way');
  await device.clock.advance(500);
  assert.equal(peer.indexes.at(-1)?.have, undefined, 'it asks for everything again');
  assert.equal(peer.indexes.at(-1)?.role, 'two-way');
  peer.tellAgain();
  await device.until(() => device.exists('new.txt'), 'what was refused');

  peer.tell(peer.version('late.txt', file('late')));
  await device.until(() => device.wanted('late.txt') !== undefined, 'the want');
  grant(device, 'read-only');
  await device.clock.advance(500);
  assert.equal(device.wanted('late.txt'), undefined);
  peer.tellAgain();
  await device.clock.advance(1_000);
  assert.ok(!device.exists('late.txt'));
  assert.equal(device.wanted('late.txt'), undefined);
  await device.stop();
});

test('I9: a device that only sends takes nothing from anybody, and tells them what it has', async () => {
  const device = new OneDevice({ mode: 'send-only' });
  await device.start({ 'a.txt': 'a' });
  const { peer } = device;
  const edit = peer.version('a.txt', file('edited'));
  peer.tell(edit, 'edited');
  peer.tell(peer.version('new.txt', file('new')), 'new');
  await device.clock.advance(2_000);
  assert.equal(device.read('a.txt'), 'a');
  assert.ok(!device.exists('new.txt'));
  assertAnswered(device, edit);
  assert.equal(peer.indexes.at(-1)?.role, 'read-only');
  await device.stop();
});

test('I10: a peer that refuses us as we refuse it is in no quarrel without end', async () => {
  const device = await grants('read-only', { 'a.txt': 'a' });
  const { peer } = device;
  let answers = 0;
  for (let i = 0; i < 20; i++) {
    const told = peer.lastTold('a.txt');
    assert.ok(told);
    const before = peer.told.length;
    // It answers what it hears with its own state, newer than ours, and its stamp as old as it was.
    peer.tell({ ...peer.version('a.txt', file('of P'), told), stamp: told.stamp }, 'of P');
    await device.clock.advance(500);
    answers += peer.told.length - before;
  }
  assert.equal(answers, 0);
  assert.equal(device.read('a.txt'), 'a');
  await device.stop();
});
