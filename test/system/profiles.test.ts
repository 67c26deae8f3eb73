// Profiles on running devices: named when a folder is added, changed in the configuration, taken away, over a restart.
import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, startPair, temporaryDirectory } from './daemon.ts';
import { plant } from './trees.ts';
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
