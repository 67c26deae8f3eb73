// Keys of a folder on two running devices: set to a wrong value, changed while it runs, and kept over a restart. Those that
// have a test of their own are not here.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, settle, startPair } from './daemon.ts';
import { countFiles, exists, moveIn, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const set = (daemon: Daemon, ...settings: readonly string[]): Promise<string> =>
  daemon.ok('edit-folder', 'docs', ...settings.flatMap((one) => ['--set', one]));

/** Refused in words, and what ran goes on. */
async function refuses(daemon: Daemon, setting: string, message: RegExp): Promise<void> {
  const before = await daemon.json('config', 'show');
  const refused = await daemon.ctl('edit-folder', 'docs', '--set', setting);
  assert.equal(refused.code, 2, `${setting}: ${refused.stderr}`);
  assert.match(refused.stderr, message);
  assert.deepEqual(await daemon.json('config', 'show'), before, setting);
}

test('permissions and watch: wrong, at run time, over a restart, and back', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'run.sh': '#!/bin/sh\n', 'other.sh': '#!/bin/sh\n' }),
  });
  const modeOf = (root: string, name: string): number => statSync(join(root, name)).mode & 0o777;
  await refuses(laptop, 'permissions=maybe', /docs\.permissions: found "?maybe"?; expected true or false/);
  await refuses(laptop, 'watch=sometimes', /docs\.watch: found "?sometimes"?; expected .*auto.*inotify.*poll/);

  await set(laptop, 'permissions=false');
  const before = modeOf(right, 'run.sh');
  chmodSync(join(left, 'run.sh'), 0o755);
  chmodSync(join(right, 'other.sh'), 0o700);
  await settle('docs', hub, laptop);
  await laptop.restart();
  writeFileSync(join(left, 'run.sh'), '#!/bin/sh\ntrue\n');
  await waitFor('the content arrives', () => read(right, 'run.sh')?.includes('true'));
  await settle('docs', hub, laptop);
  assert.equal(modeOf(right, 'run.sh'), before, 'its mode stays as it is here');
  assert.notEqual(modeOf(left, 'other.sh'), 0o700, 'and nobody is told of ours');

  await set(laptop, 'permissions=true');
  await waitFor('the modes of the folder hold here too', () => modeOf(right, 'run.sh') === 0o755);
  await same();
  assert.equal(modeOf(left, 'run.sh'), 0o755);

  await set(laptop, 'watch=poll', 'rescan=5s');
  await laptop.restart();
  writeFileSync(join(right, 'polled'), 'p');
  await waitFor('a scan finds it', () => exists(left, 'polled'));
  await set(laptop, 'watch=inotify', 'rescan=');
  writeFileSync(join(right, 'watched'), 'w');
  await waitFor('a hint tells of it', () => exists(left, 'watched'), 30_000);
  await same();
});

test('authority, names, max_delete, owner and filters: wrong, at run time, over a restart, and back', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 30) });
  const authorityOn = async (daemon: Daemon): Promise<string | undefined> =>
    ((await daemon.json('folders')) as { authority: string }[])[0]?.authority;
  for (const [setting, message] of [
    ['authority=nobody', /docs\.authority: .*nobody/],
    ['names={nobody: docs}', /docs\.names.*nobody/],
    ['names={hub: a/b}', /docs\.names\.hub: found "?a\/b"?; expected/],
    ['max_delete=0.5', /docs\.max_delete: found "?0\.5"?; expected a share/],
    ['owner=me', /docs\.owner: found "?me"?; expected/],
    ['only=notes.md', /docs\.only: found .*; expected a list/],
    ['bandwith=1', /docs\.bandwith: unknown key; did you mean bandwidth\?/],
  ] as const)
    await refuses(laptop, setting, message);

  const { id } = (await laptop.status()).daemon;
  assert.equal(await authorityOn(hub), (await hub.status()).daemon.id);
  await set(hub, `authority=${id}`);
  await waitFor('the laptop is the authority on both', async () =>
    (await Promise.all([hub, laptop].map(authorityOn))).every((one) => one === id),
  );
  await Promise.all([hub.restart(), laptop.restart()]);
  assert.deepEqual(await Promise.all([hub, laptop].map(authorityOn)), [id, id]);

  await set(laptop, 'names={hub: elsewhere}');
  plant(left, { 'later.txt': 'later' });
  await waitFor('the hub knows no such folder', async () => (await laptop.folder('docs')).peers[0]?.in_sync === false);
  assert.ok(!exists(right, 'later.txt'));
  await set(laptop, 'names=');
  await same();

  await set(laptop, 'only=["*.md", "*.txt"]', 'max_size=1kB', 'content=text');
  await laptop.restart();
  moveIn(left, { 'a.md': 'a', 'a.js': 'a', 'large.md': 'x'.repeat(2000), 'b.md': Buffer.from([0, 1, 2]) });
  await waitFor('what is meant arrives', () => exists(right, 'a.md'));
  await settle('docs', hub, laptop);
  for (const name of ['a.js', 'large.md', 'b.md']) assert.ok(!exists(right, name), name);
  assert.equal(countFiles(left), 30 + 5);
  await set(laptop, 'only=', 'max_size=', 'content=');
  await same();

  await set(hub, 'max_delete=100%');
  await hub.restart();
  for (const name of readdirSync(left)) if (name !== '.syncd') rmSync(join(left, name), { recursive: true });
  await same();
  assert.deepEqual(readdirSync(right), ['.syncd']);
});
