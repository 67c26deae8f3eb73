// Names, kinds and structure: what a tree may look like, and how it may change its shape, on both sides at once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { folderOn, inSync } from './ask.ts';
import { rounds } from './rounds.ts';
import { LONG, scenarios } from './scenario.ts';
import { waitFor } from './wait-for.ts';
import { describeTree, exists, noise, plant, plantMany, read } from './trees.ts';

const test = scenarios();

const TWINS = ['caf\u00e9', 'cafe\u0301', 'note', 'Note', 'NOTE'];

test('S06: twins to the eye and to other systems stay five files, and go one at a time', async ({
  left,
  right,
  same,
}) => {
  for (const name of TWINS) plant(left, { [name]: `content of ${escape(name)}` });
  await same();
  assert.deepEqual(
    TWINS.filter((name) => exists(right, name)),
    TWINS,
  );

  for (const [n, name] of TWINS.entries()) {
    unlinkSync(join(n % 2 === 0 ? right : left, name));
    await same();
    assert.deepEqual(
      TWINS.filter((each) => exists(left, each)),
      TWINS.slice(n + 1),
    );
  }
  plant(right, { 'cafe\u0301': 'to be renamed' });
  await same();
  renameSync(join(right, 'cafe\u0301'), join(right, 'caf\u00e9'));
  await same();
  assert.equal(read(left, 'caf\u00e9'), 'to be renamed');
  assert.equal(exists(left, 'cafe\u0301'), false);
});

test('T2: many files in one directory and many levels of directories arrive', async ({ left, right, same }) => {
  const count = Math.min(100_000, rounds(1_000));
  mkdirSync(join(left, 'many'));
  for (let n = 0; n < count; n++) writeFileSync(join(left, 'many', `${n}`), `${n}`);
  const deep = Array.from({ length: LONG ? 200 : 60 }, (_, level) => `level ${level}`).join('/');
  plant(right, { [`${deep}/bottom.txt`]: 'reached' });
  await same();
  assert.equal(readdirSync(join(right, 'many')).length, count);
  assert.equal(read(left, `${deep}/bottom.txt`), 'reached');
});

test('T3: a file that grows from nothing, and is emptied, and grows again, arrives each time', async ({
  left,
  right,
  same,
}) => {
  for (const content of ['', 'something', '', 'something else', '']) {
    writeFileSync(join(left, 'tide.txt'), content);
    await same();
    assert.equal(read(right, 'tide.txt'), content);
  }
});

test('T3: the holes of a sparse file are neither sent nor filled', async ({ hub, left, right, same }) => {
  const sizeBytes = LONG ? 10 * 2 ** 30 : 2 ** 27;
  const before = (await hub.traffic()).sent;
  const file = openSync(join(left, 'sparse.img'), 'w');
  ftruncateSync(file, sizeBytes);
  writeSync(file, noise(2 ** 20, 10), 0, 2 ** 20, Math.floor(sizeBytes / 2));
  closeSync(file);
  await same();
  const { size, blocks } = lstatSync(join(right, 'sparse.img'));
  assert.equal(size, sizeBytes);
  assert.ok(blocks * 512 < 8 * 2 ** 20, `it takes ${blocks * 512} bytes of the disk`);
  const moved = (await hub.traffic()).sent - before;
  assert.ok(moved < 5 * 2 ** 20, `${moved} bytes were sent`);
  rmSync(join(left, 'sparse.img'));
  await same();
});

test('T4: the names of a hard link are files of their own on the other device', async ({ left, right, same }) => {
  plant(left, { 'one name': 'linked' });
  linkSync(join(left, 'one name'), join(left, 'other name'));
  await same();
  assert.equal(lstatSync(join(right, 'one name')).nlink, 1);
  writeFileSync(join(right, 'one name'), 'written there');
  await same();
  assert.equal(read(left, 'one name'), 'written there');
  assert.equal(read(left, 'other name'), 'linked', 'what a peer writes to one name does not go through the link');

  plant(left, { 'usual 0/again': 'both change' });
  linkSync(join(left, 'usual 0/again'), join(left, 'usual 1 again'));
  await same();
  writeFileSync(join(left, 'usual 0/again'), 'through one name');
  // The kernel tells of the name that was written to; the other is found by the next scan.
  await waitFor('both names have it', () => read(right, 'usual 1 again') === 'through one name');
  assert.equal(read(right, 'usual 0/again'), 'through one name');
});

test('T6: links of every kind arrive as they are, and swap places with directories under load', async ({
  left,
  right,
  same,
}) => {
  plant(left, {
    'to file': { link: 'usual 0/0.txt' },
    'to directory': { link: 'usual 0' },
    outside: { link: '/etc' },
    itself: { link: 'itself' },
    dangling: { link: 'not/there' },
    up: { link: '..' },
  });
  await same();
  for (let n = 0; n < rounds(40); n++) {
    const [root, name] = [n % 2 === 0 ? left : right, join(n % 2 === 0 ? left : right, 'swapped')];
    rmSync(name, { recursive: true, force: true });
    if (n % 3 === 0) symlinkSync('usual 0', name);
    else plant(root, { 'swapped/inside.txt': `round ${n}`, 'swapped/deeper/too.txt': `round ${n}` });
  }
  await same();
});

