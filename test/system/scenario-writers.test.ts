// Programs that write in their own ways while the folder is synced: mappings, old times, editors, git, npm, SQLite, tar.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { atEnd } from './at-end.ts';
import { writeMapped } from './mapped-writer.ts';
import { rounds } from './rounds.ts';
import { scenarios } from './scenario.ts';
import { compareTrees, countFiles, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const test = scenarios();

test('T13: what is written through a mapping arrives', async ({ left, right, same }) => {
  plant(left, { 'mapped.db': 'a page of the database' });
  await same();
  for (let n = 0; n < rounds(3); n++) {
    await sleep(20); // a time of its own, also where the clock of the file system is coarse
    writeMapped(join(left, 'mapped.db'), `A page ${n}`);
    await waitFor('it is found', () => read(right, 'mapped.db')?.startsWith(`A page ${n}`));
  }
});

test('T14, T15: what is put there with an old time, or with the time and size of before, is an edit', async ({
  t,
  left,
  right,
  same,
}) => {
  const aside = temporaryPlace(t);
  plant(aside, { 'usual 0/0.txt': 'an old copy', 'usual 1/1.txt': 'from the archive', 'usual 2/2.txt': 'touched' });
  const longAgo = 1_000_000_000;
  for (const path of ['usual 0/0.txt', 'usual 1/1.txt']) utimesSync(join(aside, path), longAgo, longAgo);
  execFileSync('cp', ['-p', join(aside, 'usual 0/0.txt'), join(left, 'usual 0/0.txt')]);
  execFileSync('tar', ['-cf', join(aside, 'a.tar'), '-C', aside, 'usual 1/1.txt']);
  execFileSync('tar', ['-xf', join(aside, 'a.tar'), '-C', right]);
  execFileSync('touch', ['-d', '2001-01-01T00:00:00Z', join(left, 'usual 2/2.txt')]);
  await same();
  assert.equal(read(right, 'usual 0/0.txt'), 'an old copy');
  assert.equal(read(left, 'usual 1/1.txt'), 'from the archive');
  assert.equal(statSync(join(right, 'usual 1/1.txt')).mtimeMs, longAgo * 1000);
  assert.equal(statSync(join(right, 'usual 2/2.txt')).mtime.toISOString(), '2001-01-01T00:00:00.000Z');

  const twin = join(left, 'usual 3/3.txt');
  const times = join(aside, 'times');
  execFileSync('cp', ['-p', twin, times]);
  writeFileSync(twin, 'SMALL FILE 3\n');
  execFileSync('touch', ['-r', times, twin]);
  await same();
  assert.equal(read(right, 'usual 3/3.txt'), 'SMALL FILE 3\n');
});

test('S02: files that editors empty and write a while later arrive written; where one was killed, the content is kept', async ({
  left,
  right,
  same,
}) => {
  const open = new Map<string, number>();
  for (let n = 0; n < 50; n++)
    open.set(`usual ${n % 7}/${n}.txt`, openSync(join(left, `usual ${n % 7}/${n}.txt`), 'w'));
  await sleep(3_000);
  for (const [n, [path, file]] of [...open].entries()) {
    if (n >= 10) writeSync(file, `saved: ${path}`);
    closeSync(file);
  }
  await same();
  for (const [n, path] of [...open.keys()].entries()) assert.equal(read(right, path), n >= 10 ? `saved: ${path}` : '');
});

test('T17: a git repository goes through switches, rebase and gc, and is whole on both sides', async ({
  t,
  left,
  right,
  same,
}) => {
  const origin = join(temporaryPlace(t), 'origin');
  plantMany(origin, 150);
  git(origin, 'init', '-q', '-b', 'main');
  for (const branch of ['main', 'one', 'two']) {
    if (branch !== 'main') git(origin, 'checkout', '-q', '-b', branch, 'main');
    for (let n = 0; n < 60; n++) writeFileSync(join(origin, `d000/f${n}.txt`), `${branch} ${n}\n`);
    git(origin, 'add', '-A');
    git(origin, 'commit', '-q', '-m', branch);
  }
  git(left, 'clone', '-q', origin, 'work');
  const work = join(left, 'work');
  for (const branch of ['one', 'two', 'main']) git(work, 'checkout', '-q', branch);
  plant(work, { 'd001/own.txt': 'on top of main' });
  git(work, 'add', '-A');
  git(work, 'commit', '-q', '-m', 'own');
  for (let n = 0; n < rounds(8); n++) {
    git(work, 'checkout', '-q', ['one', 'two', 'main'][n % 3] ?? 'main');
    await sleep(50);
  }
  git(work, 'checkout', '-q', 'two');
  git(work, 'rebase', '-q', '-X', 'theirs', 'main');
  git(work, 'gc', '-q');
  await same();
  for (const root of [left, right]) {
    git(join(root, 'work'), 'fsck', '--strict');
    assert.equal(git(join(root, 'work'), 'status', '--porcelain'), '');
  }
});

test('T18: packages that are installed and removed again and again end equal', async ({
  t,
  laptop,
  hub,
  folder,
  left,
  right,
  same,
}) => {
  for (const device of [hub, laptop]) await device.ok('edit-folder', folder, '--set', 'max_delete=100%');
  const aside = temporaryPlace(t);
  const dependencies: Record<string, string> = {};
  for (const name of ['alpha', 'beta']) {
    plantMany(join(aside, name), 60);
    writeFileSync(join(aside, name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
    npm(aside, 'pack', '--silent', `./${name}`);
    dependencies[name] = `file:${join(aside, `${name}-1.0.0.tgz`)}`;
  }
  const project = join(left, 'project');
  plant(project, { 'package.json': JSON.stringify({ name: 'project', version: '1.0.0', dependencies }) });
  npm(project, 'install', '--package-lock-only');
  for (let n = 0; n < rounds(2); n++) {
    npm(project, 'ci');
    await sleep(200);
    rmSync(join(project, 'node_modules'), { recursive: true });
  }
  npm(project, 'ci');
  await same();
  assert.equal(countFiles(join(right, 'project/node_modules/beta')), 61);
  rmSync(join(project, 'node_modules'), { recursive: true });
  await same();
});

test('T19: a SQLite database that is written without pause is whole on both sides when it rests', async ({
  t,
  left,
  right,
  same,
}) => {
  const db = new Database(join(left, 'app.db'));
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE log (n INTEGER PRIMARY KEY, text TEXT)');
  const insert = db.prepare('INSERT INTO log (text) VALUES (?)');
  for (const until = performance.now() + rounds(3) * 1_000; performance.now() < until; await sleep(5))
    for (let n = 0; n < 20; n++) insert.run(`written at ${performance.now()} `.repeat(10));
  const count = db.prepare('SELECT count(*) AS n FROM log').get();
  // Its shared memory is no content: it is made anew from the log, and what is stored through a mapping shows late.
  await waitFor('the files of the open database are the same', () =>
    compareTrees(left, right).every((line) => line.includes('app.db-shm')),
  );
  const copy = join(temporaryPlace(t), 'app.db');
  for (const suffix of ['', '-wal']) copyFileSync(join(right, `app.db${suffix}`), copy + suffix);
  assert.deepEqual(intact(copy), count, 'as a crash at this moment would leave it');
  db.close();
  await same();
  assert.equal(existsSync(join(right, 'app.db-wal')), false);
  copyFileSync(join(right, 'app.db'), `${copy}.closed`);
  assert.deepEqual(intact(`${copy}.closed`), count);
});

test('T20: a large archive that is unpacked, and removed before it is done, ends equal', async ({
  t,
  hub,
  laptop,
  folder,
  left,
  right,
  same,
}) => {
  for (const device of [hub, laptop]) await device.ok('edit-folder', folder, '--set', 'max_delete=100%');
  const aside = temporaryPlace(t);
  const count = rounds(1_500);
  plantMany(join(aside, 'linux'), count);
  execFileSync('tar', ['-cf', join(aside, 'linux.tar'), '-C', aside, 'linux']);
  for (const whole of [false, true]) {
    const tar = spawn('tar', ['-xf', join(aside, 'linux.tar'), '-C', left], { stdio: 'ignore' });
    const ended = new Promise((resolve) => tar.once('exit', resolve));
    await waitFor('some of it is there', () => countFiles(left) > 250);
    if (!whole) {
      tar.kill();
      await ended;
      rmSync(join(left, 'linux'), { recursive: true });
    }
    await ended;
  }
  await same();
  assert.equal(readdirSync(join(right, 'linux')).length, Math.ceil(count / 100));
});

function temporaryPlace(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  atEnd(t, () => rmSync(place, { recursive: true, force: true, maxRetries: 3 }));
  return place;
}

function git(directory: string, ...args: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  const named = ['-c', 'user.name=tester', '-c', 'user.email=tester@example.org', '-c', 'gc.auto=0', ...args];
  return execFileSync('git', named, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function npm(directory: string, ...args: readonly string[]): void {
  const quiet = ['--offline', '--no-audit', '--no-fund', '--cache', join(directory, '..', '.npm')];
  execFileSync('npm', [...args, ...quiet], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What the database has, if SQLite finds no fault in it. */
function intact(file: string): unknown {
  const db = new Database(file);
  try {
    assert.deepEqual(db.pragma('integrity_check'), [{ integrity_check: 'ok' }]);
    return db.prepare('SELECT count(*) AS n FROM log').get();
  } finally {
    db.close();
  }
}
