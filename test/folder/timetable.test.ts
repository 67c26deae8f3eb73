// A folder with an interval or a schedule: what it tells, takes and answers, and when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId, Sequence } from '../../daemon/core/ids.ts';
import { parseSchedule, type Schedule } from '../../daemon/core/schedule.ts';
import { file, OneDevice, ROOT } from './one-device.ts';

const MINUTE_MS = 60_000;

/** Opens so many minutes from now, by the clock of the simulation, for an hour. */
function opensIn(device: OneDevice, minutes: number): Schedule {
  const at = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
  const fromMs = device.clock.nowMs() + minutes * MINUTE_MS;
  const schedule = parseSchedule(`${at(fromMs)}-${at(fromMs + 60 * MINUTE_MS)} UTC`);
  assert.ok(schedule !== undefined);
  return schedule;
}

/** The peer confirms all that the device holds. */
function confirm(device: OneDevice): void {
  const { seq, epoch } = device.index;
  const announced = device.peer.lastSeq as Sequence;
  device.folder.door.onAcknowledge(device.peer, { epoch, received: seq, held: seq, skipped: 0, announced });
}

const told = (device: OneDevice): string[] => device.peer.told.map(({ record }) => record.path);

test('with an interval changes are gathered, and told together when it is over', async () => {
  const device = await new OneDevice({ intervalMs: 60_000 }).start({ 'here.txt': 'from the beginning' });
  assert.deepEqual(told(device), ['here.txt'], 'what is there at the start goes at once');
  device.write('a.txt', 'one');
  await device.clock.advance(30_000);
  device.write('b.txt', 'two');
  await device.clock.advance(25_000);
  assert.deepEqual(told(device), ['here.txt']);
  assert.match(device.folder.snapshot().notes.join(), /gathered and sent in \d+ s/);
  const result = await device.wait(1_000);
  assert.match(result.kind === 'not in time' ? result.message : result.kind, /gathered and sent in \d+ s/);
  await device.until(() => told(device).length > 1, 'the interval to be over', 10_000);
  assert.deepEqual(told(device).toSorted(), ['a.txt', 'b.txt', 'here.txt']);
  assert.deepEqual(await device.wait(), { kind: 'in sync' });
});

test('an interval does not hold back what others change', async () => {
  const device = await new OneDevice({ intervalMs: 600_000 }).start({ 'a.txt': 'old' });
  device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
  await device.until(() => device.read('a.txt') === 'new', 'the change to be applied', 2_000);
  await device.until(() => device.peer.acknowledged?.held === device.peer.lastSeq, 'it to be confirmed', 2_000);
});

test('sync tells at once what an interval has gathered, and gathers again afterwards', async () => {
  const device = await new OneDevice({ intervalMs: 600_000 }).start();
  device.write('a.txt', 'one');
  await device.clock.advance(5_000);
  assert.deepEqual(told(device), []);
  await device.folder.sync();
  await device.until(() => told(device).includes('a.txt'), 'a.txt to be told', 5_000);
  await device.clock.advance(15_000);
  device.write('b.txt', 'two');
  await device.clock.advance(60_000);
  assert.deepEqual(told(device), ['a.txt']);
  device.reconfigure({ intervalMs: 0 });
  await device.until(() => told(device).includes('b.txt'), 'the interval to be lifted', 5_000);
});

test('outside of its schedule a folder takes in announcements, and neither applies nor answers anything', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'old' });
  device.reconfigure({ schedule: opensIn(device, 10) });
  await device.clock.advance(2_000);
  assert.equal(device.folder.progress.condition.kind, 'paused');
  device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
  device.peer.contents.set('a.txt', 'new');
  device.write('b.txt', 'mine');
  await device.clock.advance(60_000);
  assert.equal(device.read('a.txt'), 'old');
  assert.equal(device.folder.snapshot().pendingFiles, 1, 'what waits is shown');
  assert.deepEqual(told(device), ['a.txt']);
  const waited = await device.wait();
  assert.equal(waited.kind === 'needs attention' && waited.code, 'E_SCHEDULE');
  const mine = device.row('b.txt')?.record.entry;
  assert.ok(mine?.kind === 'file');
  const { sha256, size } = mine;
  const want = { kind: 'bytes', ranges: [{ offset: 0, length: size }] } as const;
  device.folder.door.onRequest(device.peer, { request: 7, path: 'b.txt' as never, sha256, want });
  assert.deepEqual(device.peer.answered, [{ request: 7, kind: 'later' }]);
  await device.clock.advance(9 * MINUTE_MS);
  assert.equal(device.folder.progress.condition.kind, 'idle');
  await device.until(() => device.read('a.txt') === 'new', 'the change to be applied', 30_000);
  confirm(device);
  assert.deepEqual(await device.wait(), { kind: 'in sync' });
});

test('sync goes on outside of the schedule until all is in sync, once', async () => {
  const device = new OneDevice({ peers: new Map([['P'.repeat(52) as DeviceId, 'two-way']]) });
  await device.start({ 'a.txt': 'old' });
  device.reconfigure({ schedule: opensIn(device, 600) });
  device.peer.tell(device.peer.version('a.txt', file('new')));
  device.peer.contents.set('a.txt', 'new');
  await device.clock.advance(60_000);
  assert.equal(device.read('a.txt'), 'old');
  await device.folder.sync();
  await device.until(() => device.read('a.txt') === 'new', 'the change to be applied', 30_000);
  confirm(device);
  await device.until(() => device.folder.progress.condition.kind === 'paused', 'it to stand still again', 15_000);
  device.peer.tell(device.peer.version('a.txt', file('newer')));
  device.peer.contents.set('a.txt', 'newer');
  await device.clock.advance(60_000);
  assert.equal(device.read('a.txt'), 'new');
  device.reconfigure({ schedule: undefined });
  await device.until(() => device.read('a.txt') === 'newer', 'the schedule to be lifted');
});

test('at each time of cron a folder syncs once', async () => {
  const schedule = parseSchedule('*/30 * * * * UTC');
  const device = await new OneDevice({ peers: new Map([['P'.repeat(52) as DeviceId, 'two-way']]) }).start();
  device.reconfigure({ schedule });
  device.write('a.txt', 'one');
  await device.until(() => told(device).includes('a.txt'), 'half past, or the full hour', 31 * MINUTE_MS);
  assert.equal(new Date(device.clock.nowMs()).getUTCMinutes() % 30, 0);
  await device.clock.advance(15_000);
  device.write('b.txt', 'two');
  await device.clock.advance(20 * MINUTE_MS);
  assert.ok(!told(device).includes('b.txt'));
});

test('who answers at another time is asked again, and nothing is missing meanwhile', async () => {
  const device = await new OneDevice().start();
  device.other.connect();
  device.peer.rests = true;
  device.peer.tell(device.peer.version('a.txt', file('new'), null));
  device.peer.contents.set('a.txt', 'new');
  await device.clock.advance(5 * MINUTE_MS);
  assert.deepEqual(device.folder.snapshot().skipped, []);
  assert.ok(device.peer.asked.length < 60, `it was asked ${device.peer.asked.length} times`);
  device.peer.rests = false;
  await device.until(() => device.exists('a.txt'), 'it to be asked again', 30_000);
  assert.equal(device.user.read(`${ROOT}/a.txt`), 'new');
});
