// Profiles on running devices: named when a folder is added, changed in the configuration, taken away, over a restart.
import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, settle, startDaemon, startPair, temporaryDirectory } from './daemon.ts';
import { describeTree, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const LOOSE = 'profiles: { loose: { permissions: false, rescan: 7m } }\n';
const STRICT = 'profiles: { loose: { rescan: 8m } }\n';

async function effective(daemon: Daemon, folder: string): Promise<Record<string, unknown>> {
  const config = (await daemon.json('config', 'show')) as { folders: Record<string, Record<string, unknown>> };
  const found = config.folders[folder];
  assert.ok(found);
  return found;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a folder takes settings from its profile, which changes while it runs and lasts over a restart', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    config: LOOSE,
    before: (root) => plant(root, { 'run.sh': '#!/bin/sh\n' }),
  });
  await laptop.ok('edit-folder', 'docs', '--set', 'profile=loose');
  assert.equal((await effective(laptop, 'docs'))['permissions'], false);
  const before = modeOf(join(right, 'run.sh'));

  chmodSync(join(left, 'run.sh'), 0o755);
  writeFileSync(join(left, 'sentinel'), 'later');
  await laptop.ok('wait', 'docs');
  assert.equal(modeOf(join(right, 'run.sh')), before, 'mode bits are not synced');

  laptop.configure(STRICT);
  await laptop.ok('reload');
  const { permissions, rescan, profile } = await effective(laptop, 'docs');
  assert.deepEqual({ permissions, rescan, profile }, { permissions: true, rescan: '8m', profile: 'loose' });
  chmodSync(join(left, 'run.sh'), 0o700);
  await waitFor('mode bits are synced again', () => modeOf(join(right, 'run.sh')) === 0o700);

  await laptop.restart();
  assert.equal((await effective(laptop, 'docs'))['rescan'], '8m');
  await laptop.ok('edit-folder', 'docs', '--set', 'profile=');
  assert.equal((await effective(laptop, 'docs'))['rescan'], '10m');
  await same();
  assert.equal((await hub.folder('docs')).state, 'idle');
});

test('add-folder takes a profile, and one that does not exist adds nothing', async (t) => {
  const { hub } = await startPair(t, { config: LOOSE });
  const place = temporaryDirectory(t);

  const wrong = await hub.ctl('add-folder', 'more', join(place, 'more'), '--profile', 'losse');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /E_CONFIG: folders\.more\.profile: unknown profile losse; did you mean loose\?/);
  assert.deepEqual(
    (await hub.status()).folders.map(({ name }) => name),
    ['docs'],
  );

  await hub.ok('add-folder', 'more', join(place, 'more'), '--profile', 'loose', '--set', 'rescan=1m');
  const { permissions, rescan, profile } = await effective(hub, 'more');
  assert.deepEqual({ permissions, rescan, profile }, { permissions: false, rescan: '1m', profile: 'loose' });
  const listed = (await hub.json('folders')) as { name: string; profile: string | null }[];
  assert.deepEqual(
    listed.map((one) => [one.name, one.profile]),
    [
      ['docs', null],
      ['more', 'loose'],
    ],
  );

  hub.configure('');
  const refused = await hub.ctl('reload');
  assert.match(refused.stderr, /unknown profile loose; expected one of text, code, documents, mirror/);
  assert.equal((await effective(hub, 'more'))['rescan'], '1m', 'the running configuration stays');
});

test('I9: a mirror has what the other has, whatever is done to it: edits and deletions on both sides, over a restart', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(left, { 'a.txt': 'a', 'b.txt': 'b', 'dir/c.txt': 'c', 'dir/d.txt': 'd' });
  plant(right, { 'a.txt': 'of an earlier copy', 'own.txt': 'never anybody’s' });
  const [source, mirror] = await Promise.all([startDaemon(t, { name: 'source' }), startDaemon(t, { name: 'mirror' })]);
  await source.ok('add-folder', 'docs', left);
  await mirror.ok('add-folder', 'docs', right, '--profile', 'mirror');
  const { mode, rescan } = await effective(mirror, 'docs');
  assert.deepEqual({ mode, rescan }, { mode: 'receive-only', rescan: '1h' });
  await mirror.ok('join', (await source.ok('invite', 'docs')).trim());
  /** The mirror has what the source has, and beside it only what is named. */
  const mirrors = async (...own: readonly string[]): Promise<void> => {
    await settle('docs', source, mirror);
    const named = async (): Promise<string[]> =>
      (await mirror.folder('docs')).skipped.filter(({ code }) => code === 'E_ROLE').map(({ path }) => path);
    await waitFor(`${own.join()} is named`, async () => (await named()).toSorted().join() === own.toSorted().join());
    const [here, there] = [describeTree(left), describeTree(right)];
    for (const path of own) {
      assert.ok(there.delete(path), path);
      assert.ok(!here.has(path), path);
    }
    assert.deepEqual(there, here);
  };
  await mirrors('own.txt');
  assert.equal(read(left, 'a.txt'), 'a', 'what a mirror had before wins against nobody');

  writeFileSync(join(right, 'a.txt'), 'edited on the mirror');
  rmSync(join(right, 'dir'), { recursive: true });
  renameSync(join(right, 'b.txt'), join(right, 'moved.txt'));
  writeFileSync(join(left, 'new.txt'), 'made on the source');
  await waitFor(
    'all is undone',
    () => read(right, 'a.txt') === 'a' && exists(right, 'dir/d.txt') && exists(right, 'b.txt'),
  );
  await mirrors('own.txt');

  await mirror.stop();
  writeFileSync(join(right, 'dir/c.txt'), 'edited on the mirror while it was stopped');
  unlinkSync(join(right, 'new.txt'));
  writeFileSync(join(right, 'made.txt'), 'made while it was stopped');
  writeFileSync(join(left, 'dir/c.txt'), 'edited on the source');
  unlinkSync(join(left, 'b.txt'));
  await mirror.start();
  await waitFor('what was deleted is gone', () => !exists(right, 'b.txt') && exists(right, 'new.txt'));
  await mirrors('made.txt', 'own.txt');
  assert.equal(read(right, 'dir/c.txt'), 'edited on the source');
  const contents = (await mirror.json('history', 'docs', 'dir/c.txt')) as { version: string | null }[];
  assert.ok(
    contents.some(({ version }) => version !== null),
    'what was written on the mirror is kept',
  );

  // What is in its place now goes to the versions.
  writeFileSync(join(left, 'own.txt'), 'of the source');
  await waitFor('the source’s is there', () => read(right, 'own.txt') === 'of the source');
  await mirrors('made.txt');
  await mirror.ok('edit-folder', 'docs', '--set', 'profile=');
  await waitFor('it is a mirror no more', () => read(left, 'made.txt') === 'made while it was stopped');
  await mirrors();
});
