// Making durable what is there: syncfs of a busy disk takes seconds, in which edits come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice } from './one-device.ts';

const SYNC_MS = 20_000;
/** A checkpoint is due so long after the one before, and the turn that begins it a second more. */
const DUE_MS = 6_000;

test('an edit is told while the disk is still busy with what was before it', async () => {
  const device = await new OneDevice().start();
  await busy(device);
  const before = device.index.seq;

  device.write('second', 'made meanwhile');
  await device.until(() => device.peer.lastTold('second') !== undefined, 'it to be told', 1_000);
  assert.ok(device.index.durableSeq < before, 'the checkpoint is not over');

  await device.clock.advance(SYNC_MS);
  const { durableSeq } = device.index;
  assert.ok(durableSeq >= before, 'what was there when it began is durable');
  assert.ok(durableSeq < device.index.seq, 'what came later is not, before the next one');
  await device.clock.advance(SYNC_MS + DUE_MS);
  assert.equal(device.index.durableSeq, device.index.seq);
  await device.stop();
});

test('one checkpoint at a time, and none takes the last thread', async () => {
  const device = await new OneDevice().start();
  device.given.set('syncTree', []);
  await busy(device);
  for (let i = 0; i < 3; i++) {
    device.write('second', `edit ${i}`);
    await device.clock.advance(DUE_MS / 2);
  }

  assert.deepEqual(device.given.get('syncTree'), [true]);
  await device.clock.advance(2 * SYNC_MS);
  await device.stop();
});

test('a folder that is closed does not wait for a disk that does not answer', async () => {
  const device = await new OneDevice().start();
  device.slowJobs.set('syncTree', 3_600_000);
  device.write('first', 'to be made durable');
  await device.clock.advance(DUE_MS);
  const began = device.clock.monotonicMs();
  let isClosed = false;
  void device.stop().then(() => (isClosed = true));

  await device.until(() => isClosed, 'it to be closed', 10_000);
  assert.ok(device.clock.monotonicMs() - began < 5_000);
  await device.clock.advance(3_600_000);
});

test('what a checkpoint fails with halts the folder', async () => {
  const device = await new OneDevice().start();
  device.write('first', 'to be made durable');
  const heal = device.fs.fail('sync', () => true, 'EACCES');
  await device.until(() => device.folder.progress.condition.kind !== 'idle', 'it to be seen', DUE_MS + 2_000);
  assert.ok(device.index.durableSeq < device.index.seq);

  heal();
  await device.until(() => device.index.durableSeq === device.index.seq, 'it to be durable');
  assert.equal(device.folder.progress.condition.kind, 'idle');
  await device.stop();
});

/** A checkpoint is under way, for {@link SYNC_MS}. */
async function busy(device: OneDevice): Promise<void> {
  device.slowJobs.set('syncTree', SYNC_MS);
  device.write('first', 'to be made durable');
  await device.clock.advance(DUE_MS);
  assert.ok(device.row('first') !== undefined);
}
