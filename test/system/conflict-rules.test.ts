// `conflict` of a folder: what each rule makes of edits on both sides, on running daemons, and how the setting travels.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pair, settle, startDaemon, startPair, temporaryDirectory, type Daemon } from './daemon.ts';
import { plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Conflict {
  readonly path: string;
  readonly winner_name: string;
  readonly loser_name: string;
}

/** Longer than the clocks of file systems and daemons are coarse. */
const APART_MS = 50;

test('hub-wins and largest: set while it runs, on either device, and one for all after a restart', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'plan.txt': 'as it was', 'size.txt': 'as it was', 'third.txt': 'as it was' }),
  });
  /** Both edit without knowing of each other, the hub before the laptop. */
  const apart = async (path: string, onHub: string, onLaptop: string): Promise<void> => {
    await laptop.stop();
    writeFileSync(join(left, path), onHub);
    await sleep(APART_MS);
    writeFileSync(join(right, path), onLaptop);
    await laptop.start();
    await same();
  };

  const wrong = await hub.ctl('edit-folder', 'docs', '--set', 'conflict=oldest');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /conflict: found "?oldest"?; expected .*newest.*hub-wins.*keep-both.*largest.*merge/);
  assert.equal(await ruleOn(hub), 'newest', 'what is refused changes nothing');

  await hub.ok('edit-folder', 'docs', '--set', 'conflict=hub-wins');
  await hears(laptop, 'hub-wins');
  await apart('plan.txt', 'edited on the hub', 'edited on the laptop, later');
  assert.equal(read(right, 'plan.txt'), 'edited on the hub');
  for (const device of [hub, laptop])
    assert.deepEqual(
      (await conflictsOf(device)).map(({ path, winner_name, loser_name }) => [path, winner_name, loser_name]),
      [['plan.txt', 'hub', 'laptop']],
      `listed on ${device.name}`,
    );
  await laptop.ok('restore', 'docs', 'plan.txt');
  await same();
  assert.equal(read(left, 'plan.txt'), 'edited on the laptop, later', 'the laptop keeps what it had');

  await laptop.ok('edit-folder', 'docs', '--set', 'conflict=largest');
  await hears(hub, 'largest');
  const { stdout } = await hub.ctl('status');
  assert.match(stdout, /conflict is largest, as set on laptop; the configuration here proposes hub-wins/);
  assert.equal((await hub.ctl('status', '--check')).code, 5);
  const doctor = await hub.ctl('doctor');
  assert.match(doctor.stdout, /conflict is largest, as set on laptop; the configuration here proposes hub-wins/);
  assert.equal(doctor.code, 5);
  await apart('size.txt', 'edited on the hub, which has more to say', 'edited on the laptop');
  assert.equal(read(right, 'size.txt'), 'edited on the hub, which has more to say');
  assert.equal(await ruleOn(hub), 'largest', 'a restart changes nothing');
  await hub.restart();
  assert.equal(await ruleOn(hub), 'largest');

  await hub.ok('edit-folder', 'docs', '--set', 'conflict=hub-wins');
  await hears(laptop, 'hub-wins');
  await hub.ok('edit-folder', 'docs', '--set', 'conflict=');
  assert.equal(await ruleOn(laptop), 'hub-wins', 'no proposal is no change');
});

test('a device that joins takes the setting of the inviter, and a configuration that proposes another is named', async (t) => {
  const place = temporaryDirectory(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(place, name)) as [string, string, string];
  for (const dir of [a, b, c]) mkdirSync(dir);
  const [hub, laptop, phone] = await Promise.all([
    startDaemon(t, { name: 'hub' }),
    startDaemon(t, { name: 'laptop', config: 'defaults: { conflict: newest }\n' }),
    startDaemon(t, { name: 'phone' }),
  ]);
  await hub.ok('add-folder', 'docs', a, '--set', 'conflict=largest');
  await pair(hub, laptop, 'docs', [a, b]);
  await hears(laptop, 'largest');
  assert.match((await laptop.ctl('status')).stdout, /the configuration here proposes newest/);
  laptop.configure('');
  await laptop.ok('reload');
  assert.doesNotMatch((await laptop.ctl('status')).stdout, /proposes/);
  assert.equal(await ruleOn(hub), 'largest');

  // The third hears it over the second, which was away when the first changed it.
  await pair(laptop, phone, 'docs', [b, c]);
  await settle('docs', hub, laptop, phone);
  await laptop.stop();
  await hub.ok('edit-folder', 'docs', '--set', 'conflict=hub-wins');
  await laptop.start();
  for (const device of [laptop, phone]) await hears(device, 'hub-wins');
  const authority = await Promise.all([hub, laptop, phone].map(async (device) => (await folderOn(device)).authority));
  assert.equal(new Set(authority).size, 1, 'the authority is one for all');
});

async function folderOn(device: Daemon): Promise<{ readonly conflict: string; readonly authority: string }> {
  const folders = (await device.json('folders')) as { name: string; conflict: string; authority: string }[];
  const docs = folders.find(({ name }) => name === 'docs');
  assert.ok(docs !== undefined);
  return docs;
}

async function ruleOn(device: Daemon): Promise<string> {
  return (await folderOn(device)).conflict;
}

async function hears(device: Daemon, rule: string): Promise<void> {
  await waitFor(`${device.name} holds ${rule}`, async () => (await ruleOn(device)) === rule);
}

async function conflictsOf(device: Daemon): Promise<readonly Conflict[]> {
  return (await device.json('conflicts', 'docs')) as Conflict[];
}
