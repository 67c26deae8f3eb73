// The daemon as an operator meets it: start, stop, reload, refusals, folders that come and go, the log.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDaemon, runProgram, startDaemon, startPair, syncctl, syncd, temporaryDirectory } from './daemon.ts';
import { exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('SIGTERM and SIGINT end the daemon with status 0 within five seconds, also with peers connected', async (t) => {
  const { hub, laptop } = await startPair(t);

  const startedMs = performance.now();
  assert.equal(await laptop.stop(), 0);
  assert.ok(performance.now() - startedMs < 6000);
  hub.signal('SIGINT');
  await waitFor('the hub ends', () => !hub.isRunning());
  assert.equal(await hub.stop(), 0);
});

test('a home that is an empty directory is enough, and is private', async (t) => {
  const home = join(temporaryDirectory(t), 'home');
  mkdirSync(home);
  const check = await runProgram([syncd, '--home', home, '--check-config']);

  assert.equal(check.code, 0, check.stderr);
  const daemon = await startDaemon(t, { name: 'alone' });
  assert.equal(statSync(join(daemon.home, 'state')).mode & 0o077, 0);
  const { daemon: self } = await daemon.status();
  assert.equal(self.name, 'alone');
  assert.equal(self.health, 'ok');
  assert.equal(self.pid, daemon.pid);
  assert.match(self.id, /^[A-Z2-7]{52}$/);
});

test('a second daemon on the same home is refused, and the first goes on', async (t) => {
  const daemon = await startDaemon(t, { name: 'first' });

  const second = await runProgram([syncd, '--home', daemon.home]);

  assert.notEqual(second.code, 0);
  assert.match(second.stderr, /E_HOME_LOCKED/);
  assert.equal((await daemon.ctl('status')).code, 0);
  await daemon.kill();
  await daemon.start();
});

test('a folder that another daemon keeps, or a directory in it, is refused, and nothing is left in it', async (t) => {
  const place = temporaryDirectory(t);
  const first = await startDaemon(t, { name: 'first' });
  const second = await startDaemon(t, { name: 'second' });
  await first.ok('add-folder', 'docs', join(place, 'docs'));
  await waitFor('the folder is looked after', async () => (await first.folder('docs')).state === 'idle');

  const same = await second.ctl('add-folder', 'docs', join(place, 'docs'));
  const inner = await second.ctl('add-folder', 'docs', join(place, 'docs/inner'));

  assert.match(same.stderr, /E_FOLDER_LOCKED/);
  assert.match(inner.stderr, /E_FOLDER_NESTED/);
  assert.equal(exists(place, 'docs/inner'), false);
  assert.equal((await first.folder('docs')).state, 'idle');
});

test('a folder is not moved to where another folder is, of this daemon or another, and stays where it was', async (t) => {
  const place = temporaryDirectory(t);
  const first = await startDaemon(t, { name: 'first' });
  const second = await startDaemon(t, { name: 'second' });
  await first.ok('add-folder', 'docs', join(place, 'docs'));
  await second.ok('add-folder', 'notes', join(place, 'notes'));
  await second.ok('add-folder', 'music', join(place, 'music'));
  symlinkSync(join(place, 'docs'), join(place, 'link'));
  mkdirSync(join(place, 'docs/inner'));
  await waitFor('the folder is looked after', async () => (await first.folder('docs')).state === 'idle');

  const refusals = {
    docs: 'E_FOLDER_LOCKED',
    link: 'E_FOLDER_LOCKED',
    'docs/inner': 'E_FOLDER_NESTED',
    music: 'E_FOLDER_NESTED',
  };
  for (const [to, code] of Object.entries(refusals)) {
    const refused = await second.ctl('edit-folder', 'notes', '--set', `path=${join(place, to)}`);
    assert.equal(refused.code, 1, to);
    assert.match(refused.stderr, new RegExp(code));
  }

  assert.equal((await second.folder('notes')).path, join(place, 'notes'));
  await waitFor('it runs', async () => (await second.folder('notes')).state === 'idle');
});

test('a folder on the same path as another, inside it or around it, is refused', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  await daemon.ok('add-folder', 'docs', join(place, 'a/docs'));

  for (const path of ['a/docs', 'a/docs/inner', 'a', 'a/../a/docs/']) {
    const refused = await daemon.ctl('add-folder', 'more', `${place}/${path}`);
    assert.equal(refused.code, 1, path);
    assert.match(refused.stderr, /E_FOLDER_NESTED/);
  }
  symlinkSync(join(place, 'a/docs'), join(place, 'link'));
  mkdirSync(join(place, 'a/docs/deep'));
  symlinkSync(join(place, 'a/docs/deep'), join(place, 'deep-link'));
  for (const path of ['link', 'link/inner', 'deep-link', 'deep-link/inner']) {
    const refused = await daemon.ctl('add-folder', 'more', `${place}/${path}`);
    assert.equal(refused.code, 1, path);
    assert.match(refused.stderr, /E_FOLDER_NESTED/);
  }
  assert.deepEqual(
    readdirSync(join(place, 'a/docs')).toSorted(),
    ['.syncd', 'deep'],
    'a refused folder leaves nothing',
  );
  assert.deepEqual(readdirSync(join(place, 'a/docs/deep')), []);
  const again = await daemon.ctl('add-folder', 'docs', join(place, 'elsewhere'));
  assert.match(again.stderr, /E_FOLDER_EXISTS/);
  assert.equal((await daemon.ctl('add-folder', '../x', join(place, 'x'))).code, 2);
  assert.deepEqual(
    (await daemon.status()).folders.map((folder) => folder.name),
    ['docs'],
  );
});

