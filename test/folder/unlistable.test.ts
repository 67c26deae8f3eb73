// A directory that can be looked at and not be listed: it stays named until it is listed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../simulation/random.ts';
import { NO_WATCH_FAULTS, SimulatedWatch } from '../simulation/simulated-watch.ts';
import { OneDevice, ROOT } from './one-device.ts';

const skippedBy = (device: OneDevice): unknown =>
  device.folder.snapshot().skipped.map(({ path, code }) => [path, code]);

/** Nobody may list this directory, until the answer is called. */
function lock(device: OneDevice, path: string): () => void {
  return device.fs.fail('list', (at) => at === `${ROOT}/${path}`, 'EACCES');
}

async function scan(device: OneDevice): Promise<void> {
  void device.folder.sync();
  await device.clock.advance(3_000);
}

test('I11: a directory that cannot be listed stays named while only the directory itself is looked at', async () => {
  const device = await new OneDevice().start({ 'd/a.txt': 'a' });
  const unlock = lock(device, 'd');
  await scan(device);
  assert.deepEqual(skippedBy(device), [['d', 'E_ACCESS']]);

  device.user.chmod(`${ROOT}/d`, 0o700);
  for (let waited = 0; waited < 3_000; waited += 10) {
    await device.clock.advance(10);
    assert.deepEqual(skippedBy(device), [['d', 'E_ACCESS']], `after ${waited} ms`);
  }
  unlock();
  await device.stop();
});

test('I6: once it can be listed, a look at the directory lists it', async () => {
  const device = new OneDevice();
  const unlock = lock(device, 'd');
  await device.start({ 'd/a.txt': 'a', 'b.txt': 'b' });
  assert.deepEqual(skippedBy(device), [['d', 'E_ACCESS']]);
  assert.equal(device.row('d/a.txt'), undefined);

  unlock();
  device.user.chmod(`${ROOT}/d`, 0o700);
  await device.until(() => device.row('d/a.txt') !== undefined, 'what is in it');
  assert.deepEqual(skippedBy(device), []);
  await device.stop();
});

test('I6: one that could not be listed is listed when its name is read again, also where only names are read', async () => {
  const device = new OneDevice();
  const watch = new SimulatedWatch(device.fs, device.clock, new SeededRandom(1));
  device.watch = watch;
  await device.start({ 'd/a.txt': 'a' });
  await device.clock.advance(10_000);
  watch.faults = { ...NO_WATCH_FAULTS, lost: 1 };
  const unlock = lock(device, 'd');
  await scan(device);
  assert.deepEqual(skippedBy(device), [['d', 'E_ACCESS']]);

  device.write('d/new.txt', 'new');
  device.write('b.txt', 'b');
  unlock();
  assert.equal((await device.wait()).kind, 'in sync');
  assert.deepEqual(skippedBy(device), []);
  assert.notEqual(device.row('d/new.txt'), undefined);
  await device.stop();
});
