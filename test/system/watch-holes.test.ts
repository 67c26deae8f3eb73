// The holes of watching with inotify through a recursive watcher library, one by one: for each, that nothing in it stays
// unseen, or that it is said aloud that scanning has to find it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MAX_RECENT_DIRECTORIES } from '../../daemon/system/watch-recent.ts';
import { covers } from '../simulation/simulated-watch.ts';
import { atEnd } from './at-end.ts';
import { waitFor } from './wait-for.ts';
import { watchedDirectory, type Watched } from './watched.ts';

const run = promisify(execFile);

/** Longer than the library collects events: what comes later belongs to another batch. */
const BATCH_MS = 600;

/** A tree with `width` directories on each of three levels, a file in each. */
function makeTree(at: string, width: number): string[] {
  const files: string[] = [];
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) {
      mkdirSync(join(at, `${i}`, `${j}`, 'deep'), { recursive: true });
      files.push(join(`${i}`, `${j}`, 'deep', 'file'));
      writeFileSync(join(at, `${i}`, `${j}`, 'deep', 'file'), 'first');
    }
  return files;
}

function outside(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'syncd-outside-'));
  atEnd(t, () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Each of these, changed now, is hinted at by its own path. */
async function eachIsSeen(watched: Watched, paths: readonly string[]): Promise<void> {
  await watched.subscription.settled();
  watched.forget();
  for (const path of paths) appendFileSync(watched.at(path), 'more');
  await watched.subscription.settled();
  const unseen = paths.filter((path) => !watched.hintsAt(path).some((hint) => hint.kind === 'path'));
  assert.deepEqual(unseen, []);
}

test('hole 1: a tree that is moved into the folder is hinted at as a tree, and later changes in it are seen', async (t) => {
  const watched = await watchedDirectory(t);
  const elsewhere = outside(t);
  const files = makeTree(elsewhere, 6);
  renameSync(elsewhere, watched.at('moved'));
  await watched.subscription.settled();
  assert.ok(watched.hints.some((hint) => hint.kind === 'tree' && hint.dir === 'moved'));
  await eachIsSeen(
    watched,
    files.map((file) => `moved/${file}`),
  );
});

test('hole 1: after a tree is renamed, and renamed back, changes in it are seen under its name', async (t) => {
  const watched = await watchedDirectory(t, (root) => makeTree(join(root, 'before'), 3));
  const files = ['0/0/deep/file', '2/1/deep/file'];
  renameSync(watched.at('before'), watched.at('after'));
  await watched.subscription.settled();
  await sleep(BATCH_MS);
  await eachIsSeen(
    watched,
    files.map((file) => `after/${file}`),
  );
  renameSync(watched.at('after'), watched.at('before'));
  await eachIsSeen(
    watched,
    files.map((file) => `before/${file}`),
  );
});

test('hole 1: a tree that takes the place of another in one step is followed', async (t) => {
  const watched = await watchedDirectory(t, (root) => makeTree(join(root, 'site'), 2));
  const elsewhere = outside(t);
  const files = makeTree(join(elsewhere, 'new'), 2);
  // A busy folder: both renames fall into one batch of the library, which then reports a change only.
  writeFileSync(watched.at('busy'), '1');
  await sleep(5);
  renameSync(watched.at('site'), join(elsewhere, 'old'));
  renameSync(join(elsewhere, 'new'), watched.at('site'));
  await eachIsSeen(
    watched,
    files.map((file) => `site/${file}`),
  );
});

test('hole 2: directories that are made at once, one in another, are seen down to the last', async (t) => {
  const watched = await watchedDirectory(t);
  const files: string[] = [];
  for (let i = 0; i < 30; i++) {
    const dir = `made${i}/a/b/c/d`;
    mkdirSync(watched.at(dir), { recursive: true });
    writeFileSync(watched.at(`${dir}/file`), 'first');
    files.push(`${dir}/file`);
  }
  await watched.subscription.settled();
  for (const file of files) assert.ok(watched.hintsAt(file).length > 0, file);
  await eachIsSeen(watched, files);
});

/** The watcher process of this test. */
function onlyChild(): Promise<number> {
  return waitFor('one child process', () => {
    const [pid, ...others] = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ');
    return others.length === 0 && Number(pid);
  });
}

test('hole 3: a burst that may have overflowed the queue ends with a look at everything, and watching goes on', async (t) => {
  const watched = await watchedDirectory(t, (root) => writeFileSync(join(root, 'ping'), ''));
  // Stopped, the watcher reads nothing: what is more than fits is lost, without doubt.
  const watcher = await onlyChild();
  process.kill(watcher, 'SIGSTOP');
  const events = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'));
  for (let i = 0; i <= events / 2; i++) {
    renameSync(watched.at('ping'), watched.at('pong'));
    renameSync(watched.at('pong'), watched.at('ping'));
  }
  mkdirSync(watched.at('lost'));
  process.kill(watcher, 'SIGCONT');
  await watched.subscription.settled();
  assert.ok(watched.has('everything'));
  watched.forget();
  // A new process watches: it begins with everything, too.
  await watched.watching();
  await watched.subscription.settled();
  watched.forget();
  writeFileSync(watched.at('lost/file'), '');
  await watched.told('lost/file');
});

test('hole 4: a move is told at its old and at its new path', async (t) => {
  const watched = await watchedDirectory(t, (root) => writeFileSync(join(root, 'old'), 'same'));
  renameSync(watched.at('old'), watched.at('new'));
  await watched.subscription.settled();
  assert.ok(watched.hintsAt('old').length > 0);
  assert.ok(watched.hintsAt('new').length > 0);
});

test('hole 5: a name that is not UTF-8 is told as the directory that holds it', async (t) => {
  const watched = await watchedDirectory(t, (root) => mkdirSync(join(root, 'dir')));
  writeFileSync(Buffer.concat([Buffer.from(`${watched.root}/dir/caf`), Buffer.of(0xe9)]), '');
  await watched.told('dir');
  writeFileSync(Buffer.concat([Buffer.from(`${watched.root}/caf`), Buffer.of(0xe9)]), '');
  await watched.told('anything in the root');
  assert.ok(watched.hints.some((hint) => hint.kind === 'tree' && hint.dir === ''));
});

test('hole 5: a name that holds U+FFFD by right is told by its path', async (t) => {
  const watched = await watchedDirectory(t);
  writeFileSync(watched.at('so\uFFFDcalled'), '');
  await watched.subscription.settled();
  assert.ok(watched.hints.some((hint) => hint.kind === 'path' && hint.path === 'so\uFFFDcalled'));
});

/** Runs the script beside this one in a user namespace of its own, where limits can be set. */
async function withLimits(script: string, ...args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(`./${script}`, import.meta.url));
  const { stdout } = await run('unshare', ['-Ur', process.execPath, path, ...args], { timeout: 60_000 });
  return stdout;
}

