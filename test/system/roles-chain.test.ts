// Roles where they meet other things: a chain with a relay that only receives, a client that brings its own copy of the
// tree, one that offends by the thousand, and two devices that refuse each other.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, pair, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { assertSameTrees, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

async function refusedOn(daemon: Daemon): Promise<string[]> {
  const { skipped } = await daemon.folder('docs');
  return skipped
    .filter(({ code }) => code === 'E_ROLE')
    .map(({ path }) => path)
    .toSorted();
}

async function invited(inviter: Daemon, daemon: Daemon, role: string, root: string): Promise<void> {
  const invitation = (await inviter.ok('invite', 'docs', '--role', role)).trim();
  await daemon.ok('join', invitation, root);
}

test('S64: in a chain, what an edit-only peer at its end may not do reaches nobody, by way of a relay that only receives', async (t) => {
  const place = temporaryDirectory(t);
  const [a, b, c] = [join(place, 'a'), join(place, 'b'), join(place, 'c')];
  plant(a, {
    'kept.txt': 'kept',
    'dir/inner.txt': 'inner',
    'edited.txt': 'as it was',
    'moved.txt': 'moved',
    'x.sh': 'x',
  });
  const [first, relay, last] = await Promise.all(['first', 'relay', 'last'].map((name) => startDaemon(t, { name })));
  assert.ok(first && relay && last);
  await pair(first, relay, 'docs', [a, b]);
  await relay.ok('edit-folder', 'docs', '--set', 'mode=receive-only');
  await invited(relay, last, 'edit-only', c);
  await settle('docs', first, relay, last);

  rmSync(join(c, 'kept.txt'));
  rmSync(join(c, 'dir'), { recursive: true });
  renameSync(join(c, 'moved.txt'), join(c, 'new name.txt'));
  writeFileSync(join(c, 'new name.txt'), 'moved, and then edited');
  chmodSync(join(c, 'x.sh'), 0o700);
  writeFileSync(join(c, 'created.txt'), 'created');
  mkdirSync(join(c, 'made'));
  symlinkSync('edited.txt', join(c, 'link'));
  writeFileSync(join(c, 'edited.txt'), 'edited at the end of the chain');

  await waitFor('the edit passes, and nothing else', () => read(a, 'edited.txt') === 'edited at the end of the chain');
  await waitFor(
    'what was deleted comes back',
    () => exists(c, 'kept.txt') && exists(c, 'dir/inner.txt') && exists(c, 'moved.txt'),
  );
  await waitFor(
    'what was created is named',
    async () => (await refusedOn(last)).join() === 'created.txt,link,made,new name.txt',
  );
  await settle('docs', last, relay, first);
  assertSameTrees(a, b);
  assert.equal(read(c, 'new name.txt'), 'moved, and then edited');
  for (const path of ['created.txt', 'made', 'link', 'new name.txt']) assert.ok(!exists(a, path) && !exists(b, path));

  // What the relay itself changes goes nowhere, though it passes on what others do.
  writeFileSync(join(b, 'edited.txt'), 'changed on the relay');
  rmSync(join(b, 'kept.txt'));
  await waitFor('it is undone', () => read(b, 'edited.txt') === read(a, 'edited.txt') && exists(b, 'kept.txt'));
  await settle('docs', last, relay, first);
  assert.equal(read(c, 'edited.txt'), 'edited at the end of the chain');

  await relay.ok('edit-folder', 'docs', '--set', 'peers.last=two-way');
  await waitFor(
    'a later grant syncs what was created',
    () => read(a, 'created.txt') === 'created' && exists(a, 'made'),
  );
  await settle('docs', last, relay, first, last);
  assertSameTrees(a, b);
  assertSameTrees(a, c);
});

