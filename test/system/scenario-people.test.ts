// What people do to their folders: delete too much, encrypt everything, undo it, move folders about, take them out and
// bring them back.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflictPaths, folderOn, inSync } from './ask.ts';
import type { Daemon } from './daemon.ts';
import { LONG, scenarios } from './scenario.ts';
import { countFiles, describeTree, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const test = scenarios();

/** Longer than what separates one group of changes from the next. */
const GROUP_PAUSE_MS = 10_500;

test('I4: S17: deletions that come a few at a time, over restarts, are held before too many have gone through', async ({
  hub,
  folder,
  left,
  right,
  same,
}) => {
  plantMany(left, 200);
  await same();
  const paths = [...describeTree(left, { content: false })].flatMap(([path, line]) =>
    line.startsWith('file') ? [path] : [],
  );
  assert.equal(paths.length, 400);
  for (const [n, path] of paths.slice(0, 300).entries()) {
    unlinkSync(join(left, path));
    if (LONG) await sleep(1_000);
    if (n % 25 !== 24) continue;
    await waitFor(
      'they have gone, or are held',
      async () => countFiles(right) === 400 - n - 1 || (await folderOn(hub, folder)).state === 'held',
    );
    if (n % 100 !== 99 && !LONG) continue;
    await hub.stop();
    await hub.start();
  }
  await waitFor('it is said', async () => (await folderOn(hub, folder)).error?.code === 'E_MASS_DELETE');
  assert.ok(countFiles(right) >= 200, `${countFiles(right)} of 400 files are left`);
  // The last of them may rest still when the first are brought back, and be held then.
  await waitFor('nothing is held any more', async () => {
    await hub.ctl('reject', folder);
    return (await folderOn(hub, folder)).state !== 'held' && countFiles(left) >= 200;
  });
  await same();
  assert.ok(countFiles(left) >= 200);
});

test('T47, S42: what has encrypted everything on one device is undone on the other', async ({
  hub,
  laptop,
  folder,
  left,
  right,
  same,
}) => {
  for (let n = 0; n < 200; n += 3)
    utimesSync(join(left, `usual ${n % 7}/${n}.txt`), 1_600_000_000 + n, 1_600_000_000 + n);
  await same();
  const before = describeTree(left);
  await sleep(50);
  const since = new Date().toISOString();
  for (const [path, line] of before) {
    if (!line.startsWith('file')) continue;
    writeFileSync(join(right, path), randomBytes(100));
    renameSync(join(right, path), join(right, `${path}.enc`));
  }
  await waitFor('it is held, or has gone through', async () => {
    if ((await folderOn(laptop, folder)).state === 'held') return true;
    return countFiles(left) === 200 && !exists(left, 'usual 0/0.txt');
  });
  if ((await folderOn(laptop, folder)).state === 'held') await laptop.ok('approve', folder);
  await same();
  assert.equal(exists(left, 'usual 0/0.txt'), false);

  await laptop.ok('pause', folder);
  await hub.ok('undo', folder, '--since', since, '--yes');
  await waitFor('all is as it was', () => equal(describeTree(left), before));
  await laptop.ok('resume', folder);
  await same();
  assert.deepEqual(describeTree(right), before);
});

test('S56: an undo is undone, and undone again; what others have edited later stays', async ({
  hub,
  folder,
  left,
  right,
  same,
}) => {
  plant(left, { 'a.txt': 'first', 'b.txt': 'first' });
  await same();
  await sleep(GROUP_PAUSE_MS);
  writeFileSync(join(right, 'a.txt'), 'second');
  writeFileSync(join(right, 'b.txt'), 'second');
  await same();
  for (const expected of LONG ? ['first', 'second', 'first'] : ['first', 'second']) {
    await hub.ok('undo', folder, '--last', '--yes');
    await same();
    assert.deepEqual([read(right, 'a.txt'), read(right, 'b.txt')], [expected, expected]);
    if (LONG) await sleep(GROUP_PAUSE_MS);
  }
  const since = new Date().toISOString();
  await sleep(50);
  writeFileSync(join(right, 'a.txt'), 'third, by the other device');
  await same();
  writeFileSync(join(left, 'a.txt'), 'edited here since');
  await same();
  await hub.ok('undo', folder, '--since', since, '--yes');
  await same();
  const kept = (await hub.json('history', folder, 'a.txt')) as readonly { readonly version: string | null }[];
  assert.ok(kept.length > 0);
  assert.ok(
    read(left, 'a.txt') === 'edited here since' || (await conflictPaths(hub, folder)).includes('a.txt'),
    'the later edit is there, or named as a conflict',
  );
});

test('S56: what lies below what is now a file is restored elsewhere, or the file stays', async ({
  hub,
  laptop,
  folder,
  left,
  right,
  same,
}) => {
  plant(left, { 'dir/inside.txt': 'inside' });
  await same();
  const at = new Date().toISOString();
  await sleep(50);
  rmSync(join(right, 'dir'), { recursive: true });
  await same();
  plant(right, { dir: 'now a file' });
  await same();
  const ended = await laptop.ctl('restore', folder, 'dir/inside.txt', '--at', at);
  await same();
  if (ended.code === 0) assert.equal(read(left, 'dir/inside.txt'), 'inside');
  else {
    assert.match(ended.stderr, /^syncctl: E_[A-Z_]+: .+\nhint: /);
    assert.equal(read(left, 'dir'), 'now a file');
  }
  const aside = join(left, '..', `aside of ${folder}`);
  const from = (await versions(hub, folder, 'dir/inside.txt')) > 0 ? hub : laptop;
  await from.ok('restore', folder, 'dir/inside.txt', '--to', aside);
  assert.equal(read(aside, '.') ?? read(join(left, '..'), `aside of ${folder}`), 'inside');
  rmSync(aside);
});

test('T48: a folder that is removed and joined again is merged, and of what differs both contents are kept', async ({
  hub,
  laptop,
  folder,
  left,
  right,
  link,
  ledger,
  same,
}) => {
  await laptop.ok('remove-folder', folder);
  writeFileSync(join(left, 'usual 0/0.txt'), 'edited on the hub');
  writeFileSync(join(right, 'usual 0/0.txt'), 'edited on the laptop');
  writeFileSync(join(right, 'usual 1/1.txt'), 'edited on the laptop alone');
  unlinkSync(join(left, 'usual 2/2.txt'));
  for (const content of ['edited on the hub', 'edited on the laptop', 'edited on the laptop alone'])
    ledger.note(content, content);
  const invitation = await hub.ok('invite', folder, '--address', link.address);
  await laptop.ok('join', invitation.trim(), right);
  ledger.forget('small file 0\n'); // overwritten by both while nobody synced
  await same();
  assert.ok((await conflictPaths(hub, folder)).includes('usual 0/0.txt'));
});

test('T50: a folder that is moved goes on at its new path, and one that is pointed to an empty directory fills it', async ({
  hub,
  laptop,
  folder,
  left,
  right,
  ledger,
  same,
}) => {
  const elsewhere = `${right} moved`;
  renameSync(right, elsewhere);
  await laptop.ok('edit-folder', folder, '--set', `path=${elsewhere}`);
  writeFileSync(join(left, 'usual 0/0.txt'), 'after the move');
  await inSync(folder, hub, laptop);
  assert.equal(read(elsewhere, 'usual 0/0.txt'), 'after the move');
  assert.equal(exists(right, '.'), false);

  mkdirSync(right);
  await laptop.ok('edit-folder', folder, '--set', `path=${right}`);
  await same();
  assert.equal(countFiles(left), 200, 'an empty directory is no deletion');
  assert.equal(countFiles(elsewhere), 200, 'what was left behind stays');
  ledger.forget('small file 0\n'); // it is in the version store there
  rmSync(elsewhere, { recursive: true });
});

async function versions(daemon: Daemon, folder: string, path: string): Promise<number> {
  const entries = (await daemon.json('history', folder, path)) as readonly { readonly version: string | null }[];
  return entries.filter(({ version }) => version !== null).length;
}

function equal(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([path, line]) => other.get(path) === line);
}
