// Pairing, as a person does it and as an administrator does it.
import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDaemon, pair, settle, startDaemon, startPair, temporaryDirectory } from './daemon.ts';
import { freePort } from './free-port.ts';
import { assertSameTrees, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('three commands pair two devices, and a file goes each way', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  const hub = await startDaemon(t, { name: 'hub' });
  const laptop = await startDaemon(t, { name: 'laptop' });

  await hub.ok('add-folder', 'docs', left);
  const invitation = await hub.ok('invite', 'docs');
  assert.match(invitation, /^syncd:\S+\n$/, 'piped, the invitation is one line and nothing else');
  await laptop.ok('join', invitation.trim(), right);
  plant(left, { 'from-hub.txt': 'hello from the hub' });
  plant(right, { 'from-laptop.txt': 'hello from the laptop' });
  await settle('docs', hub, laptop);

  assert.equal(read(right, 'from-hub.txt'), 'hello from the hub');
  assert.equal(read(left, 'from-laptop.txt'), 'hello from the laptop');
  const [peer] = (await hub.status()).peers;
  assert.equal(peer?.name, 'laptop');
  assert.equal(peer?.connected, true);
  assert.equal(peer?.id, (await laptop.status()).daemon.id);
  const folder = await laptop.folder('docs');
  assert.equal(folder.peers[0]?.name, 'hub');
  assert.equal(folder.peers[0]?.in_sync, true);
});

test('an invitation admits one device, and another one is refused', async (t) => {
  const place = temporaryDirectory(t);
  const hub = await startDaemon(t, { name: 'hub' });
  const [laptop, stranger] = [await startDaemon(t, { name: 'laptop' }), await startDaemon(t, { name: 'stranger' })];
  await hub.ok('add-folder', 'docs', join(place, 'left'));
  const invitation = (await hub.ok('invite', 'docs')).trim();
  await laptop.ok('join', invitation, join(place, 'right'));

  const refused = await stranger.ctl('join', invitation, join(place, 'third'));

  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^syncctl: E_INVITATION_REFUSED: .*\nhint: .*\n$/);
  assert.deepEqual((await stranger.status()).folders, []);
  assert.deepEqual(
    (await hub.status()).peers.map((peer) => peer.name),
    ['laptop'],
  );
});

test('an invitation that has expired is refused', async (t) => {
  const place = temporaryDirectory(t);
  const hub = await startDaemon(t, { name: 'hub' });
  const laptop = await startDaemon(t, { name: 'laptop' });
  await hub.ok('add-folder', 'docs', join(place, 'left'));
  const invitation = (await hub.ok('invite', 'docs', '--expires', '1s')).trim();
  await sleep(1500);

  const refused = await laptop.ctl('join', invitation, join(place, 'right'));

  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /E_INVITATION_REFUSED/);
});

test('what is no invitation, for no folder, or from nobody who answers, is refused in words', async (t) => {
  const hub = await startDaemon(t, { name: 'hub' });

  const garbage = await hub.ctl('join', 'syncd:v1:nonsense');
  const unknown = await hub.ctl('invite', 'nothing');
  await hub.ok('add-folder', 'docs', join(hub.home, '..', 'docs'));
  const elsewhere = (await hub.ok('invite', 'docs', '--address', '127.0.0.1:1')).trim();
  const laptop = await startDaemon(t, { name: 'laptop' });
  const unreachable = await laptop.ctl('join', elsewhere);

  assert.equal(garbage.code, 2);
  assert.match(garbage.stderr, /E_INVITATION: /);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /E_NO_SUCH_FOLDER: /);
  assert.equal(unreachable.code, 1);
  assert.match(unreachable.stderr, /E_UNREACHABLE: no answer at 127\.0\.0\.1:1: nothing listens there/);
});

test('T45: joining merges two trees: each gets what it lacks, and of what differs both contents are kept', async (t) => {
  const { hub, laptop, left, right } = await startPair(t, {
    before: (l, r) => {
      plant(l, { 'only-left.txt': 'l', 'same.txt': 'same', 'differs.txt': 'the content of the hub' });
      plant(r, { 'only-right.txt': 'r', 'same.txt': 'same', 'differs.txt': 'the content of the laptop' });
    },
  });

  assert.equal(read(right, 'only-left.txt'), 'l');
  assert.equal(read(left, 'only-right.txt'), 'r');
  for (const device of [hub, laptop]) {
    const conflicts = (await device.json('conflicts')) as { path: string }[];
    assert.deepEqual(
      conflicts.map((conflict) => conflict.path),
      ['differs.txt'],
      `conflicts on ${device.name}`,
    );
  }
});

