// Where a folder may lie: never on what another daemon keeps, nor on what this daemon keeps for itself, by whichever path
// it is named; and nothing is made behind a link that somebody has left there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask } from '../control/served.ts';
import { atEnd } from '../system/at-end.ts';
import {
  type Daemon,
  runProgram,
  settle,
  startDaemon,
  startPair,
  syncd,
  temporaryDirectory,
} from '../system/daemon.ts';
import { exists, plant, read } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';

async function stopped(daemon: Daemon): Promise<string> {
  await daemon.stop();
  return daemon.home;
}

async function refused(daemon: Daemon, path: string, code: string): Promise<void> {
  const socket = join(daemon.home, 'syncd.sock');
  const { status, text } = await ask(socket, 'POST', '/v1/folders/add', {
    body: JSON.stringify({ name: 'more', path }),
  });
  assert.match(text, new RegExp(`"code":"${code}"`), path);
  assert.equal(status, 409, path);
  assert.doesNotMatch((await ask(socket, 'GET', '/v1/folders')).text, /"name":"more"/, path);
}

/** A daemon with a folder at `PLACE/docs` that has been looked at. */
async function keeper(t: TestContext, place: string): Promise<Daemon> {
  const daemon = await startDaemon(t, { name: 'first' });
  await daemon.ok('add-folder', 'docs', join(place, 'docs'));
  await waitFor('the folder is looked after', async () => (await daemon.folder('docs')).state === 'idle');
  return daemon;
}

test('S27: a root is refused to a second daemon by whatever path it comes, and the first goes on', async (t) => {
  const place = temporaryDirectory(t);
  const first = await keeper(t, place);
  const second = await startDaemon(t, { name: 'second' });
  mkdirSync(join(place, 'docs/inner'));
  symlinkSync(join(place, 'docs'), join(place, 'link'));
  symlinkSync(join(place, 'docs/inner'), join(place, 'inner-link'));

  for (const path of ['docs', 'link', 'docs/../docs', 'link/../docs']) {
    await refused(second, `${place}/${path}`, 'E_FOLDER_LOCKED');
  }
  for (const path of ['docs/inner', 'docs/new', 'link/inner', 'inner-link', 'docs/.syncd', 'docs/.syncd/versions/x']) {
    await refused(second, `${place}/${path}`, 'E_FOLDER_NESTED');
  }
  assert.equal((await first.folder('docs')).state, 'idle');
  assert.deepEqual(readdirSync(join(place, 'docs')).toSorted(), ['.syncd', 'inner']);

  const again = await runProgram([syncd, '--home', first.home]);
  assert.match(again.stderr, /E_HOME_LOCKED/);
  assert.equal((await first.ctl('status')).code, 0);
});

test('S27: a bind mount of another daemon’s root is that root', async (t) => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'docs'));
  mkdirSync(join(place, 'bound'));
  try {
    execFileSync('mount', ['--bind', join(place, 'docs'), join(place, 'bound')], { stdio: 'pipe' });
  } catch {
    t.skip('this user may not mount');
    return;
  }
  atEnd(t, () => void execFileSync('umount', [join(place, 'bound')]));
  const first = await keeper(t, place);
  const second = await startDaemon(t, { name: 'second' });

  await refused(second, join(place, 'bound'), 'E_FOLDER_LOCKED');
  await refused(second, join(place, 'bound/inner'), 'E_FOLDER_NESTED');
  await refused(first, join(place, 'bound'), 'E_FOLDER_NESTED');
});

test('S27: a root around another daemon’s is refused, however deep that lies, and free once that daemon is gone', async (t) => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'a/b/c'), { recursive: true });
  const first = await keeper(t, join(place, 'a/b/c'));
  const second = await startDaemon(t, { name: 'second' });

  await refused(second, place, 'E_FOLDER_NESTED');
  await refused(second, join(place, 'a/b'), 'E_FOLDER_NESTED');
  assert.equal(exists(place, '.syncd'), false);

  await first.kill();
  await second.ok('add-folder', 'more', join(place, 'a/b'));
});

