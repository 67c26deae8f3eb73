// Daemons that end, as they should or by force, and go on afterwards without help.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pair, settle, startDaemon, startPair, temporaryDirectory } from './daemon.ts';
import { assertSameTrees, countFiles, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('what was changed on either side while a daemon was stopped arrives after its start', async (t) => {
  const pairOf = await startPair(t, { before: (root) => plantMany(root, 120) });
  const { hub, laptop, left, right } = pairOf;

  assert.equal(await laptop.stop(), 0);
  writeFileSync(join(right, 'd000/f1.txt'), 'edited while it was stopped');
  renameSync(join(right, 'd000/f2.txt'), join(right, 'renamed.txt'));
  unlinkSync(join(right, 'd000/f3.txt'));
  plant(right, { 'new/here.txt': 'new' });
  writeFileSync(join(left, 'd001/f101.txt'), 'edited on the hub');
  unlinkSync(join(left, 'd001/f102.txt'));
  await hub.restart();
  await laptop.start();
  await pairOf.same();

  assert.equal(read(left, 'd000/f1.txt'), 'edited while it was stopped');
  assert.equal(exists(left, 'd000/f2.txt'), false);
  assert.equal(exists(left, 'd000/f3.txt'), false);
  assert.equal(read(right, 'd001/f101.txt'), 'edited on the hub');
  assert.equal(exists(right, 'd001/f102.txt'), false);
  assert.equal((await hub.folder('docs')).conflicts, 0);
});

test('I11: a folder whose index cannot be opened at the start goes on by itself when it can', async (t) => {
  const pairOf = await startPair(t, { before: (root) => plantMany(root, 20) });
  const { laptop, left, right } = pairOf;
  await laptop.stop();
  const place = join(laptop.home, 'state/folders');
  const index = readdirSync(place).find((name) => name.endsWith('.db')) ?? '';
  renameSync(join(place, index), join(place, 'away'));
  mkdirSync(join(place, index));

  await laptop.start();
  await waitFor('it says so', async () => (await laptop.folder('docs')).error !== null);
  writeFileSync(join(left, 'd000/f1.txt'), 'edited meanwhile');
  rmdirSync(join(place, index));
  renameSync(join(place, 'away'), join(place, index));

  await waitFor('it runs', async () => (await laptop.folder('docs')).state === 'idle');
  await pairOf.same();
  assert.equal(read(right, 'd000/f1.txt'), 'edited meanwhile');
  assert.equal((await laptop.folder('docs')).error, null);
});

test('a deletion is not undone by a device that was away, nor a new file eaten by an old deletion', async (t) => {
  const pairOf = await startPair(t, { before: (root) => plantMany(root, 60) });
  const { laptop, left, right } = pairOf;

  unlinkSync(join(left, 'd000/f7.txt'));
  await pairOf.same();
  await laptop.restart();
  await pairOf.same();
  assert.equal(exists(right, 'd000/f7.txt'), false);
  await laptop.stop();
  writeFileSync(join(right, 'd000/f7.txt'), 'made again');
  await laptop.start();
  await pairOf.same();

  assert.equal(read(left, 'd000/f7.txt'), 'made again');
});

test('either daemon is killed in the middle of 5,000 files, and they end equal', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(right);
  plantMany(left, 5000);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await pair(hub, laptop, 'docs', [left, right]);

  await waitFor('some have arrived', () => countFiles(right) > 200);
  await laptop.kill();
  t.diagnostic(`receiver killed at ${countFiles(right)} files`);
  await laptop.start();
  await waitFor('more have arrived', () => countFiles(right) > 1500);
  await hub.kill();
  t.diagnostic(`sender killed at ${countFiles(right)} files`);
  await hub.start();
  await settle('docs', hub, laptop);

  assertSameTrees(left, right);
  assert.equal(countFiles(right), 5000);
  assert.equal((await laptop.folder('docs')).conflicts, 0, 'a kill is no reason for a conflict');
  assert.deepEqual(stagedFiles(right), [], 'nothing is left in staging');
});

test('a daemon that is killed while both sides work loses nothing', async (t) => {
  const pairOf = await startPair(t, { before: (root) => plantMany(root, 100) });
  const { hub, laptop, left, right } = pairOf;

  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 60; n++) {
      plant(left, { [`round ${round}/left ${n}.txt`]: `left ${round} ${n}` });
      plant(right, { [`round ${round}/right ${n}.txt`]: `right ${round} ${n}` });
    }
    const victim = round % 2 === 0 ? laptop : hub;
    await victim.kill();
    writeFileSync(join(left, `d000/f${round}.txt`), `edited in round ${round}`);
    await victim.start();
  }
  await pairOf.same();

  for (let round = 0; round < 3; round++) {
    assert.equal(read(right, `d000/f${round}.txt`), `edited in round ${round}`);
    for (let n = 0; n < 60; n++) {
      assert.equal(read(right, `round ${round}/left ${n}.txt`), `left ${round} ${n}`);
      assert.equal(read(left, `round ${round}/right ${n}.txt`), `right ${round} ${n}`);
    }
  }
});

function stagedFiles(root: string): string[] {
  return readdirSync(join(root, '.syncd/staging'));
}
