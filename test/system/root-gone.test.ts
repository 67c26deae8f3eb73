// The folder's root goes away in every way that roots go away: renamed, replaced, emptied with its marker, unmounted,
// pulled out in the middle of receiving; and a mount inside it. Nothing is deleted elsewhere, it is said, the other folders go
// on, and so does this one when the root is back.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pair, settle, startDaemon, temporaryDirectory, type Daemon } from './daemon.ts';
import { bind, mountTmpfs, unmount, withoutMounts } from './mounts.ts';
import { assertSameTrees, countFiles, describeTree, exists, noise, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const FILES = 60;

interface World {
  readonly hub: Daemon;
  readonly laptop: Daemon;
  readonly left: string;
  /** What is to go away. */
  readonly right: string;
  /** The roots of another folder of the same daemons. */
  readonly otherLeft: string;
  readonly otherRight: string;
  /** A new name at each call. */
  readonly next: () => number;
}

/** Two devices with two folders, in sync. */
async function start(t: TestContext, prepare: (right: string) => void = () => undefined): Promise<World> {
  const place = temporaryDirectory(t);
  const at = (name: string): string => join(place, name);
  const [left, right, otherLeft, otherRight] = [at('left'), at('right'), at('other-left'), at('other-right')];
  plantMany(left, FILES);
  prepare(right);
  const config = 'defaults: { rescan: 5s }\n';
  const hub = await startDaemon(t, { name: 'hub', config });
  const laptop = await startDaemon(t, { name: 'laptop', config });
  await pair(hub, laptop, 'docs', [left, right]);
  await pair(hub, laptop, 'other', [otherLeft, otherRight]);
  await settle('docs', hub, laptop);
  let count = 0;
  return { hub, laptop, left, right, otherLeft, otherRight, next: () => count++ };
}

/** Halted with this code; meanwhile the other folder goes on, and nothing is deleted at the peer. */
async function assertHalted(world: World, code: string): Promise<void> {
  const { hub, laptop, left, otherLeft, otherRight } = world;
  const files = countFiles(left);
  const folder = await waitFor('it is halted', async () => {
    const found = await laptop.folder('docs');
    return found.state === 'halted' && found;
  });
  assert.equal(folder.error?.code, code);
  assert.notEqual(folder.error.hint, '');
  assert.equal((await laptop.ctl('wait', 'docs')).code, 5);
  const name = `sentinel ${world.next()}`;
  plant(otherLeft, { [`there/${name}`]: name });
  plant(otherRight, { [`back/${name}`]: name });
  const passes = (): boolean => exists(otherRight, `there/${name}`) && exists(otherLeft, `back/${name}`);
  await waitFor('the other folder goes on', passes);
  plant(left, { [name]: 'written meanwhile' });
  await laptop.ctl('sync', 'docs');
  await hub.ok('sync', 'docs');
  assert.equal(countFiles(left), files + 1, 'nothing is deleted elsewhere');
}

async function assertGoesOn({ hub, laptop, left, right }: World): Promise<void> {
  await waitFor('it goes on', async () => (await laptop.folder('docs')).state !== 'halted');
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
  const { error, conflicts } = await laptop.folder('docs');
  assert.deepEqual([error, conflicts], [null, 0]);
}

test('T25 I4 I11 I15: a root that is not there halts its folder alone, deletes nothing, and goes on when it is back', async (t) => {
  const world = await start(t);
  const { left, right, otherRight } = world;
  const away = `${right}.away`;

  await t.test('renamed away, and back', async () => {
    renameSync(right, away);
    await assertHalted(world, 'E_ROOT_MISSING');
    assert.equal(exists(right, '.'), false, 'it is not made anew');
    writeFileSync(join(away, 'd000/f1.txt'), 'edited elsewhere');
    rmSync(join(away, 'd000/f2.txt'));
    renameSync(away, right);
    await assertGoesOn(world);
    assert.equal(read(left, 'd000/f1.txt'), 'edited elsewhere');
    assert.equal(exists(left, 'd000/f2.txt'), false);
  });
  await t.test('an empty directory in its place', async () => {
    renameSync(right, away);
    mkdirSync(right);
    await assertHalted(world, 'E_ROOT_MISSING');
    assert.deepEqual(readdirSync(right), [], 'nothing is written into it');
    rmSync(right, { recursive: true });
    renameSync(away, right);
    await assertGoesOn(world);
  });
  await t.test("another folder's root in its place", async () => {
    renameSync(right, away);
    cpSync(otherRight, right, { recursive: true });
    const before = [...describeTree(right)];
    await assertHalted(world, 'E_ROOT_FOREIGN');
    assert.deepEqual([...describeTree(right)], before);
    rmSync(right, { recursive: true });
    renameSync(away, right);
    await assertGoesOn(world);
  });
  await t.test('everything in it removed, the marker too, and put back', async () => {
    cpSync(right, away, { recursive: true, preserveTimestamps: true });
    for (const name of readdirSync(right)) rmSync(join(right, name), { recursive: true });
    await assertHalted(world, 'E_ROOT_MISSING');
    rmSync(right, { recursive: true });
    renameSync(away, right);
    await assertGoesOn(world);
  });
});

test('T25 I4 I5 I11: a root that is unmounted, at rest or while it receives, halts its folder until it is mounted', async (t) => {
  const skip = withoutMounts();
  if (skip !== false) return t.skip(skip);
  const store = temporaryDirectory(t);
  const mount = (right: string): void => {
    mkdirSync(right, { recursive: true });
    bind(t, store, right);
  };
  const world = await start(t, mount);
  const { laptop, left, right } = world;

  await t.test('at rest, and over a restart', async () => {
    unmount(right);
    await assertHalted(world, 'E_ROOT_MISSING');
    await laptop.restart();
    await waitFor('still halted', async () => (await laptop.folder('docs')).state === 'halted');
    assert.deepEqual(readdirSync(right), [], 'nothing is written below the mount point');
    mount(right);
    await assertGoesOn(world);
  });
  await t.test('while it receives', async () => {
    for (let n = 0; n < 40; n++) plant(left, { [`large/${n}.bin`]: noise(1 << 20, n + 1) });
    await waitFor('some have come', () => exists(right, 'large') && countFiles(join(right, 'large')) > 3);
    unmount(right);
    await assertHalted(world, 'E_ROOT_MISSING');
    assert.deepEqual(readdirSync(right), [], 'nothing is written below the mount point');
    mount(right);
    await assertGoesOn(world);
  });
});

test('T25 I4 I11: a file system mounted inside the folder that goes away is unknown, not deleted', async (t) => {
  const skip = withoutMounts();
  if (skip !== false) return t.skip(skip);
  const inner = join(temporaryDirectory(t), 'inner');
  mountTmpfs(t, inner, '8m');
  const world = await start(t, (right) => {
    mkdirSync(join(right, 'mounted'), { recursive: true });
    bind(t, inner, join(right, 'mounted'));
    plant(right, { 'mounted/a.txt': 'a', 'mounted/deep/b.txt': 'b' });
  });
  assert.equal(read(world.left, 'mounted/deep/b.txt'), 'b');
  unmount(join(world.right, 'mounted'));
  await world.laptop.ok('sync', 'docs');
  await waitFor('it is named', async () =>
    (await world.laptop.folder('docs')).skipped.some(({ code }) => code === 'E_CROSS_DEVICE'),
  );
  plant(world.left, { 'beside.txt': 'goes on' });
  await waitFor('the rest goes on', () => read(world.right, 'beside.txt') === 'goes on');
  await world.hub.ok('sync', 'docs');
  assert.equal(read(world.left, 'mounted/a.txt'), 'a');
  assert.equal(read(world.left, 'mounted/deep/b.txt'), 'b');
  assert.deepEqual(readdirSync(join(world.right, 'mounted')), [], 'nothing is written below the mount point');

  bind(t, inner, join(world.right, 'mounted'));
  await waitFor('nothing is named any more', async () => (await world.laptop.folder('docs')).skipped.length === 0);
  await settle('docs', world.hub, world.laptop);
  assertSameTrees(world.left, world.right);
});
