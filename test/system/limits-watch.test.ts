// Daemons with too little inotify: too few watches, no instance at all, a queue that overflows. All of it is found by scanning
// meanwhile, it is said with the name of the setting, and is over without a restart when there is more.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { pair, settle, startDaemon, temporaryDirectory, type Daemon, type Pair } from './daemon.ts';
import { rounds } from './rounds.ts';
import { assertSameTrees, describeTree, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

type Limit = 'max_inotify_instances' | 'max_inotify_watches';
const QUEUE = '/proc/sys/fs/inotify/max_queued_events';

/** Why a program cannot be given fewer watches; false when it can. */
function withoutLimits(): string | false {
  try {
    execFileSync('unshare', ['-Ur', 'sh', '-c', 'echo 100 > /proc/sys/user/max_inotify_watches'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no user namespace can be made here';
  }
}

function limitedTo(limit: Limit, value: number): string[] {
  return ['unshare', '-Ur', 'sh', '-c', `echo ${value} > /proc/sys/user/${limit}; exec "$@"`, 'sh'];
}

/** What its owner does with sysctl, within the limits that the daemon sees. */
function raise(daemon: Daemon, limit: Limit, value: number): void {
  const set = `echo ${value} > /proc/sys/user/${limit}`;
  execFileSync('nsenter', ['-U', '--preserve-credentials', '-t', `${daemon.pid}`, 'sh', '-c', set]);
}

async function startLimited(t: TestContext, under: readonly string[], config: string): Promise<Pair> {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(right);
  plantMany(left, 20);
  const hub = await startDaemon(t, { name: 'hub', config });
  const laptop = await startDaemon(t, { name: 'laptop', config, under });
  await pair(hub, laptop, 'docs', [left, right]);
  const same = async (): Promise<void> => {
    await settle('docs', hub, laptop);
    assertSameTrees(left, right);
  };
  await same();
  return { hub, laptop, left, right, same };
}

async function degraded(daemon: Daemon, code: string): Promise<void> {
  const error = await waitFor(`degraded with ${code}`, async () => (await daemon.folder('docs')).error ?? undefined);
  assert.equal(error.code, code);
  assert.match(error.hint, /sysctl fs\.inotify\.max_user_/);
  assert.equal((await daemon.status()).daemon.health, 'degraded');
}

test('S24 T24 I6 I11: with 1,000 watches for more directories nothing stays unseen, and it is over when there are more', async (t) => {
  const skip = withoutLimits();
  if (skip !== false) return t.skip(skip);
  const { laptop, left, right, same } = await startLimited(
    t,
    limitedTo('max_inotify_watches', 1_000),
    'defaults: { rescan: 5s }\n',
  );
  const files = Array.from({ length: 1_100 }, (_, n) => `many/${n % 40}/${n}/file.txt`);
  for (const file of files) plant(right, { [file]: 'first' });
  await degraded(laptop, 'E_WATCH_LIMIT');
  await same();
  for (const file of files) writeFileSync(join(right, file), 'second');
  const seen = (): boolean => files.every((file) => read(left, file) === 'second');
  await waitFor('later changes in all of them arrive by scanning', seen);
  plant(left, { 'sentinel.txt': 'I arrive' });
  await waitFor('and what comes from elsewhere', () => read(right, 'sentinel.txt') === 'I arrive');

  raise(laptop, 'max_inotify_watches', 100_000);
  await laptop.ok('reload');
  await waitFor('it is over', async () => (await laptop.folder('docs')).error === null);
  assert.equal((await laptop.status()).daemon.health, 'ok');
  await same();
});

test('S25 T24 I6 I11: without any inotify instance the daemon answers, syncs by scanning, and ends as it should', async (t) => {
  const skip = withoutLimits();
  if (skip !== false) return t.skip(skip);
  const { laptop, left, right, same } = await startLimited(
    t,
    limitedTo('max_inotify_instances', 0),
    'defaults: { rescan: 5s }\n',
  );
  await degraded(laptop, 'E_WATCH_INSTANCES');
  plant(right, { 'found by scanning.txt': 'here' });
  plant(left, { 'from elsewhere.txt': 'there' });
  await waitFor('it arrives', () => read(left, 'found by scanning.txt') === 'here');
  await same();
  assert.equal(await laptop.stop(), 0);

  await laptop.start();
  await degraded(laptop, 'E_WATCH_INSTANCES');
  raise(laptop, 'max_inotify_instances', 100);
  await laptop.ok('reload');
  await waitFor('it is over', async () => (await laptop.folder('docs')).error === null);
  plant(right, { 'found at once.txt': 'here' });
  await waitFor('it arrives', () => read(left, 'found at once.txt') === 'here');
});

test('S49 T24 I6: hundreds of thousands of events in a burst: equal, and watched as before', async (t) => {
  // What is seen in one directory now and in the other then would be held as deleted.
  const { laptop, left, right, same } = await startLimited(t, [], 'defaults: { max_delete: 100% }\n');
  const events = rounds(200_000);
  pingPong(right, 2_000, events);
  await same();
  plant(right, { 'sentinel.txt': 'I arrive' });
  const sentMs = performance.now();
  await waitFor('a change is seen at once', () => read(left, 'sentinel.txt') === 'I arrive');
  t.diagnostic(`${events} events; the next change came after ${Math.round(performance.now() - sentMs)} ms`);
  assert.equal((await laptop.folder('docs')).error, null);
  assert.equal(describeTree(left).size, describeTree(right).size);
});

test('T24 I6: with a queue of 16 events nothing that overflows it stays unseen', async (t) => {
  const before = readFileSync(QUEUE, 'utf8').trim();
  const set = (value: string): void => writeFileSync(QUEUE, value);
  try {
    set(before);
  } catch {
    return t.skip('only root may set fs.inotify.max_queued_events');
  }
  atEnd(t, () => set(before));
  set('16');
  // Instances that are made from now on have the queue of now.
  const { laptop, left, right, same } = await startLimited(t, [], 'defaults: { max_delete: 100% }\n');
  await waitFor('it watches', async () => (await laptop.folder('docs')).error === null);
  set(before);
  const files = Array.from({ length: 400 }, (_, n) => `burst/${n % 20}/${n}.txt`);
  for (const file of files) plant(right, { [file]: 'first' });
  await waitFor('all of it arrives', () => files.every((file) => read(left, file) === 'first'));
  for (const file of files) writeFileSync(join(right, file), 'second');
  await waitFor('and all that is written over it', () => files.every((file) => read(left, file) === 'second'));
  pingPong(right, 200, 4_000);
  await same();
});

/** `count` files are renamed to and fro; each rename is two events. */
function pingPong(root: string, count: number, events: number): void {
  const [here, there] = [join(root, 'ping'), join(root, 'pong')];
  mkdirSync(here);
  mkdirSync(there);
  for (let n = 0; n < count; n++) writeFileSync(join(here, `${n}`), `${n}`);
  for (let done = 0; done < events; done += count * 2) {
    const [from, to] = (done / (count * 2)) % 2 === 0 ? [here, there] : [there, here];
    for (let n = 0; n < count; n++) renameSync(join(from, `${n}`), join(to, `${n}`));
  }
}