test('S27: a folder is not moved into another daemon’s root or around it, by a command, a reload or a start', async (t) => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'a/b'), { recursive: true });
  await keeper(t, join(place, 'a/b'));
  const second = await startDaemon(t, { name: 'second' });
  await second.ok('add-folder', 'more', join(place, 'more'));

  const socket = join(second.home, 'syncd.sock');
  const tell = (route: string, body: object): ReturnType<typeof ask> =>
    ask(socket, 'POST', route, { body: JSON.stringify(body) });

  for (const path of ['a/b/docs/new', 'a']) {
    const { status, text } = await tell('/v1/folders/edit', { folder: 'more', set: [`path=${join(place, path)}`] });
    assert.equal(status, 409);
    assert.match(text, /"E_FOLDER_NESTED"/, path);
    second.configure(`folders: { hand: { path: ${join(place, path)} } }\n`);
    assert.equal((await tell('/v1/reload', {})).status, 200);
    assert.match(second.logs(), /"folder":"hand","code":"E_FOLDER_NESTED"/, path);
    second.configure('');
    assert.equal((await tell('/v1/reload', {})).status, 200);
  }
  second.configure(`folders: { other: { path: ${join(place, 'a')} } }\n`);
  await second.restart();
  await waitFor('it is said', () => /"folder":"other","code":"E_FOLDER_NESTED"/.test(second.logs()));
  assert.deepEqual(readdirSync(join(place, 'a')), ['b']);
  assert.deepEqual(readdirSync(join(place, 'a/b/docs')), ['.syncd']);
  await waitFor('the folder that was not moved goes on', async () => (await second.folder('more')).state === 'idle');
});

test('S27: what was refused is no folder, and keeps its place from no other', async (t) => {
  const place = temporaryDirectory(t);
  const first = await keeper(t, place);
  const second = await startDaemon(t, { name: 'second' });
  await refused(second, join(place, 'docs'), 'E_FOLDER_LOCKED');

  await first.ok('remove-folder', 'docs');

  await second.ok('add-folder', 'other', join(place, 'docs'));
  await waitFor('it is looked after', async () => (await second.folder('other')).state === 'idle');
});

test('I8: no folder holds or lies in what the daemon keeps for itself, by whatever path', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  const { home } = daemon;
  // So that there is a folders.d.
  await daemon.ok('add-folder', 'docs', join(place, 'docs'));
  const targets = [home, join(home, 'state'), join(home, 'state/folders'), join(home, 'folders.d'), dirname(home), '/'];
  for (const [n, target] of targets.entries()) {
    symlinkSync(target, join(place, `link${n}`));
    await refused(daemon, target, 'E_FOLDER_PATH');
    await refused(daemon, join(place, `link${n}`), 'E_FOLDER_PATH');
  }
  await refused(daemon, join(place, 'link1/inner'), 'E_FOLDER_PATH');
  for (const path of ['/proc', '/proc/self', '/sys', '/sys/kernel', '/dev/null']) {
    await refused(daemon, path, 'E_FOLDER_PATH');
  }
  for (const path of [home, join(home, 'state'), join(home, 'folders.d')]) {
    assert.equal(exists(path, '.syncd'), false, path);
  }

  // A link that leads there only later: the folder halts, and the keys stay where they are.
  renameSync(join(place, 'docs'), join(place, 'moved'));
  symlinkSync(join(home, 'state'), join(place, 'docs'));
  await daemon.restart();
  const { stdout } = await daemon.ctl('status');
  assert.match(stdout, /E_FOLDER_PATH/);
  assert.equal(exists(join(home, 'state'), '.syncd'), false);
});

test('I8: no folder is, lies in or holds the home of another daemon, whether that runs or not', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  const other = await startDaemon(t, { name: 'other' });
  await daemon.ok('add-folder', 'docs', join(temporaryDirectory(t), 'docs'));
  // As where systemd names the state directory: it stands alone.
  renameSync(await stopped(other), join(place, 'other'));
  cpSync(join(place, 'other/state'), join(place, 'lib/syncd'), { recursive: true });
  symlinkSync(join(place, 'other'), join(place, 'link'));
  const own = ['other', 'other/state', 'other/state/folders', 'other/new', 'link', 'link/new', 'lib', 'lib/syncd'];

  for (const path of own) await refused(daemon, join(place, path), 'E_FOLDER_PATH');
  await refused(daemon, place, 'E_FOLDER_PATH');

  const edited = await daemon.ctl('edit-folder', 'docs', '--set', `path=${join(place, 'other')}`);
  assert.match(edited.stderr, /E_FOLDER_PATH: .* the home of another daemon/);
  assert.equal(exists(place, 'other/.syncd'), false);
  // One's own home is one's own, but for what is kept in it.
  await daemon.ok('add-folder', 'mine', join(daemon.home, 'mine'));
});

