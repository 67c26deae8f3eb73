// What people and programs do to a tree while both daemons run, from either side.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair, type Pair } from './daemon.ts';
import { describeTree, exists, noise, plant, plantMany, read, setMtime } from './trees.ts';
import { waitFor } from './wait-for.ts';

/** Enough that no deletion of these tests is most of the folder. */
const fill = (root: string): void => plantMany(join(root, 'fill'), 60);

test('a change arrives by itself, from either side', async (t) => {
  const { left, right } = await startPair(t, { before: fill });

  plant(left, { 'notes/new.txt': 'one' });
  await waitFor('created on the left', () => read(right, 'notes/new.txt') === 'one');
  appendFileSync(join(right, 'notes/new.txt'), ' two');
  await waitFor('appended on the right', () => read(left, 'notes/new.txt') === 'one two');
  chmodSync(join(left, 'notes/new.txt'), 0o600);
  await waitFor('mode changed', () => describeTree(right).get('notes/new.txt')?.startsWith('file 600 '));
  setMtime(right, 'notes/new.txt', 1_600_000_000);
  await waitFor('time changed', () => describeTree(left).get('notes/new.txt')?.endsWith('mtime 1600000000000000 µs'));
  unlinkSync(join(left, 'notes/new.txt'));
  await waitFor('deleted', () => !exists(right, 'notes/new.txt'));
  rmdirSync(join(right, 'notes'));
  await waitFor('directory deleted', () => !exists(left, 'notes'));
});

test('a directory that is renamed into the folder goes on being watched, as deep as it is', async (t) => {
  const { left, right } = await startPair(t, { before: fill });
  const outside = join(left, '..', 'outside');
  plant(outside, { 'a/b/c/file.txt': 'first' });

  renameSync(outside, join(left, 'moved-in'));
  await waitFor('the tree arrives', () => read(right, 'moved-in/a/b/c/file.txt') === 'first');
  writeFileSync(join(left, 'moved-in/a/b/c/file.txt'), 'second');
  await waitFor('a later change inside', () => read(right, 'moved-in/a/b/c/file.txt') === 'second');
  renameSync(join(left, 'moved-in/a'), join(left, 'moved-in/z'));
  await waitFor('a rename inside', () => read(right, 'moved-in/z/b/c/file.txt') === 'second');
  writeFileSync(join(left, 'moved-in/z/b/c/more.txt'), 'third');
  await waitFor('a change under the new name', () => read(right, 'moved-in/z/b/c/more.txt') === 'third');
  mkdirSync(join(right, 'p/q/r/s'), { recursive: true });
  writeFileSync(join(right, 'p/q/r/s/t.txt'), 'deep');
  await waitFor('what was made in one go', () => read(left, 'p/q/r/s/t.txt') === 'deep');
});

test('a file, a directory and a link replace each other', async (t) => {
  const pair = await startPair(t, {
    before: (root) => {
      fill(root);
      plant(root, {
        'file-to-dir': 'f',
        'file-to-link': 'f',
        'dir-to-file/inside/x.txt': 'x',
        'dir-to-link/inside/x.txt': 'x',
        'link-to-file': { link: 'fill' },
        'link-to-dir': { link: 'fill' },
      });
    },
  });
  const { left } = pair;

  rmSync(join(left, 'file-to-dir'));
  plant(left, { 'file-to-dir/now/y.txt': 'y' });
  rmSync(join(left, 'file-to-link'));
  symlinkSync('fill', join(left, 'file-to-link'));
  rmSync(join(left, 'dir-to-file'), { recursive: true });
  writeFileSync(join(left, 'dir-to-file'), 'now a file');
  rmSync(join(left, 'dir-to-link'), { recursive: true });
  symlinkSync('fill', join(left, 'dir-to-link'));
  rmSync(join(left, 'link-to-file'));
  writeFileSync(join(left, 'link-to-file'), 'now a file');
  rmSync(join(left, 'link-to-dir'));
  plant(left, { 'link-to-dir/now/z.txt': 'z' });
  await pair.same();

  const right = describeTree(pair.right);
  assert.match(right.get('file-to-dir/now/y.txt') ?? '', /^file/);
  assert.match(right.get('dir-to-file') ?? '', /^file/);
  assert.match(right.get('dir-to-link') ?? '', /^link/);
  assert.match(right.get('link-to-dir') ?? '', /^dir/);
});

test('T7: a file in the place of a directory is held with the deletions that it means, and arrives after approve', async (t) => {
  const pair = await startPair(t, {
    before: (root) => {
      plantMany(root, 100); // one directory, and most of all there is
      plant(root, { 'beside.txt': 'beside' });
    },
  });
  const { hub, left, right } = pair;

  rmSync(join(left, 'd000'), { recursive: true });
  writeFileSync(join(left, 'd000'), 'now a file');
  await waitFor('it is held', async () => (await hub.folder('docs')).state === 'held');
  writeFileSync(join(left, 'beside.txt'), 'goes on');
  await waitFor('the rest goes on', () => read(right, 'beside.txt') === 'goes on');
  assert.equal(read(right, 'd000/f7.txt'), 'content of file 7\n');

  await hub.ok('approve', 'docs', '--yes');
  await pair.same();
  assert.equal(read(right, 'd000'), 'now a file');
});

