// `wait` is not answered while something is due that the next turn would take up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Watch } from '../../daemon/ports/watch.ts';
import { cast } from '../simulation/disk-faults.ts';
import { SeededRandom } from '../simulation/random.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

/** Begins within so long of the last change, and a look at the root more. */
const CHECKPOINT_WITHIN_MS = 6_000;

test('I15: what was skipped is tried once more for who waits, also in the middle of a checkpoint', async () => {
  const device = await new OneDevice().start();
  device.other.connect();
  const spell = { errno: 'EACCES', call: undefined, path: '/x', oneIn: 1 } as const;
  const heal = cast(device.fs, spell, new SeededRandom(1));
  device.peer.tell(device.peer.version('x', file('new')), 'new');
  device.write('y', 'to be made durable');
  await device.until(() => device.wanted('x')?.why === 'skipped', 'it to be skipped');
  await device.clock.advance(100);
  assert.equal((await device.wait()).kind, 'in sync');
  device.slowJobs.set('syncTree', 2_000);
  await device.clock.advance(CHECKPOINT_WITHIN_MS);
  assert.ok(device.index.durableSeq < device.index.seq, 'the checkpoint is not over');
  heal();
  const isThere = device.folder.wait(5_000, new AbortController().signal).then(() => device.exists('x'));
  await device.clock.advance(6_000);

  assert.ok(await isThere, 'when wait answers');
  await device.stop();
});

/** Out of staging, to its place. */
const isPlacing = (path: string): boolean => path.includes('/staging/') && !path.endsWith('.part');

test('I15: all that was skipped is tried once more for who waits, however much it is', async () => {
  const device = await new OneDevice().start();
  device.other.connect();
  const names = Array.from({ length: 2_000 }, (_, i) => `f${String(i).padStart(4, '0')}`);
  const heal = device.fs.fail('rename', isPlacing, 'ENOSPC');
  for (const name of names) device.peer.tell(device.peer.version(name, file(name)), name);
  await device.until(() => device.index.wantedCounts().skipped === names.length, 'all to be skipped');
  await device.clock.advance(2_000);
  const left = () => names.filter((name) => !device.exists(name)).length;
  assert.equal(left(), names.length);
  heal();
  const isLeft = device.folder.wait(30_000, new AbortController().signal).then(left);
  // Somebody else asks while they are tried.
  await device.clock.advance(10);
  const second = device.folder.wait(30_000, new AbortController().signal).then(left);
  await device.clock.advance(31_000);

  assert.deepEqual([await isLeft, await second], [0, 0], 'when wait answers');
  await device.stop();
});

test('I10: what cannot be had yet is tried again page by page, and who waits is answered all the same', async () => {
  const device = await new OneDevice().start();
  device.other.connect();
  const names = Array.from({ length: 1_100 }, (_, i) => `f${String(i).padStart(4, '0')}`);
  let tries = 0;
  device.fs.before(
    'rename',
    (path) => path.startsWith(`${ROOT}/f`),
    () => void tries++,
  );
  device.fs.fail('rename', isPlacing, 'ENOSPC');
  for (const name of names) device.peer.tell(device.peer.version(name, file(name)), name);
  await device.until(() => device.index.wantedCounts().skipped === names.length, 'all to be skipped');
  await device.clock.advance(2_000);
  tries = 0;

  assert.equal((await device.wait()).kind, 'in sync');
  await device.clock.advance(5_000);
  assert.ok(tries <= 2 * names.length, `${tries} tries`);
  await device.stop();
});

const silent: Watch = {
  subscribe: (_root, { onState }) => {
    queueMicrotask(() => onState({ kind: 'watching' }));
    return { addTree: () => undefined, settled: async () => undefined, close: async () => undefined };
  },
};

test('I15: who waits is answered when all modes of the folder are set again, though nothing tells of them', async () => {
  const names = Array.from({ length: 2_000 }, (_, i) => `f${i}`);
  const device = new OneDevice({ permissions: false });
  device.watch = silent;
  await device.start(Object.fromEntries(names.map((name) => [name, name])));
  device.other.connect();
  await device.clock.advance(5_000);
  for (const name of names) device.user.chmod(`${ROOT}/${name}`, 0o600);
  await device.folder.sync();
  await device.until(() => device.row('f1999')?.seen?.mode === 0o600, 'modes that are our own');
  await device.clock.advance(2_000);
  const left = () => [...device.user.tree(ROOT).values()].filter((what) => what.startsWith('file 600')).length;
  assert.equal(left(), names.length);

  device.reconfigure({ permissions: true });
  const isLeft = device.folder.wait(30_000, new AbortController().signal).then(left);
  await device.clock.advance(31_000);

  assert.equal(await isLeft, 0, 'when wait answers');
  await device.stop();
});