test('I8: a link in the place of a root’s lock leads nowhere', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  plant(place, { 'docs/.syncd/id': 'abcdefghjkmnp\n', 'docs/.syncd/lock': { link: join(place, 'made') } });

  await daemon.ok('add-folder', 'docs', join(place, 'docs'));

  const { state, error } = await waitFor('it is told', async () => {
    const folder = await daemon.folder('docs');
    return folder.error !== null && folder;
  });
  assert.deepEqual([state, error?.code], ['halted', 'E_ROOT_FOREIGN']);
  assert.deepEqual(readdirSync(place), ['docs'], 'nothing is made where the link leads');
  rmSync(join(place, 'docs/.syncd/lock'));
  await waitFor('it goes on', async () => (await daemon.folder('docs')).state === 'idle');
});

test('I8: links in the place of what is made in .syncd lead nowhere', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  const victim = { 'victim/0': 'not ours', 'victim/file': 'not ours' };
  plant(place, victim);
  const fingerprints = (): string[] =>
    ['victim', 'victim/0', 'victim/file'].map((path) => {
      const { mode, mtimeNs, ctimeNs } = lstatSync(join(place, path), { bigint: true });
      return `${path} ${mode} ${mtimeNs} ${ctimeNs}`;
    });
  const before = [...fingerprints(), ...readdirSync(join(place, 'victim'))];
  const own = ['probe', 'staging', 'versions', 'lock', 'id.new', 'probe/0', 'probe/1'];
  for (const [n, name] of own.entries()) {
    const target =
      name === 'probe/0' ? 'victim/file' : name === 'probe/1' || name === 'id.new' ? 'victim/new' : 'victim';
    plant(place, { [`f${n}/a.txt`]: 'a', [`f${n}/.syncd/${name}`]: { link: join(place, target) } });
    if (name !== 'id.new') plant(place, { [`f${n}/.syncd/id`]: 'abcdefghjkmnp\n' });
    await daemon.ctl('add-folder', `f${n}`, join(place, `f${n}`));
  }
  await waitFor('each has been looked at', async () =>
    (await daemon.status()).folders.every(({ state }) => state === 'idle' || state === 'halted' || state === 'error'),
  );
  for (const n of own.keys()) await daemon.ctl('sync', `f${n}`);

  assert.deepEqual([...fingerprints(), ...readdirSync(join(place, 'victim'))], before);
  assert.equal(exists(place, 'victim/new'), false);
  const ready = (await daemon.status()).folders.filter(({ state }) => state === 'idle').map(({ name }) => name);
  t.diagnostic(`idle all the same: ${ready.join(' ')}`);
});

test('I8: a link in the place of .syncd leads nowhere', async (t) => {
  const place = temporaryDirectory(t);
  const daemon = await startDaemon(t, { name: 'hub' });
  plant(place, { outside: { dir: true }, 'docs/.syncd': { link: join(place, 'outside') } });

  await refused(daemon, join(place, 'docs'), 'E_FOLDER_PATH');

  assert.deepEqual(readdirSync(join(place, 'outside')), []);
});

test('I4: what is deleted at a path that a folder has left is no deletion when the folder comes back to it', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' }),
  });
  const elsewhere = join(dirname(right), 'elsewhere');
  mkdirSync(elsewhere);
  await laptop.ok('edit-folder', 'docs', '--set', `path=${elsewhere}`);
  await settle('docs', laptop, hub);
  assert.equal(read(elsewhere, 'a.txt'), 'a');
  rmSync(join(right, 'a.txt'));
  writeFileSync(join(left, 'b.txt'), 'newer');
  await settle('docs', hub, laptop);

  await laptop.ok('edit-folder', 'docs', '--set', `path=${right}`);
  await same();

  assert.equal(read(left, 'a.txt'), 'a');
  assert.equal(read(left, 'b.txt'), 'newer');
});