test('a rename is a rename: of a file and of a full directory, without sending the contents again', async (t) => {
  const pair = await startPair(t, {
    before: (root) => {
      fill(root);
      for (let n = 0; n < 10; n++) plant(root, { [`album/picture ${n}.bin`]: noise(200_000, n + 1) });
      plant(root, { 'album/sub/deep.txt': 'deep', 'single.bin': noise(300_000, 99) });
    },
  });
  const { laptop, left, right } = pair;
  const before = await laptop.traffic();

  renameSync(join(left, 'album'), join(left, 'gallery'));
  renameSync(join(left, 'single.bin'), join(left, 'gallery/sub/single, moved.bin'));
  await pair.same();

  assert.equal(exists(right, 'album'), false);
  assert.equal(read(right, 'gallery/sub/deep.txt'), 'deep');
  const moved = (await laptop.traffic()).received - before.received;
  assert.ok(moved < 500_000, `${moved} bytes were received for a rename of 2.3 MB`);

  renameSync(join(right, 'gallery/picture 1.bin'), join(right, 'swap'));
  renameSync(join(right, 'gallery/picture 2.bin'), join(right, 'gallery/picture 1.bin'));
  renameSync(join(right, 'swap'), join(right, 'gallery/picture 2.bin'));
  await pair.same();
});

test('T16: editors save in their various ways, and no state in between is taken for the last', async (t) => {
  const pair = await startPair(t, {
    before: (root) => {
      fill(root);
      plant(root, { 'essay.txt': 'draft 0' });
    },
  });
  const essay = join(pair.left, 'essay.txt');
  const ways: ((content: string) => void)[] = [
    (content) => writeFileSync(essay, content), // truncates, then writes
    (content) => {
      writeFileSync(`${essay}.tmp`, content);
      renameSync(`${essay}.tmp`, essay);
    },
    (content) => {
      renameSync(essay, `${essay}~`);
      writeFileSync(essay, content);
      unlinkSync(`${essay}~`);
    },
    (content) => {
      linkSync(essay, `${essay}.bak`);
      unlinkSync(essay);
      writeFileSync(essay, content);
      unlinkSync(`${essay}.bak`);
    },
  ];

  for (const [n, save] of ways.entries()) {
    save(`draft ${n + 1}`);
    await pair.same();
    assert.equal(read(pair.right, 'essay.txt'), `draft ${n + 1}`);
  }

  assert.equal((await pair.hub.folder('docs')).conflicts, 0);
  assert.equal((await pair.laptop.folder('docs')).conflicts, 0);
});

test('the same content written again sends none of its bytes', async (t) => {
  const pair = await startPair(t, {
    before: (root) => plant(root, { 'big.bin': noise(2_000_000, 7), 'other.txt': 'o' }),
  });
  const before = await pair.laptop.traffic();

  copyFileSync(join(pair.left, 'big.bin'), join(pair.left, '..', 'copy'));
  copyFileSync(join(pair.left, '..', 'copy'), join(pair.left, 'big.bin'));
  await pair.same();

  const moved = (await pair.laptop.traffic()).received - before.received;
  assert.ok(moved < 100_000, `${moved} bytes were received for unchanged content`);
});

test('T17: a git repository inside the folder is whole on both sides, through commits and branch switches', async (t) => {
  const pair = await startPair(t, { before: fill });
  const repository = join(pair.left, 'repository');
  mkdirSync(repository);
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], { cwd, encoding: 'utf8' });

  git(repository, 'init', '-q', '-b', 'main');
  plantMany(repository, 150);
  git(repository, 'add', '.');
  git(repository, 'commit', '-q', '-m', 'first');
  git(repository, 'switch', '-q', '-c', 'other');
  for (let n = 0; n < 100; n += 2) writeFileSync(join(repository, `d000/f${n}.txt`), `other ${n}`);
  git(repository, 'add', '.');
  git(repository, 'commit', '-q', '-m', 'second');
  git(repository, 'switch', '-q', 'main');
  await pair.same();
  const copy = join(pair.right, 'repository');
  git(copy, 'switch', '-q', 'other');
  await pair.same();

  for (const each of [repository, copy]) {
    // Without its optional locks: else each status writes an index of its own, and two of them are a conflict.
    assert.equal(git(each, '--no-optional-locks', 'status', '--porcelain'), '');
    git(each, 'fsck', '--strict');
  }
  assert.equal(await conflicts(pair), 0);
});

test('both sides change many things at once, and end equal', async (t) => {
  const pair = await startPair(t, { before: (root) => plantMany(root, 300) });

  for (let n = 0; n < 100; n++) {
    writeFileSync(join(pair.left, `d000/f${n}.txt`), `left ${n}`);
    writeFileSync(join(pair.right, `d001/f${n + 100}.txt`), `right ${n}`);
    if (n % 4 === 0) unlinkSync(join(pair.left, `d002/f${n + 200}.txt`));
    if (n % 4 === 1) renameSync(join(pair.right, `d002/f${n + 200}.txt`), join(pair.right, `moved ${n}.txt`));
    plant(pair.left, { [`new/left/${n % 10}/${n}.txt`]: `new ${n}` });
    plant(pair.right, { [`new/right/${n % 10}/${n}.txt`]: `new ${n}` });
  }
  await pair.same();

  assert.equal(await conflicts(pair), 0);
  assert.equal(read(pair.right, 'd000/f99.txt'), 'left 99');
  assert.equal(read(pair.left, 'd001/f199.txt'), 'right 99');
});

async function conflicts(pair: Pair): Promise<number> {
  return (await pair.hub.folder('docs')).conflicts + (await pair.laptop.folder('docs')).conflicts;
}