test('T7: file and directory replace each other on either side, and on both at once', async ({
  left,
  right,
  ledger,
  same,
  apart,
}) => {
  plant(left, { file: 'a file', 'dir/with/content.txt': 'content', 'dir/more.txt': 'more' });
  await same();
  for (const root of [left, right]) {
    unlinkSync(join(root, 'file'));
    plant(root, { 'file/now/a directory.txt': `of ${root === left ? 'left' : 'right'}` });
    await same();
    rmSync(join(root, 'file'), { recursive: true });
    plant(root, { file: 'a file again' });
    await same();
  }
  await apart(() => {
    unlinkSync(join(left, 'file'));
    plant(left, { 'file/in left.txt': 'directory on the left' });
    writeFileSync(join(right, 'file'), 'edited on the right');
    rmSync(join(right, 'dir'), { recursive: true });
    plant(right, { dir: 'a file on the right' });
    writeFileSync(join(left, 'dir/more.txt'), 'edited on the left');
  });
  await same();
  assert.equal(read(left, 'file/in left.txt'), 'directory on the left');
  assert.equal(read(right, 'dir/more.txt'), 'edited on the left');
  ledger.forget('more'); // overwritten by one user, removed by the other
});

test('T8: what is edited in a directory that is renamed elsewhere is not lost', async ({
  left,
  right,
  same,
  apart,
  whileStopped,
}) => {
  for (const away of [apart, whileStopped]) {
    plantMany(left, 40);
    await same();
    await away(() => {
      renameSync(join(left, 'd000'), join(left, 'renamed'));
      for (let n = 0; n < 10; n++) writeFileSync(join(right, `d000/f${n}.txt`), `edited meanwhile ${n} ${away.name}`);
      plant(right, { 'd000/new.txt': `made meanwhile ${away.name}` });
    });
    await same();
    assert.equal(read(left, 'd000/new.txt') ?? read(left, 'renamed/new.txt'), `made meanwhile ${away.name}`);
    for (let n = 0; n < 10; n++)
      assert.equal(
        read(right, `d000/f${n}.txt`) ?? read(right, `renamed/f${n}.txt`),
        `edited meanwhile ${n} ${away.name}`,
      );
    for (let n = 10; n < 40; n++) assert.equal(read(right, `renamed/f${n}.txt`), `content of file ${n}\n`);
    for (const name of ['d000', 'renamed']) rmSync(join(left, name), { recursive: true, force: true });
    await same();
  }
});

test('T9: swaps, chains, replacements and moves of parent and child arrive as what they are', async ({
  left,
  right,
  same,
}) => {
  for (const [root, other] of [
    [left, right],
    [right, left],
  ] as const) {
    plant(root, { A: 'was A', B: 'was B', 'over/this': 'goes', 'over/that': 'stays', 'parent/child/leaf.txt': 'leaf' });
    for (let n = 1; n <= 5; n++) plant(root, { [`chain ${n}`]: `link ${n} of ${other.slice(-5)}` });
    await same();
    rename(root, ['A', 'swap'], ['B', 'A'], ['swap', 'B']);
    for (let n = 5; n >= 1; n--) rename(root, [`chain ${n}`, `chain ${n + 1}`]);
    rename(root, ['over/that', 'over/this'], ['parent/child', 'parent/infant'], ['parent', 'grown']);
    await same();
    assert.equal(read(other, 'A'), 'was B');
    assert.equal(read(other, 'B'), 'was A');
    assert.equal(read(other, 'over/this'), 'stays');
    assert.equal(read(other, 'grown/infant/leaf.txt'), 'leaf');
    assert.equal(exists(other, 'parent'), false);
    for (const name of ['over', 'grown']) rmSync(join(root, name), { recursive: true });
    await same();
  }
});

test('I1: T10: a file that is made in a directory which is deleted elsewhere survives, with its parents', async ({
  left,
  right,
  same,
  apart,
  whileStopped,
}) => {
  for (const [n, away] of [apart, whileStopped].entries()) {
    plant(left, {
      [`gone ${n}/deep/old.txt`]: 'old',
      [`gone ${n}/deep/er/old.txt`]: 'old',
      [`gone ${n}/aside/old.txt`]: 'old',
    });
    await same();
    await away(() => {
      rmSync(join(left, `gone ${n}`), { recursive: true });
      plant(right, { [`gone ${n}/deep/er/new.txt`]: 'new' });
    });
    await same();
    assert.deepEqual(namesBelow(join(left, `gone ${n}`)), ['deep', 'deep/er', 'deep/er/new.txt']);
  }
});

test('T5, T11: a directory that holds what is not synced outlives its deletion elsewhere, and is named', async ({
  left,
  right,
  hub,
  laptop,
  folder,
  same,
}) => {
  plant(left, { 'build/out/made.o': 'synced' });
  await same();
  execFileSync('mkfifo', [join(right, 'build/out/queue')]);
  rmSync(join(left, 'build'), { recursive: true });
  await inSync(folder, hub, laptop);
  assert.deepEqual(namesBelow(join(right, 'build')), ['out']);
  assert.ok((await folderOn(laptop, folder)).skipped.some((each) => each.path.startsWith('build')));
  rmSync(join(right, 'build'), { recursive: true });
  await same();
});

function rename(root: string, ...moves: readonly (readonly [string, string])[]): void {
  for (const [from, to] of moves) renameSync(join(root, from), join(root, to));
}

function namesBelow(root: string): string[] {
  return [...describeTree(root).keys()];
}
