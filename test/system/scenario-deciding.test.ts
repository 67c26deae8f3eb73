// Both sides change the same things without knowing of each other, or faster than anybody can look: one state comes of
// it, and nothing that somebody wrote is gone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflictPaths, sentBytes } from './ask.ts';
import { rounds } from './rounds.ts';
import { scenarios } from './scenario.ts';
import { exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const test = scenarios();

test('S07: a file becomes a directory here while it is edited there: the files in it exist, and the edit is kept', async ({
  left,
  right,
  ledger,
  same,
  apart,
}) => {
  plant(left, { x: 'as it was' });
  await same();
  await apart(() => {
    unlinkSync(join(left, 'x'));
    plant(left, { 'x/1': 'one', 'x/2': 'two', 'x/3': 'three' });
    writeFileSync(join(right, 'x'), 'edited apart');
  });
  ledger.forget('as it was'); // replaced by both users
  await same();
  for (const root of [left, right])
    assert.deepEqual(
      ['1', '2', '3'].map((name) => read(root, `x/${name}`)),
      ['one', 'two', 'three'],
    );
});

test('S07: of a link and a directory, and of a directory and a pipe, neither side is left with nothing', async ({
  left,
  right,
  ledger,
  same,
  apart,
}) => {
  plant(left, { link: { link: 'usual 0' }, 'dir/inside.txt': 'inside', 'full/inside.txt': 'full' });
  await same();
  await apart(() => {
    unlinkSync(join(left, 'link'));
    plant(left, { 'link/a.txt': 'now a directory' });
    unlinkSync(join(right, 'link'));
    symlinkSync('usual 1', join(right, 'link'));
    rmSync(join(left, 'dir'), { recursive: true });
    symlinkSync('usual 2', join(left, 'dir'));
    writeFileSync(join(right, 'dir/inside.txt'), 'edited inside');
    rmSync(join(right, 'full'), { recursive: true });
    execFileSync('mkfifo', [join(right, 'full')]);
    writeFileSync(join(left, 'full/inside.txt'), 'edited where it is full');
  });
  for (const content of ['inside', 'full']) ledger.forget(content); // removed by one user, overwritten by the other
  await waitFor('what lives in a directory keeps it', () => read(right, 'link/a.txt') === 'now a directory');
  await waitFor('on either side', () => read(left, 'dir/inside.txt') === 'edited inside');
  assert.equal(read(left, 'full/inside.txt'), 'edited where it is full');
  unlinkSync(join(right, 'full'));
  await same();
  assert.equal(read(right, 'full/inside.txt'), 'edited where it is full');
});

test('I5: S07: a device that is killed while a file becomes a directory and back has one of them', async ({
  hub,
  laptop,
  left,
  right,
  same,
}) => {
  plant(left, { x: 'a file', y: { link: 'usual 0' } });
  await same();
  for (let n = 0; n < rounds(3); n++) {
    const isFile = n % 2 === 1;
    for (const name of ['x', 'y']) {
      rmSync(join(left, name), { recursive: true, force: true });
      if (isFile) plant(left, { [name]: `file of round ${n}` });
      else plant(left, { [`${name}/inside.txt`]: `directory of round ${n}` });
    }
    await sleep((n * 37) % 400);
    const victim = n % 3 === 2 ? hub : laptop;
    await victim.kill();
    assert.ok(exists(left, 'x') && exists(left, 'y'));
    assert.ok(exists(right, 'x') && exists(right, 'y'), 'never neither');
    await victim.start();
    await same();
  }
});

test('S51: an edit follows its file when the name was given to another one meanwhile', async ({
  hub,
  folder,
  left,
  right,
  same,
  apart,
}) => {
  plant(left, { f: 'first' });
  await same();
  await apart(() => {
    renameSync(join(left, 'f'), join(left, 'g'));
    writeFileSync(join(right, 'f'), 'edited apart');
    plant(left, { f: 'a new one' });
  });
  await same();
  const here = ['f', 'g'].map((name) => read(left, name));
  assert.ok(here.includes('a new one') || here.includes('edited apart'));
  assert.ok(here[1] === 'edited apart' || (await conflictPaths(hub, folder)).includes('f'), 'it is told');
});

test('S52: logs that are rotated while somebody appends and edits are all accounted for', async ({
  left,
  right,
  ledger,
  same,
}) => {
  for (let n = 1; n <= 5; n++) plant(left, { [`l.${n}`]: `log ${n}\n` });
  plant(left, { l: 'log 0\n' });
  await same();
  for (let round = 0; round < rounds(20); round++) {
    for (let n = 4; n >= 1; n--) renameSync(join(left, `l.${n}`), join(left, `l.${n + 1}`));
    renameSync(join(left, 'l'), join(left, 'l.1'));
    writeFileSync(join(left, 'l'), `log of round ${round}\n`);
    appendFileSync(join(left, 'l'), 'and more\n');
    if (round === 10) {
      // What lies there on a slow day has been rotated away on the left: with this it is destroyed on both sides.
      const before = read(right, 'l.3') ?? '';
      if (/^log [0-5]\n$/.test(before)) ledger.forget(before);
      writeFileSync(join(right, 'l.3'), 'edited on the other side\n');
    }
    await sleep(5);
  }
  ledger.note('edited on the other side\n', 'l.3 on the right');
  await same();
  assert.match(read(right, 'l') ?? '', /^log of round \d+\nand more\n$/);
});

test('S53: two large directories that change places many times in a second move no contents', async ({
  t,
  hub,
  laptop,
  left,
  right,
  same,
}) => {
  const [count, sizeBytes] = [1_000, 10_000];
  const content = (name: string, n: number): string => `${name} ${n} `.padEnd(sizeBytes, `${n}`);
  for (const name of ['one', 'two']) {
    mkdirSync(join(left, name));
    for (let n = 0; n < count; n++) writeFileSync(join(left, name, `${n}`), content(name, n));
  }
  await same();
  const before = (await sentBytes(hub)) + (await sentBytes(laptop));
  const swaps = 9;
  for (let n = 0; n < swaps; n++) {
    renameSync(join(left, 'one'), join(left, 'aside'));
    renameSync(join(left, 'two'), join(left, 'one'));
    renameSync(join(left, 'aside'), join(left, 'two'));
    await sleep(1000 / swaps);
  }
  await same();
  const moved = (await sentBytes(hub)) + (await sentBytes(laptop)) - before;
  assert.equal(read(right, 'one/7'), content('two', 7));
  t.diagnostic(`${moved} bytes were sent`);
  assert.ok(moved < 2 * count * sizeBytes * 0.3, `${moved} bytes were sent`);
});

test('T44: the same tree on both sides beforehand is neither sent nor in conflict', async ({
  hub,
  laptop,
  folder,
  left,
  right,
  same,
  apart,
}) => {
  const before = await sentBytes(hub);
  const filesOfBytes = 20_000;
  await apart(() => {
    for (const root of [left, right]) plantMany(root, 100, (n) => `${n} `.repeat(filesOfBytes / `${n} `.length));
  });
  await same();
  const moved = (await sentBytes(hub)) - before;
  assert.ok(moved < (100 * filesOfBytes) / 4, `${moved} bytes were sent`);
  for (const device of [hub, laptop]) assert.deepEqual(await conflictPaths(device, folder), []);
});

test('T45: of nearly the same tree on both sides what differs is in conflict, and nothing else', async ({
  hub,
  laptop,
  folder,
  left,
  right,
  same,
  apart,
}) => {
  await apart(() => {
    plantMany(left, 100);
    plantMany(right, 100, (n) => (n % 50 === 0 ? `differs ${n}` : `content of file ${n}\n`));
  });
  await same();
  for (const device of [hub, laptop])
    assert.deepEqual(await conflictPaths(device, folder), ['d000/f0.txt', 'd000/f50.txt']);
});
