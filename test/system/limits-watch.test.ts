// Daemons with too little inotify: too few watches, or no instance at all. Changes are found by scanning meanwhile, it is said
// with the name of the setting, and is over without a restart when there is more.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pair, settle, startDaemon, temporaryDirectory, type Daemon, type Pair } from './daemon.ts';
import { assertSameTrees, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

type Limit = 'max_inotify_instances' | 'max_inotify_watches';

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