test('I1, I10: a read-only client that brings a copy of its own: equal files stay, others are replaced and kept, more stays unsynced', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plantMany(left, 1000);
  cpSync(left, right, { recursive: true, preserveTimestamps: true });
  for (let n = 0; n < 20; n++) writeFileSync(join(right, `d000/f${n}.txt`), `another content ${n}\n`);
  for (let n = 0; n < 20; n++) writeFileSync(join(right, `own${n}.txt`), `own ${n}\n`);
  const [hub, reader] = await Promise.all([startDaemon(t, { name: 'hub' }), startDaemon(t, { name: 'reader' })]);
  await hub.ok('add-folder', 'docs', left);
  await invited(hub, reader, 'read-only', right);
  await waitFor('what it has alone is named', async () => (await refusedOn(reader)).length === 20);
  await waitFor('what differs is replaced', () => read(right, 'd000/f7.txt') === read(left, 'd000/f7.txt'));
  await settle('docs', hub, reader);

  for (let n = 0; n < 20; n++) assert.equal(read(right, `own${n}.txt`), `own ${n}\n`);
  const history = (await reader.json('history', 'docs', 'd000/f7.txt')) as { version: string | null }[];
  assert.ok(
    history.some(({ version }) => version !== null),
    'what was replaced is kept',
  );
  assert.ok(!exists(left, 'own0.txt'));

  // What the hub edits later is in conflict with nothing, whatever the client had.
  for (let n = 0; n < 100; n++) writeFileSync(join(left, `d001/f${100 + n}.txt`), `edited ${n}\n`);
  await waitFor('the edits arrive', () => read(right, 'd001/f199.txt') === 'edited 99\n');
  await settle('docs', hub, reader);
  assert.equal((await hub.folder('docs')).conflicts, 0);
  await reader.restart();
  await waitFor('it is named after a restart', async () => (await refusedOn(reader)).length === 20);
});

test('I7, I10: thousands of offences at once are undone, and then it is quiet', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plantMany(left, 2000);
  const [hub, reader] = await Promise.all([startDaemon(t, { name: 'hub' }), startDaemon(t, { name: 'reader' })]);
  await hub.ok('add-folder', 'docs', left);
  await invited(hub, reader, 'read-only', right);
  await settle('docs', hub, reader);

  rmSync(join(right, 'd000'), { recursive: true });
  renameSync(join(right, 'd001'), join(right, 'renamed'));
  for (let n = 200; n < 1200; n++)
    writeFileSync(join(right, `d${String(Math.floor(n / 100)).padStart(3, '0')}/f${n}.txt`), 'x');
  await waitFor(
    'all of it is undone',
    () => exists(right, 'd000/f99.txt') && exists(right, 'd001/f199.txt') && !exists(right, 'renamed'),
  );
  await settle('docs', hub, reader);
  assertSameTrees(left, right);
  assert.equal((await hub.folder('docs')).state, 'idle');

  const before = await hub.traffic();
  await settle('docs', hub, reader);
  const after = await hub.traffic();
  assert.ok(after.sent - before.sent < 20_000 && after.received - before.received < 20_000, 'nothing travels at rest');
});

test('I10: two devices that refuse each other say so, and then it is quiet', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(left, { 'a.txt': 'a', 'b.txt': 'b' });
  const [hub, laptop] = await Promise.all([startDaemon(t, { name: 'hub' }), startDaemon(t, { name: 'laptop' })]);
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);
  for (const daemon of [hub, laptop]) await daemon.ok('edit-folder', 'docs', '--set', 'mode=send-only');
  await settle('docs', hub, laptop);
  writeFileSync(join(left, 'a.txt'), 'of the hub');
  writeFileSync(join(right, 'b.txt'), 'of the laptop');
  writeFileSync(join(right, 'new.txt'), 'of the laptop');
  await settle('docs', hub, laptop);
  await waitFor('both name what stays different', async () => {
    const named = await Promise.all([refusedOn(hub), refusedOn(laptop)]);
    return named.every((paths) => paths.includes('a.txt') && paths.includes('b.txt')) && named[1]?.includes('new.txt');
  });
  assert.deepEqual([read(left, 'a.txt'), read(right, 'a.txt')], ['of the hub', 'a']);
  assert.deepEqual([read(left, 'b.txt'), read(right, 'b.txt')], ['b', 'of the laptop']);
  const before = await hub.traffic();
  await settle('docs', hub, laptop);
  const after = await hub.traffic();
  assert.ok(after.sent - before.sent < 20_000 && after.received - before.received < 20_000, 'nothing travels at rest');
  assert.ok(!exists(left, 'new.txt'));
  for (const daemon of [hub, laptop]) assert.equal((await daemon.folder('docs')).state, 'idle');
});
