// What lies in a directory before it is a folder, and what the daemon may not do there: told before anything starts, by
// `add-folder --dry-run`, by `add-folder`, and afterwards by `doctor`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { ask } from './ask.ts';
import { atEnd } from './at-end.ts';
import { pair, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { describeTree, plant, read } from './trees.ts';

interface Survey {
  readonly exists: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly directories: number;
  readonly no_access: { readonly count: number; readonly paths: readonly { path: string; cannot: string }[] };
  readonly skipped: { readonly count: number; readonly paths: readonly { path: string; code: string }[] };
  readonly more: boolean;
}

/** Root may read everything; the daemon runs without that. */
const UNDER = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : undefined;

test('add-folder says what is there before anything starts, and which paths it may not read or write', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(left, { 'a.txt': '12345', 'dir/b.txt': '123', 'dir/secret': 'x', 'locked/c': 'x', 'shut/d': 'x' });
  execFileSync('mkfifo', [join(left, 'pipe')]);
  chmodSync(join(left, 'dir/secret'), 0);
  chmodSync(join(left, 'locked'), 0o555);
  chmodSync(join(left, 'shut'), 0);
  atEnd(t, () => {
    for (const name of ['locked', 'shut']) chmodSync(join(left, name), 0o755);
  });
  const hub = await startDaemon(t, { name: 'hub', ...(UNDER === undefined ? {} : { under: UNDER }) });
  const laptop = await startDaemon(t, { name: 'laptop' });
  const before = describeTree(left, { content: false });

  const survey = (await hub.json('add-folder', 'docs', left, '--dry-run')) as Survey;
  assert.deepEqual(
    [survey.exists, survey.files, survey.bytes, survey.directories, survey.more],
    [true, 4, 10, 3, false],
  );
  assert.deepEqual(survey.no_access.paths.map(({ path, cannot }) => `${path}: ${cannot}`).toSorted(), [
    'dir/secret: read',
    'locked: write',
    'shut: read and write',
  ]);
  assert.deepEqual(survey.skipped.paths, [{ path: 'pipe', code: 'E_KIND' }]);
  assert.deepEqual(describeTree(left, { content: false }), before, 'nothing was made');
  assert.deepEqual((await hub.status()).folders, []);
  const words = await hub.ok('add-folder', 'docs', left, '--dry-run');
  assert.match(
    words,
    /^\S+\/left: 4 files, 10 B, in 3 directories would be synced\.\n {2}cannot be synced: pipe \(E_KIND\)/,
  );
  assert.match(words, /the daemon cannot: .*locked \(write\)/);

  // What lies in the tree says what is ignored, before it is a folder.
  plant(left, { '.syncignore': `dir/\n${'x'.repeat(2000)}\n` });
  const filtered = (await hub.json('add-folder', 'docs', left, '--dry-run', '--ignore', 'shut')) as Survey;
  assert.deepEqual([filtered.files, filtered.directories], [3, 1]);
  assert.deepEqual(
    filtered.no_access.paths.map(({ path }) => path),
    ['locked'],
  );
  assert.ok(filtered.skipped.paths.some(({ path, code }) => path === '.syncignore' && code === 'E_IGNORE_RULES'));
  rmSync(join(left, '.syncignore'));

  const none = join(place, 'none');
  const missing = (await hub.json('add-folder', 'docs', none, '--dry-run')) as Survey;
  assert.deepEqual([missing.exists, missing.no_access.count, existsSync(none)], [false, 0, false]);
  const unwritable = (await hub.json('add-folder', 'docs', join(left, 'locked/x'), '--dry-run')) as Survey;
  assert.deepEqual([unwritable.exists, unwritable.no_access.paths[0]?.cannot], [false, 'write']);
  for (const [path, set, message] of [
    [join(left, 'a.txt'), 'rescan=5m', /E_FOLDER_PATH: \S+a\.txt is not a directory/],
    [left, 'rescan=1s', /E_CONFIG: folders\.docs\.rescan: found 1s/],
    [hub.home, 'rescan=5m', /E_FOLDER_PATH: .* the daemon's own/],
  ] as const) {
    const refused = await hub.ctl('add-folder', 'docs', path, '--dry-run', '--set', set);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, message);
  }
  assert.equal(existsSync(join(hub.home, 'folders.d', 'docs.yaml')), false);

  const added = await hub.ctl('add-folder', 'docs', left);
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stderr, /the daemon cannot: .*dir\/secret \(read\)/);
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);
  assert.deepEqual([read(right, 'a.txt'), read(right, 'dir/b.txt'), read(right, 'locked/c')], ['12345', '123', 'x']);

  const findings = async (): Promise<readonly string[]> => {
    const { findings: all } = (await ask(hub, 'doctor')) as {
      findings: { check: string; level: string; message: string; hint: string }[];
    };
    return all.filter(({ check, level }) => check === 'access' && level === 'error').map(({ message }) => message);
  };
  const [found, ...more] = await findings();
  assert.match(found ?? '', /^in \S+\/left the daemon cannot: (?=.*dir\/secret \(read\))(?=.*locked \(write\)).*shut/);
  assert.deepEqual(more, []);
  plant(left, { '.syncignore': 'secret\nlocked/\nshut/\n' });
  assert.deepEqual(await findings(), [], 'what is ignored needs no rights');
  rmSync(join(left, '.syncignore'));

  chmodSync(join(left, 'dir/secret'), 0o644);
  for (const name of ['locked', 'shut']) chmodSync(join(left, name), 0o755);
  assert.deepEqual(await findings(), []);
  await hub.ok('sync', 'docs');
  await settle('docs', hub, laptop);
  await hub.restart();
  await settle('docs', hub, laptop);
  assert.equal(read(right, 'shut/d'), 'x');
  const again = await hub.ctl('add-folder', 'docs', join(place, 'other'), '--dry-run');
  assert.match(again.stderr, /E_FOLDER_EXISTS/);
  mkdirSync(join(place, 'other'));
  writeFileSync(join(place, 'other', 'x'), 'x');
  assert.equal(((await hub.json('add-folder', 'more', join(place, 'other'), '--dry-run')) as Survey).files, 1);
});