async function namespacesWork(): Promise<boolean> {
  try {
    await run('unshare', ['-Ur', 'true']);
    return true;
  } catch {
    return false;
  }
}

const limits = (await namespacesWork()) ? {} : { skip: 'user namespaces are not to be had here' };

test(
  'hole 6: without an inotify instance the daemon lives on, says so, and watches when there is one',
  limits,
  async () => {
    assert.equal(await withLimits('watch-limits.ts', 'instances'), 'degraded E_WATCH_INSTANCES, alive, watching\n');
  },
);

test('hole 7: watches that run out are noticed, and watching is whole again when there are more', limits, async () => {
  assert.equal(await withLimits('watch-limits.ts', 'watches'), 'degraded E_WATCH_LIMIT, alive, watching, all seen\n');
});

test('hole 8: a write through a hard link outside gives no hint, and a scan finds its directory as before', async (t) => {
  // Nothing can be done here but to know it: such files have more than one link, and are looked at more often.
  const watched = await watchedDirectory(t, (root) => writeFileSync(join(root, 'file'), ''));
  const link = join(outside(t), 'link');
  linkSync(watched.at('file'), link);
  await watched.subscription.settled();
  watched.forget();
  appendFileSync(link, 'unseen');
  await watched.subscription.settled();
  assert.deepEqual(watched.hintsAt('file'), []);
});

test('hole 9: a file that is replaced and removed within one batch is seen where somebody worked last', async (t) => {
  // The library leaves it out: for it, what was created and deleted was never there.
  assert.ok(MAX_RECENT_DIRECTORIES > 1);
  const watched = await watchedDirectory(t, (root) => {
    mkdirSync(join(root, 'dir'));
    writeFileSync(join(root, 'dir/file'), 'known to all');
  });
  writeFileSync(watched.at('busy'), '1');
  await sleep(5);
  writeFileSync(watched.at('dir/saving'), 'new');
  renameSync(watched.at('dir/saving'), watched.at('dir/file'));
  rmSync(watched.at('dir/file'));
  await watched.subscription.settled();
  assert.ok(watched.hintsAt('dir/file').length > 0);
});

test('hole 9: where nobody worked lately it is said at least that something has changed', async (t) => {
  const many = Array.from({ length: 300 }, (_, n) => `dir${n}`);
  const watched = await watchedDirectory(t, (root) => {
    for (const dir of many) {
      mkdirSync(join(root, dir));
      writeFileSync(join(root, dir, 'file'), 'known to all');
    }
  });
  const quiet = watched.activity;
  for (const dir of many) {
    writeFileSync(watched.at(`${dir}/saving`), 'new');
    renameSync(watched.at(`${dir}/saving`), watched.at(`${dir}/file`));
    rmSync(watched.at(`${dir}/file`));
  }
  await watched.subscription.settled();
  assert.ok(many.filter((dir) => watched.hintsAt(`${dir}/file`).length > 0).length < many.length, 'the hole is there');
  await waitFor('that something has changed', () => watched.activity > quiet);
});

test('a root that is taken away is told, and is watched again when it is back', async (t) => {
  const watched = await watchedDirectory(t);
  const aside = `${watched.root}.aside`;
  atEnd(t, () => rmSync(aside, { recursive: true, force: true }));
  renameSync(watched.root, aside);
  await watched.degraded('E_WATCH_FAILED');
  watched.forget();
  renameSync(aside, watched.root);
  await watched.watching();
  writeFileSync(watched.at('file'), '');
  await watched.told('file');
});

test('a root that is reached through a link is watched, and links inside are not followed', async (t) => {
  const elsewhere = outside(t);
  const watched = await watchedDirectory(t, (root) => {
    renameSync(root, join(elsewhere, 'real'));
    symlinkSync(join(elsewhere, 'real'), root);
  });
  writeFileSync(watched.at('file'), '');
  await watched.told('file');
  assert.ok(watched.hints.every((hint) => covers(hint, 'file') || hint.kind === 'path'));
});
