// A folder on a file system of whose changes inotify does not tell all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { WatchListener } from '../../daemon/ports/watch.ts';
import { SeededRandom } from '../simulation/random.ts';
import { NO_WATCH_FAULTS, SimulatedWatch } from '../simulation/simulated-watch.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

test('on a network file system changes are found by scanning, and that is said', async () => {
  const device = new OneDevice({ rescanMs: 60_000 });
  device.fs.type = 'nfs4';
  await device.start();
  assert.match(device.folder.snapshot().notes.join(), /on nfs4 inotify does not see .* every 60 s/);
  device.write('a.txt', 'by another machine');
  await device.clock.advance(30_000);
  assert.equal(device.row('a.txt'), undefined, 'there is no watcher that could have seen it');
  await device.clock.advance(40_000);
  assert.ok(device.row('a.txt') !== undefined);

  device.reconfigure({ watch: 'inotify' });
  await device.clock.advance(2_000);
  device.write('b.txt', 'by this one');
  await device.clock.advance(2_000);
  assert.ok(device.row('b.txt') !== undefined, 'it is watched from then on');
  assert.deepEqual(device.folder.snapshot().notes, []);
});

test('I6: what was changed before the start is found while the watcher has not begun, and what is changed until it has', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'before', 'b.txt': 'before' });
  await device.crash();
  device.write('a.txt', 'while it was down');
  const subscription = { addTree: () => undefined, settled: async () => {}, close: async () => {} };
  device.watch = {
    subscribe: (_root, listener) => {
      device.clock.after(1_000, () => listener.onState({ kind: 'watching' }));
      return subscription;
    },
  };
  device.folder.start();
  await device.until(() => sizeOf(device, 'a.txt') === 'while it was down'.length, 'the first scan', 900);
  device.write('b.txt', 'after it was listed');
  await device.clock.advance(2_000);
  assert.equal(sizeOf(device, 'b.txt'), 'after it was listed'.length);
});

test('I6: a file that was replaced and removed in one batch of the watcher, of which nothing is told, is found gone', async () => {
  const device = new OneDevice();
  const watch = new SimulatedWatch(device.fs, device.clock, new SeededRandom(1));
  device.watch = watch;
  await device.start({ 'refs/two': 'before', 'refs/deep/three': 'before' });
  await device.clock.advance(60_000);
  watch.faults = { ...NO_WATCH_FAULTS, lost: 1 };
  replaceAndRemove(device, 'refs/two');
  assert.equal((await device.wait()).kind, 'in sync');
  assert.equal(device.row('refs/two')?.record.entry.kind, 'absent', 'wait covers all that was done before it');

  replaceAndRemove(device, 'refs/deep/three');
  await device.until(() => device.row('refs/deep/three')?.record.entry.kind === 'absent', 'the sweep', 10_000);
  await device.clock.advance(10_000);
  assert.ok((await device.jobsIn(60_000)) <= 61, 'where nothing is done only the root is looked at');
  await device.stop();
});

function replaceAndRemove(device: OneDevice, path: string): void {
  device.user.write(`${ROOT}/new`, 'after');
  device.user.rename(`${ROOT}/new`, `${ROOT}/${path}`);
  device.remove(path);
}

function sizeOf(device: OneDevice, path: string): number | undefined {
  const entry = device.row(path)?.record.entry;
  return entry?.kind === 'file' ? entry.size : undefined;
}

test('I6: an edit among many files that have just come is told at once, and all of them are looked at a few times in all', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  for (let i = 0; i < 200; i++) device.peer.tell(device.peer.version(`d${i}`, file(`content ${i}`)), `content ${i}`);
  await device.until(() => device.exists('d199') && device.row('d199') !== undefined, 'the files');
  await device.clock.advance(100);
  const jobs = await device.jobsIn(100);
  assert.ok(jobs < 10, `${jobs} jobs for what the watcher told of our own doing`);

  // The second one while the first is young, too.
  for (const name of ['d7', 'd150']) {
    const beganMs = device.clock.monotonicMs();
    device.write(name, 'edited');
    const { sha256 } = file('edited') as { readonly sha256: string };
    const isTold = (): boolean => {
      const entry = device.peer.lastTold(name)?.entry;
      return entry?.kind === 'file' && entry.sha256 === sha256;
    };
    await device.until(isTold, 'the edit');
    assert.ok(device.clock.monotonicMs() - beganMs <= 100, `${name} after ${device.clock.monotonicMs() - beganMs} ms`);
  }
  await device.stop();
});

test('I11: a name that is not UTF-8 is told by what it reads like: it is named at once, stays named, and is not when it is gone', async () => {
  const device = new OneDevice();
  let listener: WatchListener | undefined;
  device.watch = {
    subscribe: (_root, given) => {
      listener = given;
      return { addTree: () => undefined, settled: async () => {}, close: async () => {} };
    },
  };
  await device.start({ 'd/a.txt': 'a' });
  await device.clock.advance(5_000);
  const tell = async (path: string): Promise<void> => {
    listener?.onHints([{ kind: 'path', path: path as RelativePath }]);
    await device.clock.advance(100);
  };
  const named = (): string[] => device.folder.snapshot().skipped.map(({ path, code }) => `${path} ${code}`);
  const name = `${ROOT}/d/bad\ud800`;
  device.user.write(name, 'x');
  await tell('d/bad\ufffd');
  assert.deepEqual(named(), ['d/bad\ufffd E_NAME']);

  device.write('d/bad\ufffd', 'by this name');
  for (let n = 0; n < 2; n++) await tell('d/bad\ufffd');
  assert.deepEqual(named(), ['d/bad\ufffd E_NAME']);
  assert.equal(device.row('d/bad\ufffd')?.record.entry.kind, 'file');

  device.user.remove(name);
  await tell('d/bad\ufffd');
  assert.deepEqual(named(), []);
  await device.stop();
});
