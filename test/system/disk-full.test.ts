// Disks that are full, or become read-only, under the folder and under the daemon's own home: what cannot be done is named,
// nothing old is lost, the rest goes on, and when there is room again all of it is done without a command.
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDaemon, pair, settle, startDaemon, temporaryDirectory, type Daemon } from './daemon.ts';
import { FailingDisk, fillUp, mountTmpfs, resizeTmpfs, withoutFailingDisks, withoutMounts } from './mounts.ts';
import { Injection, withoutStrace } from './strace.ts';
import { assertSameTrees, countFiles, noise, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const MIB = 1 << 20;

async function codesOf(daemon: Daemon): Promise<Map<string, string>> {
  return new Map((await daemon.folder('docs')).skipped.map(({ path, code }) => [path, code]));
}

test('T21 S21 I1 I11 I15: what does not fit on the disk is named, the old stays, and it arrives when there is room', async (t) => {
  const skip = withoutMounts();
  if (skip !== false) return t.skip(skip);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mountTmpfs(t, right, '4m');
  plant(left, { 'old.bin': noise(MIB, 100), 'small.txt': 'small' });
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);

  for (let n = 0; n < 10; n++) plant(left, { [`large/${n}.bin`]: noise(MIB, n + 1) });
  const named = await waitFor('those that do not fit are named', async () => {
    const codes = await codesOf(laptop);
    return codes.size + countFiles(join(right, 'large')) === 10 && codes;
  });
  assert.deepEqual([...new Set(named.values())], ['E_DISK_FULL']);
  assert.ok(countFiles(join(right, 'large')) >= 1, 'what fits has arrived');
  plant(left, { 'sentinel.txt': 'I arrive', 'old.bin': noise(MIB, 101) });
  await waitFor('a small file arrives', () => read(right, 'sentinel.txt') === 'I arrive');
  await waitFor('the old one cannot be replaced', async () => (await codesOf(laptop)).get('old.bin') === 'E_DISK_FULL');
  assert.equal(read(right, 'old.bin'), noise(MIB, 100).toString('utf8'), 'and is as it was');
  assert.equal((await laptop.ctl('status', '--check')).code, 5);
  const [before] = [(await laptop.traffic()).received];

  resizeTmpfs(right, '64m');
  await waitFor('all is received without a command', async () => (await codesOf(laptop)).size === 0);
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
  assert.deepEqual(readdirSync(join(right, '.syncd/staging')), []);
  const came = (await laptop.traffic()).received - before;
  assert.ok(came < (named.size + 2) * MIB, `${came} bytes came for ${named.size + 1} files of 1 MiB`);
});

test("S22 I5 I12 I15: a full disk under the daemon's home halts the folder and says so, and it goes on by itself", async (t) => {
  const skip = withoutMounts();
  if (skip !== false) return t.skip(skip);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  const hub = await startDaemon(t, { name: 'hub' });
  const laptop = makeDaemon(t, { name: 'laptop' });
  mountTmpfs(t, laptop.home, '8m');
  laptop.configure('');
  await laptop.start();
  plantMany(left, 100);
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);

  fillUp(join(laptop.home, 'filler'));
  for (let n = 0; n < 200; n++) plant(left, { [`more/${n}.txt`]: `more ${n} `.repeat(400) });
  const error = await waitFor('it says so', async () => (await laptop.folder('docs')).error ?? undefined);
  assert.equal(error.code, 'E_DISK_FULL');
  assert.notEqual((await laptop.status()).daemon.health, 'ok');
  writeFileSync(join(right, 'mine.txt'), 'written meanwhile');
  assert.equal(countFiles(left), 300, 'nothing is deleted by it');

  await t.test('also over a kill -9', async () => {
    await laptop.kill();
    // One page must be free to start at all.
    rmSync(join(laptop.home, 'filler'));
    fillUp(join(laptop.home, 'filler'), 64 * 1024);
    await laptop.start();
    assert.ok(countFiles(left) >= 300);
  });

  rmSync(join(laptop.home, 'filler'));
  await waitFor('it is over', async () => (await laptop.folder('docs')).error === null);
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
  assert.equal(read(left, 'mine.txt'), 'written meanwhile');
  assert.equal((await laptop.folder('docs')).conflicts + (await hub.folder('docs')).conflicts, 0);
});

test('T22 I4 I11: while nothing may be written to the disk, what waits is named, and is written when it may be', async (t) => {
  const skip = withoutStrace();
  if (skip !== false) return t.skip(skip);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plantMany(left, 30);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);

  const readOnly = await Injection.into(t, laptop.pid, {
    calls: 'renameat2,mkdir,unlink,rmdir,chmod',
    what: 'error=EROFS',
    when: '1+',
  });
  plant(left, { 'd000/f1.txt': 'edited', 'new.txt': 'new' });
  rmSync(join(left, 'd000/f2.txt'));
  await waitFor('they are named', async () => {
    const codes = await codesOf(laptop);
    return ['d000/f1.txt', 'd000/f2.txt', 'new.txt'].every((path) => codes.get(path) === 'E_READ_ONLY');
  });
  writeFileSync(join(right, 'own.txt'), 'what is written here still goes out');
  await waitFor('and it is sent', () => read(left, 'own.txt') !== undefined);
  assert.equal(read(right, 'd000/f1.txt'), 'content of file 1\n');

  await readOnly.end();
  await waitFor('nothing is named any more', async () => (await codesOf(laptop)).size === 0);
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
});

test('T22 I4: a disk that the kernel has made read-only deletes nothing elsewhere, even if it has lost what was not yet on it', async (t) => {
  const skip = withoutFailingDisks();
  if (skip !== false) return t.skip(skip);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  const disk = new FailingDisk(t, right);
  plantMany(left, 30);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);

  disk.fail();
  plant(left, { 'd000/f1.txt': 'edited' });
  await waitFor('it is said', async () => {
    const folder = await laptop.folder('docs');
    return folder.error?.code === 'E_READ_ONLY' || folder.skipped.some(({ code }) => code === 'E_READ_ONLY');
  });
  await laptop.ctl('sync', 'docs');
  assert.equal(countFiles(join(left, 'd000')), 30);

  await laptop.stop();
  disk.repair();
  await laptop.start();
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
  assert.equal(read(right, 'd000/f1.txt'), 'edited');
});