test('SIGHUP and reload take a changed configuration; a bad one changes nothing and names file, line and key', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  const folders = async (): Promise<string[]> => (await daemon.status()).folders.map((folder) => folder.name);
  mkdirSync(join(place, 'one'));
  mkdirSync(join(place, 'two'));

  daemon.configure(`folders: { one: { path: ${place}/one } }\n`);
  daemon.signal('SIGHUP');
  await waitFor('the folder is there', async () => (await folders()).includes('one'));
  daemon.configure(`folders: { one: { path: ${place}/one }, two: { path: ${place}/two } }\n`);
  await daemon.ok('reload');
  assert.deepEqual((await folders()).toSorted(), ['one', 'two']);

  daemon.configure(`folders:\n  one:\n    path: ${place}/one\n    rescam: 10m\n`);
  const bad = await daemon.ctl('reload');
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /E_CONFIG: .*config\.yaml:5: .*rescam/);
  const checked = await runProgram([syncd, '--home', daemon.home, '--check-config']);
  assert.notEqual(checked.code, 0);
  assert.match(checked.stderr, /config\.yaml:5/);
  assert.deepEqual((await folders()).toSorted(), ['one', 'two'], 'what ran goes on');
});

test('I11: a configuration that SIGHUP brought and that was refused is in status until it is mended', async (t) => {
  const daemon = await startDaemon(t, { name: 'hub' });
  const check = () => daemon.ctl('status', '--check');
  const refused =
    /^attention\t\tE_CONFIG\tthe configuration was refused, .*config\.yaml:2: listen: .*\t.*syncctl reload/m;

  daemon.configure('listen: nowhere at all\n');
  daemon.signal('SIGHUP');
  await waitFor('status names it', async () => refused.test((await check()).stdout));
  assert.equal((await check()).code, 5);

  daemon.configure('listen: false\n');
  assert.equal((await check()).code, 5, 'not read yet');
  daemon.signal('SIGHUP');
  await waitFor('nothing is to be done any more', async () => (await check()).code === 0);
});

test('a daemon with a bad configuration does not start, and says why in a line', async (t) => {
  const daemon = makeDaemon(t, { name: 'hub', config: 'listen: nowhere at all\n' });

  const ended = await runProgram([syncd, '--home', daemon.home]);

  assert.notEqual(ended.code, 0);
  assert.match(ended.stderr, /config\.yaml:2: .*listen/);
  assert.doesNotMatch(ended.stderr, /\n\s+at /, 'no stack trace');
});

test('a removed folder keeps its files and is no longer synced', async (t) => {
  const { hub, laptop, left, right } = await startPair(t, { before: (root) => plant(root, { 'a.txt': 'a' }) });

  await laptop.ok('remove-folder', 'docs', '--yes');
  plant(left, { 'later.txt': 'later' });
  await hub.ctl('wait', 'docs', '--timeout', '1');

  assert.deepEqual((await laptop.status()).folders, []);
  assert.equal(read(right, 'a.txt'), 'a');
  assert.equal(exists(right, 'later.txt'), false);
  assert.equal(read(left, 'a.txt'), 'a', 'forgetting a folder deletes nothing anywhere');
});

