// Conflicts that people settle, and `conflict: keep-both`, which puts the losing content beside the other one.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pair, settle, startDaemon, startPair, temporaryDirectory, type Daemon } from './daemon.ts';
import { assertSameTrees, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Conflict {
  readonly path: string;
  readonly copy: string | null;
  readonly version: string | null;
}

/** Longer than the clocks of file systems and daemons are coarse. */
const APART_MS = 50;

test('resolve keeps what this device made, what the other made, or both, run on whichever device', async (t) => {
  const paths = ['mine.txt', 'theirs.txt', 'both.txt', 'fetched.txt', 'large.bin'];
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, Object.fromEntries(paths.map((path) => [path, 'as it was']))),
  });
  const large = 'edited on the hub '.repeat(100_000);
  await laptop.stop();
  for (const path of paths) writeFileSync(join(left, path), path === 'large.bin' ? large : `${path} of the hub`);
  await sleep(APART_MS);
  for (const path of paths) writeFileSync(join(right, path), `${path} of the laptop`);
  await laptop.start();
  await same();
  assert.equal((await conflictsOf(hub)).length, paths.length);

  for (const [args, code, text] of [
    [['nothing.txt', '--keep', 'both'], 1, /E_NO_CONFLICT: nothing\.txt is not in conflict/],
    [['mine.txt', '--keep', 'mine'], 2, /keep: expected local, remote, both; found mine/],
    [['mine.txt'], 2, /--keep is missing/],
  ] as const) {
    const refused = await hub.ctl('resolve', 'docs', ...args);
    assert.equal(refused.code, code);
    assert.match(refused.stderr, text);
  }

  // The hub lost: its own is what it keeps in its store.
  await hub.ok('resolve', 'docs', 'mine.txt', '--keep', 'local');
  await hub.ok('resolve', 'docs', 'theirs.txt', '--keep', 'remote');
  // The laptop has to fetch what the hub keeps.
  await laptop.ok('resolve', 'docs', 'fetched.txt', '--keep', 'remote');
  await laptop.ok('resolve', 'docs', 'large.bin', '--keep', 'remote');
  const said = await laptop.ok('resolve', 'docs', 'both.txt', '--keep', 'both');
  await same();

  assert.equal(read(right, 'mine.txt'), 'mine.txt of the hub');
  assert.equal(read(left, 'theirs.txt'), 'theirs.txt of the laptop');
  assert.equal(read(left, 'fetched.txt'), 'fetched.txt of the hub');
  assert.equal(read(right, 'large.bin'), large);
  assert.equal(read(left, 'both.txt'), 'both.txt of the laptop');
  const copy = readdirSync(right).find((name) => name.startsWith('both.conflict-')) ?? '';
  assert.ok(said.includes(copy) && copy !== '', said);
  assert.equal(read(left, copy), 'both.txt of the hub');
  for (const device of [hub, laptop]) {
    assert.deepEqual(await conflictsOf(device), [], `settled on ${device.name}`);
    assert.equal((await device.folder('docs')).conflicts, 0);
  }
  assert.match(await hub.ok('history', 'docs', 'mine.txt'), /resolved/);
  assert.equal((await hub.ctl('resolve', 'docs', 'mine.txt', '--keep', 'local')).code, 1, 'once is enough');
});

test('keep-both on three devices: each loser stands beside the winner once, and a copy that is deleted stays deleted', async (t) => {
  const place = temporaryDirectory(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(place, name)) as [string, string, string];
  for (const dir of [a, b, c]) mkdirSync(dir);
  plant(a, { 'plan.txt': 'as it was', 'again.txt': 'as it was' });
  const [hub, laptop, phone] = await Promise.all(['hub', 'laptop', 'phone'].map((name) => startDaemon(t, { name })));
  assert.ok(hub !== undefined && laptop !== undefined && phone !== undefined);
  await pair(hub, laptop, 'docs', [a, b]);
  await pair(hub, phone, 'docs', [a, c]);
  const same = async (): Promise<void> => {
    await settle('docs', hub, laptop, phone);
    await settle('docs', hub, laptop, phone);
    assertSameTrees(a, b);
    assertSameTrees(a, c);
  };
  await same();
  await phone.ok('edit-folder', 'docs', '--set', 'conflict=keep-both');
  await waitFor('all hold keep-both', async () => {
    const rules = await Promise.all([hub, laptop].map((device) => device.ok('folders', '--json')));
    return rules.every((text) => text.includes('keep-both'));
  });

  await Promise.all([laptop.stop(), phone.stop()]);
  writeFileSync(join(a, 'plan.txt'), 'the hub');
  await sleep(APART_MS);
  writeFileSync(join(b, 'plan.txt'), 'the laptop');
  await sleep(APART_MS);
  writeFileSync(join(c, 'plan.txt'), 'the phone');
  await Promise.all([laptop.start(), phone.start()]);
  await same();
  const copies = copiesIn(a);
  assert.equal(copies.length, 2, copies.join(', '));
  assert.equal(read(a, 'plan.txt'), 'the phone');
  assert.deepEqual(new Set(copies.map((copy) => read(b, copy))), new Set(['the hub', 'the laptop']));
  for (const device of [hub, laptop, phone]) {
    const listed = await conflictsOf(device);
    assert.deepEqual(
      new Set(listed.map(({ path, copy }) => `${path} ${copy ?? ''}`)),
      new Set(copies.map((copy) => `plan.txt ${copy}`)),
    );
  }

  // Nobody makes a copy again: not after a restart, not when one was deleted by a device that others hear of late.
  const [first = '', second = ''] = copies;
  await laptop.stop();
  unlinkSync(join(a, first));
  await settle('docs', phone);
  await Promise.all([hub.restart(), laptop.start()]);
  await same();
  assert.deepEqual(copiesIn(b), [second]);

  // Edits of a copy on two devices make no copy of the copy.
  await laptop.stop();
  writeFileSync(join(a, second), 'edited on the hub');
  await sleep(APART_MS);
  writeFileSync(join(b, second), 'edited on the laptop');
  await laptop.start();
  await same();
  assert.deepEqual(copiesIn(c), [second]);
  assert.equal(read(c, second), 'edited on the laptop');

  await laptop.ok('resolve', 'docs', second, '--keep', 'local');
  const taken = await hub.ctl('resolve', 'docs', 'plan.txt', '--keep', 'both');
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /E_FOLDER_PATH: .* exists already, with another content/);
  await phone.ok('resolve', 'docs', 'plan.txt', '--keep', 'local');
  await same();
  assert.equal(read(c, second), 'edited on the laptop', 'what somebody has worked on stays');
  for (const device of [hub, laptop, phone]) assert.deepEqual(await conflictsOf(device), []);
});

const copiesIn = (root: string): string[] =>
  readdirSync(root)
    .filter((name) => name.includes('.conflict-'))
    .toSorted();

async function conflictsOf(device: Daemon): Promise<readonly Conflict[]> {
  return (await device.json('conflicts', 'docs')) as Conflict[];
}
