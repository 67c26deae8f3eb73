// The two brakes: a root that is missing halts the folder, and a mass deletion is held until somebody decides.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair, type Daemon } from './daemon.ts';
import { countFiles, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('I4: T46: most files deleted at once: the deletion is held where it was made, and all else goes on', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 40) });

  for (let n = 0; n < 30; n++) unlinkSync(join(right, `d000/f${n}.txt`));
  await state(laptop, 'held');
  plant(right, { 'new.txt': 'goes on' });
  plant(left, { 'other.txt': 'goes on too' });
  await waitFor('a new file crosses', () => read(left, 'new.txt') === 'goes on');
  await waitFor('and one the other way', () => read(right, 'other.txt') === 'goes on too');

  const folder = await laptop.folder('docs');
  assert.equal(folder.error?.code, 'E_MASS_DELETE');
  assert.equal(countFiles(join(left, 'd000')), 40, 'nothing is deleted on the other device');
  assert.equal((await laptop.ctl('wait', 'docs')).code, 5);
  assert.equal((await laptop.ctl('status', '--check')).code, 5);

  await t.test('a restart does not forget the hold', async () => {
    await laptop.restart();
    await state(laptop, 'held');
    assert.equal(countFiles(join(left, 'd000')), 40);
  });
  await t.test('approved, it happens everywhere', async () => {
    await laptop.ok('approve', 'docs');
    await same();
    assert.equal(countFiles(join(left, 'd000')), 10);
    assert.equal((await laptop.ctl('approve', 'docs')).code, 1, 'there is nothing to approve any more');
    assert.equal((await hub.ctl('status', '--check')).code, 0);
  });
  await t.test('undone on the other device, it alone is rolled back, not what came just before', async () => {
    await hub.ok('undo', 'docs', '--last', '--yes');
    await same();
    assert.equal(countFiles(join(left, 'd000')), 40);
    assert.equal(read(right, 'new.txt'), 'goes on');
  });
});

test('I4: T46: a held deletion that is rejected brings the files back', async (t) => {
  const { hub, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 40) });

  for (let n = 0; n < 30; n++) unlinkSync(join(left, `d000/f${n}.txt`));
  await state(hub, 'held');
  await hub.ok('reject', 'docs');
  await same();

  assert.equal(countFiles(left), 40);
  assert.equal(countFiles(right), 40);
  assert.equal((await hub.folder('docs')).error, null);
});

test('I4: what was deleted while the daemon was stopped is held at its start', async (t) => {
  const { laptop, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 40) });
  await laptop.stop();
  for (let n = 0; n < 35; n++) unlinkSync(join(right, `d000/f${n}.txt`));

  await laptop.start();
  await state(laptop, 'held');

  assert.equal(countFiles(left), 40);
  await laptop.ok('reject', 'docs');
  await same();
  assert.equal(countFiles(right), 40);
});

test('I4: S41: a folder that becomes empty is held, however small it was', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'one.txt': '1', 'two.txt': '2' }),
  });

  for (const name of ['one.txt', 'two.txt']) unlinkSync(join(left, name));
  await state(hub, 'held');
  assert.equal(read(right, 'one.txt'), '1');
  plant(left, { 'one.txt': '1, written again' });
  await hub.ok('reject', 'docs');
  await same();

  assert.equal(read(right, 'one.txt'), '1, written again');
  assert.equal(read(left, 'two.txt'), '2');
  assert.equal((await laptop.folder('docs')).error, null);
});

test('I4: S41: moving most of the files is no deletion', async (t) => {
  const { hub, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 60) });

  mkdirSync(join(left, 'archive'));
  renameSync(join(left, 'd000'), join(left, 'archive/d000'));
  await same();

  assert.equal(exists(right, 'd000'), false);
  assert.equal(countFiles(join(right, 'archive')), 60);
  assert.equal((await hub.folder('docs')).error, null);
});

test('with max_delete 100% nothing is held', async (t) => {
  const { left, right, same } = await startPair(t, {
    before: (root) => plantMany(root, 40),
    config: 'defaults: { max_delete: 100% }\n',
  });

  rmSync(join(left, 'd000'), { recursive: true });
  await same();

  assert.deepEqual(readdirSync(right), ['.syncd']);
});

test('I4: a root that goes away halts the folder, deletes nothing, and goes on when it is back', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 30) });
  const away = `${right}-unmounted`;

  renameSync(right, away);
  await state(laptop, 'halted');
  assert.equal((await laptop.folder('docs')).error?.code, 'E_ROOT_MISSING');
  assert.equal((await laptop.ctl('wait', 'docs')).code, 5);
  plant(left, { 'meanwhile.txt': 'written while it was away' });
  assert.equal(countFiles(left), 31);
  assert.equal(exists(right, '.'), false, 'the daemon makes no new root');
  renameSync(away, right);
  await waitFor('it goes on by itself', async () => (await laptop.folder('docs')).state !== 'halted');
  await same();
  assert.equal(read(right, 'meanwhile.txt'), 'written while it was away');

  await t.test('also when it is missing at the start, or an empty mount point is in its place', async () => {
    await laptop.stop();
    renameSync(right, away);
    mkdirSync(right);
    await laptop.start();
    await state(laptop, 'halted');
    assert.deepEqual(readdirSync(right), [], 'nothing is written to the mount point');
    assert.equal(countFiles(left), 31);
    rmSync(right, { recursive: true });
    renameSync(away, right);
    await same();
  });
  await t.test('also when only the marker is gone', async () => {
    renameSync(join(right, '.syncd'), away);
    await state(laptop, 'halted');
    assert.equal(countFiles(left), 31);
    renameSync(away, join(right, '.syncd'));
    await same();
  });
  assert.equal((await hub.folder('docs')).conflicts, 0);
});

async function state(daemon: Daemon, wanted: 'held' | 'halted'): Promise<void> {
  await waitFor(`docs on ${daemon.name} is ${wanted}`, async () => (await daemon.folder('docs')).state === wanted);
}