test('edit-folder sets keys of the configuration, all or none', async (t) => {
  const daemon = await startDaemon(t, { name: 'hub' });
  await daemon.ok('add-folder', 'docs', join(temporaryDirectory(t), 'docs'));

  await daemon.ok('edit-folder', 'docs', '--set', 'rescan=30s', '--set', 'max_delete=10%');
  const refused = await daemon.ctl('edit-folder', 'docs', '--set', 'rescan=1m', '--set', 'max_delete=lots');

  assert.equal(refused.code, 2);
  const shown = JSON.stringify(await daemon.json('config', 'show'));
  assert.match(shown, /"max_delete":"?10/);
  assert.doesNotMatch(shown, /lots/);
});

test('the log has a line a synced change, and syncctl logs and events show it', async (t) => {
  const { hub, laptop, left, same } = await startPair(t);

  // Whole from the beginning: seen while it is written, it would be new and then changed.
  const aside = join(temporaryDirectory(t), 'logged.txt');
  writeFileSync(aside, 'twelve bytes');
  mkdirSync(join(left, 'notes'));
  renameSync(aside, join(left, 'notes/logged.txt'));
  await same();

  const line = laptop
    .logs()
    .split('\n')
    .find((each) => each.includes('notes/logged.txt'));
  assert.ok(line !== undefined, laptop.logs());
  const record = JSON.parse(line) as Record<string, unknown>;
  assert.equal(record['folder'], 'docs');
  assert.equal(record['level'], 'info');
  assert.match(line, /hub/);
  assert.equal(hub.logs().split('notes/logged.txt').length, 2, 'new once, though seen with its new directory');
  assert.match(await laptop.ok('logs'), /notes\/logged\.txt/);
  const events = (await laptop.ok('--json', 'events'))
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as Event);
  const change = events.find((event) => event.path === 'notes/logged.txt');
  assert.equal(change?.direction, 'received');
  assert.equal(change?.size, 12);
});

test('without a daemon syncctl exits 3 and says how to start one', async (t) => {
  const home = temporaryDirectory(t);

  const ended = await runProgram([syncctl, '--home', home, 'status']);

  assert.equal(ended.code, 3);
  assert.match(ended.stderr, /^syncctl: E_NOT_RUNNING: .*\nhint: .*\n$/);
  const asJson = await runProgram([syncctl, '--home', home, '--json', 'status']);
  const { error } = JSON.parse(asJson.stderr) as { error: { code: string; message: string; hint: string } };
  assert.equal(error.code, 'E_NOT_RUNNING');
  assert.equal((await runProgram([syncctl, '--home', home, 'no-such-command'])).code, 2);
  assert.equal((await runProgram([syncctl, 'explain', 'E_MASS_DELETE'])).code, 0);
});

test('status --json has the promised shape', async (t) => {
  const { hub, laptop } = await startPair(t, { before: (root) => plant(root, { 'a.txt': '12345', 'b/c.txt': '678' }) });

  const status = await hub.status();

  assert.deepEqual(Object.keys(status), ['daemon', 'folders', 'peers']);
  const [folder] = status.folders;
  assert.ok(folder !== undefined);
  for (const key of ['name', 'path', 'mode', 'state', 'files', 'bytes', 'pending_files', 'pending_bytes', 'conflicts'])
    assert.ok(key in folder, key);
  for (const key of ['last_sync', 'error', 'skipped', 'peers']) assert.ok(key in folder, key);
  assert.equal(folder.mode, 'two-way');
  assert.equal(folder.files, 2);
  assert.equal(folder.bytes, 8);
  assert.equal(folder.pending_files, 0);
  assert.equal(folder.error, null);
  assert.match(folder.last_sync ?? '', /^\d{4}-\d\d-\d\dT/);
  const [peer] = status.peers;
  assert.equal(peer?.id, (await laptop.status()).daemon.id);
  assert.ok(peer.bytes_sent > 0 && peer.bytes_received > 0);
  assert.match(peer.since ?? '', /^\d{4}-\d\d-\d\dT/);
});

test('a daemon writes nothing outside its home and the folder', async (t) => {
  const place = temporaryDirectory(t);
  plant(place, { 'canary/untouched.txt': 'canary' });
  const before = statSync(join(place, 'canary')).mtimeMs;
  const daemon = await startDaemon(t, { name: 'hub' });
  await daemon.ok('add-folder', 'docs', join(place, 'docs'));
  writeFileSync(join(place, 'docs/file.txt'), 'x');
  await daemon.ok('sync', 'docs');

  assert.equal(statSync(join(place, 'canary')).mtimeMs, before);
  assert.equal(read(place, 'canary/untouched.txt'), 'canary');
});

interface Event {
  readonly path: string | null;
  readonly direction: string | null;
  readonly size: number | null;
}
