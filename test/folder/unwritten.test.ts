// The index cannot be written for a moment: what is kept in memory beside it is as if nothing had been tried.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../protocol/errors.ts';
import type { Commit } from '../../daemon/index/commit.ts';
import { OneDevice, file } from './one-device.ts';

const FULL = new CodedError('E_DISK_FULL', 'database or disk is full');

/** The next commit that is such a one fails; those after it do not. Answers whether there was one. */
function failNext(device: OneDevice, isSuch: (commit: Commit) => boolean): () => boolean {
  const { index } = device;
  const commit = index.commit.bind(index);
  let hasFailed = false;
  index.commit = (what) => {
    if (hasFailed || !isSuch(what)) return commit(what);
    hasFailed = true;
    throw FULL;
  };
  return () => hasFailed;
}

const setsMeta =
  (key: string) =>
  ({ meta = [] }: Commit): boolean =>
    meta.some(([one]) => one === key);

test('rules of .syncignore that could not be written down hold as soon as they can be', async () => {
  const device = await new OneDevice().start({ 'a.log': 'a' });
  const hasFailed = failNext(device, setsMeta('rules'));
  device.write('.syncignore', '*.log\n');
  await device.clock.advance(10_000);

  assert.ok(hasFailed());
  assert.equal(device.row('a.log'), undefined);
  assert.equal(device.wanted('a.log')?.why, 'ignored');
  await device.stop();
});

test('a setting for all devices that could not be written down is set when it can be, and told', async () => {
  const device = await new OneDevice().start({ a: 'a' });
  const hasFailed = failNext(device, setsMeta('agreed'));
  device.reconfigure({ conflict: 'largest' });
  await device.clock.advance(5_000);

  assert.ok(hasFailed());
  assert.equal(device.folder.agreed.now.conflict.value, 'largest');
  assert.equal(device.peer.indexes.at(-1)?.common?.conflict.value, 'largest');
  await device.crash();
  assert.equal(device.folder.agreed.now.conflict.value, 'largest');
});

for (const how of ['approve', 'reject'] as const)
  test(`I11: deletions that could not be settled by ${how} stay held`, async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`d/${i}`, `content ${i}`]));
    const device = await new OneDevice({ maxDelete: 0.5 }).start({ ...files, kept: 'x' });
    device.remove('d');
    await device.until(() => device.folder.progress.condition.kind === 'held', 'the hold');
    const hasFailed = failNext(device, ({ rows = [] }) => rows.length > 0);
    const failed = assert.rejects(device.folder[how](), FULL);
    await device.clock.advance(2_000);
    await failed;
    assert.ok(hasFailed());
    assert.equal(device.folder.progress.condition.kind, 'held');

    const done = device.folder[how]();
    await device.clock.advance(5_000);
    assert.equal(await done, 31);
    assert.equal(device.row('d/4')?.record.entry.kind, how === 'approve' ? 'absent' : 'file');
    await device.stop();
  });

test('I11: what a peer announces is not confirmed before it is in the index', async () => {
  const device = await new OneDevice().start({ a: 'a' });
  await device.clock.advance(5_000);
  const record = device.peer.version('b', file('b'));
  let confirmed: number | undefined;
  const acknowledge = device.peer.acknowledge.bind(device.peer);
  device.peer.acknowledge = (ack) => {
    if (device.row('b') === undefined && device.wanted('b') === undefined) confirmed = ack.received;
    acknowledge(ack);
  };
  const hasFailed = failNext(device, ({ want = [] }) => want.length > 0);
  const seq = device.peer.lastSeq + 1;
  // In the turn after the one that failed a deletion is believed and told, before peers are heard.
  device.remove('a');
  await device.clock.advance(150);
  device.peer.tell(record, 'b');
  await device.until(() => device.exists('b'), 'what was announced');

  assert.ok(hasFailed());
  assert.ok(confirmed === undefined || confirmed < seq, `confirmed ${confirmed}`);
  await device.stop();
});

test('I2: that modes are own ones is written down when it can be', async () => {
  const device = await new OneDevice().start({ a: 'a' });
  const hasFailed = failNext(device, setsMeta('own modes'));
  device.reconfigure({ permissions: false });
  await device.clock.advance(5_000);
  assert.ok(hasFailed());
  device.peer.tell(device.peer.version('a', file('a', 0o700)));
  await device.clock.advance(2_000);
  await device.crash();
  device.reconfigure({ permissions: true });
  await device.start();
  await device.clock.advance(5_000);
  assert.equal(Number(device.row('a')?.seen?.mode ?? 0) & 0o777, 0o700);
  await device.stop();
});

test('settings that could not all be written down hold: the rest follows when it can', async () => {
  const device = await new OneDevice().start({ 'a.log': 'a' });
  const hasFailed = failNext(device, setsMeta('agreed'));
  const filter = { ignore: ['*.log'], only: [], content: 'any', hidden: true, maxSizeBytes: 0 } as const;
  device.reconfigure({ conflict: 'largest', filter });
  await device.clock.advance(10_000);

  assert.ok(hasFailed());
  assert.equal(device.wanted('a.log')?.why, 'ignored');
  assert.equal(device.folder.agreed.now.conflict.value, 'largest');
  await device.stop();
});

test('I2: what was edited against a role that is taken back goes out, also when it could not be noted at once', async () => {
  const device = new OneDevice();
  const { peer } = device;
  device.reconfigure({ peers: new Map([[peer.device, 'two-way']]) });
  await device.start();
  peer.disconnect();
  peer.connect({ role: 'read-only' });
  peer.tell(peer.version('a', file('a')), 'a');
  await device.until(() => device.exists('a'), 'the file');
  await device.clock.advance(2_000);
  peer.isEmpty = true;
  device.write('a', 'edited');
  await device.clock.advance(2_000);
  assert.equal(device.wanted('a')?.code, 'E_ROLE');

  const hasFailed = failNext(device, ({ rows = [], unwant = [] }) => rows.length > 0 && unwant.length > 0);
  peer.disconnect();
  peer.connect({ role: 'two-way' });
  await device.clock.advance(10_000);
  assert.ok(hasFailed());
  assert.equal(device.wanted('a'), undefined);
  assert.equal(peer.lastTold('a')?.entry.kind, 'file');
  await device.stop();
});

test('I2: what was made over a content that nobody has is asked of the peers, also when that was not noted at once', async () => {
  const device = await new OneDevice().start({ 'b.log': 'b' });
  device.other.connect();
  device.filter({ ignore: ['*.log'] });
  await device.clock.advance(4_000);
  device.remove('b.log');
  for (const peer of [device.peer, device.other]) peer.isEmpty = true;
  const { index } = device;
  const forget = index.forgetPeer.bind(index);
  let tries = 0;
  index.forgetPeer = (peer) => {
    if (++tries === 1) throw FULL;
    forget(peer);
  };
  const before = device.peer.indexes.length;
  device.filter();
  await device.until(() => tries > 0, 'it to be of no device', 300_000);
  await device.clock.advance(60_000);

  assert.equal(device.wanted('b.log'), undefined);
  assert.ok(device.peer.indexes.length > before, 'asked again');
  await device.stop();
});