test('a folder that exists at another path is not joined over it, but under another name', async (t) => {
  const place = temporaryDirectory(t);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await hub.ok('add-folder', 'docs', join(place, 'left'));
  await laptop.ok('add-folder', 'docs', join(place, 'mine'));
  const invitation = (await hub.ok('invite', 'docs')).trim();

  const refused = await laptop.ctl('join', invitation, join(place, 'other'));

  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /hint: .*--as/);
  assert.equal(exists(place, 'other'), false);

  await laptop.ok('join', invitation, join(place, 'other'), '--as', 'team docs');
  writeFileSync(join(place, 'left', 'from-hub.txt'), 'there');
  writeFileSync(join(place, 'other', 'from-laptop.txt'), 'here');
  writeFileSync(join(place, 'mine', 'own.txt'), 'nobody else’s');
  await laptop.ok('wait', 'team docs', '--timeout', '90');
  await hub.ok('wait', 'docs', '--timeout', '90');
  assertSameTrees(join(place, 'left'), join(place, 'other'));
  assert.equal(exists(place, 'left/own.txt'), false);

  // The name there is written down, and holds over a restart and for the next invitation.
  await laptop.restart();
  writeFileSync(join(place, 'other', 'later.txt'), 'later');
  await laptop.ok('wait', 'team docs', '--timeout', '90');
  assert.equal(exists(place, 'left/later.txt'), true);
  await laptop.ok('join', (await hub.ok('invite', 'docs')).trim());
  const { folders } = await laptop.status();
  assert.deepEqual(folders.map(({ name }) => name).toSorted(), ['docs', 'team docs']);

  // Also a name can be changed, and what leads nowhere is only not shared.
  await laptop.ok('edit-folder', 'team docs', '--set', 'names.hub=elsewhere');
  await waitFor('the hub does not share what it has not', async () => !(await hub.folder('docs')).peers[0]?.connected);
  await laptop.ok('edit-folder', 'team docs', '--set', 'names.hub=docs');
  await laptop.ok('wait', 'team docs', '--timeout', '90');
  const wrong = await laptop.ctl('edit-folder', 'team docs', '--set', 'names.hub=../docs');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /folders\.team docs\.names\.hub: found \.\.\/docs; expected letters/);
});

test('a removed peer is cut off at once, and may not come back', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (l) => plant(l, { 'a.txt': 'a' }) });
  await same();

  await hub.ok('remove-peer', 'laptop');
  plant(left, { 'secret.txt': 'not for you' });

  await waitFor('the laptop has lost its connection', async () =>
    (await laptop.status()).peers.every((peer) => !peer.connected),
  );
  assert.deepEqual((await hub.status()).peers, []);
  await laptop.restart();
  await laptop.ctl('wait', 'docs', '--timeout', '2');
  assert.equal(exists(right, 'secret.txt'), false);
  assert.equal(read(right, 'a.txt'), 'a', 'what it had, it keeps');
});

test('devices that name each other in their configuration are paired without an invitation', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(left);
  mkdirSync(right);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  const ids = { hub: (await hub.status()).daemon.id, laptop: (await laptop.status()).daemon.id };
  await Promise.all([hub.stop(), laptop.stop()]);
  const port = await freePort();
  const folder = (path: string, peer: string): string =>
    `folders:\n  docs:\n    path: ${path}\n    peers: { ${peer}: two-way }\n`;
  hub.configure(`listen: "127.0.0.1:${port}"\npeers: { laptop: { id: ${ids.laptop} } }\n${folder(left, 'laptop')}`);
  laptop.configure(`peers: { hub: { id: ${ids.hub}, address: "wss://127.0.0.1:${port}" } }\n${folder(right, 'hub')}`);

  await Promise.all([hub.start(), laptop.start()]);
  plant(left, { 'a.txt': 'a' });
  plant(right, { 'b.txt': 'b' });
  await settle('docs', hub, laptop);

  assertSameTrees(left, right);
  assert.equal(read(right, 'a.txt'), 'a');
});

test('a second folder is shared over the same pairing', async (t) => {
  const { hub, laptop } = await startPair(t);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'more-left'), join(place, 'more-right')];

  await pair(hub, laptop, 'more', [left, right]);
  plant(right, { 'x.txt': 'x' });
  await settle('more', laptop, hub);

  assert.equal(read(left, 'x.txt'), 'x');
  assert.equal((await hub.status()).peers.length, 1);
});

test('no port is open before the first invitation, and the key is nobody else’s to read', async (t) => {
  const hub = makeDaemon(t, { name: 'hub' });
  await hub.start();
  const overview = await hub.ok('status');
  assert.doesNotMatch(overview, /listening on \S*:\d+/);
  const key = join(hub.home, 'state', 'device.key');
  assert.equal(statSync(key).mode & 0o777, 0o600);
  assert.equal(statSync(join(hub.home, 'state')).mode & 0o777, 0o700);
});
