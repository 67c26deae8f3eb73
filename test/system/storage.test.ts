// A hub with storage: folders that its peers bring, shared and private, over the whole life of a peer.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Daemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { freePort } from './free-port.ts';
import { assertSameTrees, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Ground {
  readonly place: string;
  readonly storage: string;
  /** Its line of config.yaml. */
  readonly listen: string;
  readonly hub: Daemon;
}

/** Root writes to everything, but with these capabilities dropped. */
const UNDER = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : undefined;

async function hubWithStorage(t: TestContext): Promise<Ground> {
  const place = temporaryDirectory(t);
  const storage = join(place, 'storage');
  mkdirSync(storage);
  // Of its own, so that no other test takes it while the hub is restarted.
  const listen = `listen: '127.0.0.1:${await freePort()}'\n`;
  const config = `${listen}storage: ${storage}\n`;
  const hub = await startDaemon(t, { name: 'hub', config, ...(UNDER !== undefined && { under: UNDER }) });
  return { place, storage, listen, hub };
}

const invitation = async (hub: Daemon, ...args: readonly string[]): Promise<string> =>
  (await hub.ok('invite', ...args)).trim();

const folderNames = async (daemon: Daemon): Promise<string[]> =>
  (await daemon.status()).folders.map(({ name }) => name).toSorted();

const conflictOf = async (daemon: Daemon, folder: string): Promise<string | undefined> =>
  ((await daemon.json('folders')) as { name: string; conflict: string }[]).find(({ name }) => name === folder)
    ?.conflict;

test('a client brings a private folder, and another of the same name has one of its own', async (t) => {
  const { place, storage, hub } = await hubWithStorage(t);
  const laptop = await startDaemon(t, { name: 'laptop' });
  const twin = await startDaemon(t, { name: 'laptop' });
  const [notes, twins] = [join(place, 'notes'), join(place, 'twins')];
  plant(notes, { 'diary.txt': 'dear diary' });
  plant(twins, { 'other.txt': 'somebody else’s' });
  await laptop.ok('add-folder', 'notes', notes, '--set', 'conflict=largest');

  await laptop.ok('join', await invitation(hub, 'notes', '--private'));
  await twin.ok('join', await invitation(hub, 'notes', '--private'), twins);
  await laptop.ok('wait', 'notes', '--timeout', '90');
  await twin.ok('wait', 'notes', '--timeout', '90');

  const twinName = `laptop-${(await twin.status()).daemon.id.slice(0, 4)}`;
  assert.deepEqual(await folderNames(hub), [`${twinName}:notes`, 'laptop:notes'].toSorted());
  assert.deepEqual(readdirSync(storage).toSorted(), [`${twinName}:notes`, 'laptop:notes'].toSorted());
  assertSameTrees(join(storage, 'laptop:notes'), notes);
  assertSameTrees(join(storage, `${twinName}:notes`), twins);
  assert.equal(statSync(join(storage, 'laptop:notes')).mode & 0o777, 0o700);
  assert.deepEqual(await folderNames(laptop), ['notes']);
  assert.equal(await conflictOf(hub, 'laptop:notes'), 'largest', 'who brings a folder brings its setting');

  // Both ways, after a restart of each.
  await Promise.all([hub.restart(), laptop.restart()]);
  writeFileSync(join(storage, 'laptop:notes', 'from-hub.txt'), 'there');
  writeFileSync(join(notes, 'from-laptop.txt'), 'here');
  await hub.ok('wait', 'laptop:notes', '--timeout', '90');
  await laptop.ok('wait', 'notes', '--timeout', '90');
  assertSameTrees(join(storage, 'laptop:notes'), notes);
  assert.equal(exists(twins, 'from-laptop.txt'), false);

  // A private folder of another device cannot be granted, neither by hand nor by an invitation.
  const granted = await hub.ctl('edit-folder', 'laptop:notes', '--set', `peers.${twinName}=two-way`);
  assert.equal(granted.code, 2);
  assert.match(granted.stderr, /E_CONFIG: .*private to laptop; expected no other peer than laptop/);
  const stolen = await twin.ctl('join', await invitation(hub, 'laptop:notes'), join(place, 'stolen'));
  assert.match(stolen.stderr, /^syncctl: E_INVITATION_REFUSED: /);
  assert.equal(exists(place, 'stolen'), false);
});

test('a folder that is not there yet is made when the first device joins, and has one name for all', async (t) => {
  const { place, storage, hub } = await hubWithStorage(t);
  const laptop = await startDaemon(t, { name: 'laptop', config: 'defaults: { conflict: merge }\n' });
  const desktop = await startDaemon(t, { name: 'desktop' });
  const invited = await invitation(hub, 'music', 'films');
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(join(left, 'music'), { 'a.flac': 'la la' });
  assert.deepEqual(await folderNames(hub), [], 'an invitation alone makes nothing');
  const preview = await laptop.json('join', invited, left, '--yes');
  assert.match(JSON.stringify(preview), /"offered":"films"/);

  await desktop.ok('join', await invitation(hub, 'music'), join(right, 'music'));
  await settle('music', hub, laptop, desktop);

  assertSameTrees(join(storage, 'music'), join(left, 'music'));
  assertSameTrees(join(storage, 'music'), join(right, 'music'));
  assert.deepEqual(readdirSync(storage).toSorted(), ['films', 'music']);
  assert.deepEqual(await folderNames(desktop), ['music']);
  for (const device of [hub, laptop, desktop])
    assert.equal(await conflictOf(device, 'music'), 'newest', `${device.name} has the setting of the inviter`);

  // A private folder beside the shared one of the same name needs another name on its device.
  const mine = await invitation(hub, 'music', '--private');
  const refused = await laptop.ctl('join', mine, join(left, 'own'));
  assert.match(refused.stderr, /E_FOLDER_EXISTS: .*is music on the inviting device\nhint: .*--as NAME/);
  plant(join(left, 'own'), { 'b.flac': 'mine' });
  await laptop.ok('join', mine, join(left, 'own'), '--as', 'my music');
  await laptop.ok('wait', 'my music', '--timeout', '90');
  assert.equal(read(storage, 'laptop:music/b.flac'), 'mine');
  assert.equal(exists(storage, 'music/b.flac'), false);

  await laptop.restart();
  writeFileSync(join(left, 'own', 'c.flac'), 'later');
  await laptop.ok('wait', 'my music', '--timeout', '90');
  assert.equal(read(storage, 'laptop:music/c.flac'), 'later');
});

test('a private folder outlives its peer, and comes back to that device alone', async (t) => {
  const { place, storage, hub } = await hubWithStorage(t);
  const laptop = await startDaemon(t, { name: 'laptop' });
  const notes = join(place, 'notes');
  plant(notes, { 'diary.txt': 'dear diary' });
  await laptop.ok('join', await invitation(hub, 'notes', '--private'), notes);
  await laptop.ok('wait', 'notes', '--timeout', '90');

  await hub.ok('remove-peer', 'laptop');
  assert.equal(read(storage, 'laptop:notes/diary.txt'), 'dear diary');
  assert.deepEqual((await hub.folder('laptop:notes')).peers, []);
  await hub.restart();

  // Whoever comes to its name meanwhile is called otherwise.
  const thief = await startDaemon(t, { name: 'laptop' });
  await thief.ok('join', await invitation(hub, 'notes', '--private'), join(place, 'thief'));
  await thief.ok('wait', 'notes', '--timeout', '90');
  assert.deepEqual(readdirSync(join(place, 'thief')), ['.syncd']);

  writeFileSync(join(notes, 'meanwhile.txt'), 'written while it was no peer');
  await laptop.ok('join', await invitation(hub, 'notes', '--private'));
  await laptop.ok('wait', 'notes', '--timeout', '90');
  assertSameTrees(join(storage, 'laptop:notes'), notes);

  // Forgotten on the hub: its files stay, and nobody is given them without being named.
  await hub.ok('remove-folder', 'laptop:notes', '--yes');
  assert.equal(read(storage, 'laptop:notes/diary.txt'), 'dear diary');
  await waitFor('the laptop is told', async () => !(await laptop.folder('notes')).peers[0]?.connected);
  const again = await invitation(hub, 'notes', '--private');
  const refused = await laptop.ctl('join', again);
  assert.match(
    refused.stderr,
    /E_STORAGE: on the inviting device: there are files where laptop:notes is to be made\nhint: See syncctl logs there/,
  );
  assert.deepEqual(readdirSync(notes).toSorted(), ['.syncd', 'diary.txt', 'meanwhile.txt']);
  await hub.ok('add-folder', 'laptop:notes', join(storage, 'laptop:notes'));
  await laptop.ok('join', await invitation(hub, 'laptop:notes'));
  writeFileSync(join(notes, 'last.txt'), 'and on it goes');
  await laptop.ok('wait', 'notes', '--timeout', '90');
  assertSameTrees(join(storage, 'laptop:notes'), notes);

  // The laptop may forget it, too.
  await laptop.ok('remove-folder', 'notes', '--yes');
  assert.equal(read(storage, 'laptop:notes/last.txt'), 'and on it goes');
});

test('a storage that cannot be used is refused in words, and what runs goes on', async (t) => {
  const { place, storage, listen, hub } = await hubWithStorage(t);
  const laptop = await startDaemon(t, { name: 'laptop' });
  await laptop.ok('join', await invitation(hub, 'docs'), join(place, 'docs'));
  mkdirSync(join(storage, 'docs', 'inside'));
  writeFileSync(join(place, 'file'), '');
  mkdirSync(join(place, 'locked'), { mode: 0o555 });
  const early = await invitation(hub, 'early', '--private');
  const wrong: readonly (readonly [value: string, message: RegExp])[] = [
    ['relative/path', /storage: found relative\/path; expected an absolute path/],
    [join(place, 'missing'), /E_STORAGE: storage: .*missing does not exist/],
    [join(place, 'file'), /E_STORAGE: storage: .*file is not a directory/],
    [join(place, 'locked'), /E_STORAGE: storage: .*locked cannot be written to by the daemon/],
    [join(storage, 'docs'), /E_STORAGE: .*storage: .*docs is the path of the folder docs/],
    [join(storage, 'docs', 'inside'), /E_STORAGE: .*inside lies inside the folder docs/],
    [join(hub.home, 'state', 'storage'), /E_STORAGE: .*lies in the daemon's own/],
    [hub.home, /E_STORAGE: .*holds the daemon's own/],
    ['/proc/self', /E_STORAGE: .*made by the kernel/],
  ];
  for (const [value, message] of wrong) {
    hub.configure(`${listen}storage: ${value}\n`);
    const reloaded = await hub.ctl('reload');
    assert.notEqual(reloaded.code, 0, value);
    assert.match(reloaded.stderr, message, value);
    assert.match((await hub.ctl('config', 'check')).stderr, message, value);
  }
  assert.match(await hub.ok('config', 'show'), new RegExp(`storage: ${storage}\n`));
  // Nor is anybody let in; where things lie is not for who asks.
  const meanwhile = await laptop.ctl('join', early, join(place, 'early'));
  assert.match(meanwhile.stderr, /E_STORAGE: on the inviting device: nobody can be let in as things are there\n/);
  assert.doesNotMatch(meanwhile.stderr, new RegExp(hub.home));
  hub.configure(`${listen}storage: ${storage}\n`);
  await laptop.ok('join', await invitation(hub, 'more'), join(place, 'more'));

  // Without storage: what is in it goes on, and nothing new is made.
  hub.configure(listen);
  await hub.ok('reload');
  const unknown = await hub.ctl('invite', 'new');
  assert.match(unknown.stderr, /^syncctl: E_NO_SUCH_FOLDER: /);
  const none = await hub.ctl('invite', 'new', '--private');
  assert.match(none.stderr, /^syncctl: E_STORAGE: this device has no storage .*\nhint: Set storage: /);
  writeFileSync(join(place, 'docs', 'a.txt'), 'goes on');
  await settle('docs', laptop, hub);
  assert.equal(read(storage, 'docs/a.txt'), 'goes on');

  // A daemon that starts without its disk says so, and goes on by itself when it is there.
  const late = join(place, 'late');
  hub.configure(`${listen}storage: ${late}\n`);
  await hub.restart();
  const problems = async (): Promise<string> => (await hub.ctl('--json', 'health')).stdout;
  await waitFor('the missing disk is told', async () => /E_STORAGE/.test(await problems()));
  assert.match((await hub.ctl('invite', 'new')).stderr, /E_STORAGE: storage: .*late does not exist/);
  assert.match((await hub.ctl('invite', 'x:y')).stderr, /E_FOLDER_NAME: .*\nhint: .*--private/);
  mkdirSync(late);
  await waitFor('the storage is taken up', async () => !/E_STORAGE/.test(await problems()));
  await laptop.ok('join', await invitation(hub, 'new'), join(place, 'new'));
  assert.equal(exists(late, 'new'), true);
});
