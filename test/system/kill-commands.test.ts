// kill -9 in the middle of a command, at a chosen system call: afterwards the command is done or it is not, both devices
// agree on it, and asking once more completes it. The same for the first start, when key and index are made.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask } from '../control/served.ts';
import {
  type Daemon,
  makeDaemon,
  node,
  pair,
  settle,
  startDaemon,
  startPair,
  syncd,
  temporaryDirectory,
} from './daemon.ts';
import { freePort } from './free-port.ts';
import { Dice, rounds } from './rounds.ts';
import { Injection, withoutStrace } from './strace.ts';
import { assertSameTrees, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const skip = withoutStrace();
const dice = new Dice();
/** The calls by which configuration, invitations, indexes and roots change, and how many of each a command makes. */
const CALLS: readonly (readonly [calls: string, reach: number])[] = [
  ['rename,renameat2', 2],
  ['fsync,fdatasync', 5],
  ['unlink', 2],
  ['mkdir', 2],
  ['pwrite64', 12],
  ['write', 10],
];
const FILES = { 'a.txt': 'a', 'b/b.txt': 'b', 'c.txt': 'c' };

/** Asks the victim, which is killed at some call or comes to the end of the command; it runs again when this resolves. */
async function killedIn(t: TestContext, victim: Daemon, command: () => Promise<unknown>): Promise<string> {
  const [calls, reach] = dice.one(CALLS);
  const when = `${1 + dice.below(reach)}`;
  const listened = await listens(victim);
  const injection = await Injection.into(t, victim.pid, { calls, what: 'signal=SIGKILL', when });
  const answered = await command().then(
    () => true,
    () => false,
  );
  // The connection ends before its process does.
  if (!answered) await waitFor('it is dead', () => !victim.isRunning());
  const died = !victim.isRunning();
  await victim.kill();
  await injection.end();
  await victim.start();
  // It answers before it listens, and who joins now would find nobody.
  if (listened) await waitFor('it listens', () => listens(victim));
  const how = `seed ${dice.seed}: ${calls} number ${when} of ${victim.name}: ${died ? 'killed in it' : 'it was answered first'}`;
  t.diagnostic(how);
  return how;
}

/** The last word of the first line that `syncctl status` writes into a pipe is the address. */
async function listens(daemon: Daemon): Promise<boolean> {
  const [first = ''] = (await daemon.ok('status')).split('\n');
  return /:\d+$/.test(first);
}

const post = (daemon: Daemon, path: string, body: object): Promise<unknown> =>
  ask(join(daemon.home, 'syncd.sock'), 'POST', path, { body: JSON.stringify(body) });

async function hasFolder(daemon: Daemon, name: string): Promise<boolean> {
  return (await daemon.status()).folders.some((folder) => folder.name === name);
}

for (const who of ['joining', 'inviting'] as const)
  test(
    `S58: when the ${who} device is killed in a join, joining again ends it, and the secret is good for one device`,
    { skip },
    async (t) => {
      for (let round = 0; round < rounds(1); round++) {
        const place = temporaryDirectory(t);
        const [left, right] = [join(place, 'left'), join(place, 'right')];
        mkdirSync(left);
        plant(left, FILES);
        const hub = await startDaemon(t, { name: `hub${round}` });
        const laptop = await startDaemon(t, { name: 'laptop' });
        await hub.ok('add-folder', 'docs', left);
        const invitation = (await hub.ok('invite', 'docs')).trim();

        const how = await killedIn(t, who === 'joining' ? laptop : hub, () =>
          post(laptop, '/v1/join', { invitation, path: right }),
        );

        const admitted = (await hub.status()).peers.map((peer) => peer.name);
        if (admitted.length > 0) {
          const third = await startDaemon(t, { name: 'third' });
          const stolen = await third.ctl('join', invitation, join(place, 'third'));
          assert.match(stolen.stderr, /E_INVITATION_REFUSED/, how);
        }
        // By the same invitation, unless it was used up and nobody let in; then by another one.
        const again = await laptop.ctl('join', invitation, right);
        if (again.code !== 0) {
          assert.match(again.stderr, /E_INVITATION_REFUSED/, how);
          assert.deepEqual(admitted, [], how);
          const another = (await hub.ok('invite', 'docs')).trim();
          await laptop.ok('join', another, right);
        }
        await settle('docs', hub, laptop);
        assertSameTrees(left, right);
        assert.deepEqual([(await hub.status()).peers.length, (await laptop.status()).peers.length], [1, 1], how);
        await Promise.all([hub.stop(), laptop.stop()]);
      }
    },
  );

test(
  'S58: when a hub is killed while it makes a private folder, joining again ends it, and there is one folder',
  { skip },
  async (t) => {
    for (let round = 0; round < rounds(1); round++) {
      const place = temporaryDirectory(t);
      const [storage, notes] = [join(place, 'storage'), join(place, 'notes')];
      mkdirSync(storage);
      plant(notes, FILES);
      const config = `listen: '127.0.0.1:${await freePort()}'\nstorage: ${storage}\n`;
      const hub = await startDaemon(t, { name: `hub${round}`, config });
      const laptop = await startDaemon(t, { name: 'laptop' });
      const invitation = (await hub.ok('invite', 'notes', '--private')).trim();

      const how = await killedIn(t, hub, () => post(laptop, '/v1/join', { invitation, path: notes }));

      const again = await laptop.ctl('join', invitation, notes);
      if (again.code !== 0) {
        assert.match(again.stderr, /E_INVITATION_REFUSED/, how);
        await laptop.ok('join', (await hub.ok('invite', 'notes', '--private')).trim(), notes);
      }
      await laptop.ok('wait', 'notes', '--timeout', '90');
      assert.deepEqual(readdirSync(storage), ['laptop:notes'], how);
      assertSameTrees(join(storage, 'laptop:notes'), notes);
      await Promise.all([hub.stop(), laptop.stop()]);
    }
  },
);

test('S58: a folder whose removal was killed is there or is gone, and no file of it anywhere', { skip }, async (t) => {
  const { hub, laptop, left, right } = await startPair(t, { before: (root) => plant(root, FILES) });
  for (let round = 0; round < rounds(1); round++) {
    const how = await killedIn(t, laptop, () => post(laptop, '/v1/folders/remove', { folder: 'docs' }));

    if (await hasFolder(laptop, 'docs')) await laptop.ok('remove-folder', 'docs');
    assert.equal(await hasFolder(laptop, 'docs'), false, how);
    // Nobody keeps it now: what goes here is no deletion for anybody, however the removal ended.
    rmSync(join(right, 'a.txt'));
    await pair(hub, laptop, 'docs', [left, right]);
    await settle('docs', laptop, hub);
    assertSameTrees(left, right);
    assert.equal(read(left, 'a.txt'), 'a', how);
  }
});

test(
  'S58: a folder whose move to another path was killed is at the one path or the other, and nothing is deleted',
  { skip },
  async (t) => {
    const { hub, laptop, left, right } = await startPair(t, { before: (root) => plant(root, FILES) });
    const other = join(temporaryDirectory(t), 'other');
    mkdirSync(other);
    for (let round = 0; round < rounds(1); round++) {
      const at = (await laptop.folder('docs')).path;
      const to = at === right ? other : right;

      const how = await killedIn(t, laptop, () =>
        post(laptop, '/v1/folders/edit', { folder: 'docs', set: [`path=${to}`] }),
      );

      const { path } = await laptop.folder('docs');
      assert.ok(path === at || path === to, how);
      await settle('docs', laptop, hub);
      assertSameTrees(left, path);
      for (const [name, content] of Object.entries(FILES)) assert.equal(read(left, name), content, how);
    }
  },
);

test(
  'S58: an approval that was killed covers what was shown or nothing yet, and asking again ends it',
  { skip },
  async (t) => {
    const { hub, laptop, left, right } = await startPair(t);
    for (let round = 0; round < rounds(1); round++) {
      plantMany(left, 60, (n) => `content ${n} of round ${round}\n`);
      plant(left, { 'kept.txt': 'kept' });
      await settle('docs', hub, laptop);
      for (const name of readdirSync(left)) if (/^d\d/.test(name)) rmSync(join(left, name), { recursive: true });
      await hub.ok('sync', 'docs');
      await waitFor('it is held', async () => (await hub.folder('docs')).state === 'held');

      const how = await killedIn(t, hub, () => post(hub, '/v1/approve', { folder: 'docs' }));

      await waitFor('the folder has been looked at', async () =>
        ['held', 'idle'].includes((await hub.folder('docs')).state),
      );
      if ((await hub.folder('docs')).state === 'held') {
        assert.equal(exists(right, 'd000/f0.txt'), true, how);
        await hub.ctl('approve', 'docs');
      }
      await settle('docs', hub, laptop);
      assertSameTrees(left, right);
      assert.equal(read(right, 'kept.txt'), 'kept', how);
      assert.equal(exists(right, 'd000'), false, how);
    }
  },
);

/** Calls of a first start, in which key, certificate, lock, index and root are made. */
const FIRST_CALLS: readonly (readonly [calls: string, reach: number])[] = [
  ['link,linkat', 1],
  ['rename,renameat', 4],
  ['fsync,fdatasync', 8],
  ['mkdir', 5],
  ['unlink', 2],
  ['pwrite64', 30],
  ['ftruncate', 2],
  ['flock', 1],
  ['fchmod,chmod', 3],
];

test(
  'S58: a first start that was killed anywhere leaves no half key and no half index, and the next one starts',
  { skip },
  async (t) => {
    for (let round = 0; round < rounds(2); round++) {
      const place = temporaryDirectory(t);
      const root = join(place, 'docs');
      mkdirSync(root);
      plant(root, FILES);
      const daemon = makeDaemon(t, { name: 'first', config: `folders: { docs: { path: ${root} } }\n` });
      const key = join(daemon.home, 'state/device.key');
      const [calls, reach] = dice.one(FIRST_CALLS);
      const when = 1 + dice.below(reach);
      const how = `seed ${dice.seed}: ${calls} number ${when}`;
      const ended = await firstStart(daemon, calls, when);
      t.diagnostic(`${how}: ${ended}`);

      const before = existsSync(key) ? readFileSync(key, 'utf8') : undefined;
      assert.notEqual(before, '', how);
      if (before !== undefined)
        assert.match(before, /^-----BEGIN PRIVATE KEY-----[^]+-----END PRIVATE KEY-----\n$/, how);
      await daemon.start();
      await waitFor('it is at rest', async () => {
        const folder = await daemon.folder('docs');
        return folder.state === 'idle' && folder.files === 3;
      });
      if (before !== undefined) assert.equal(readFileSync(key, 'utf8'), before, how);
      assert.equal(statSync(key).mode & 0o777, 0o600, how);
      assert.doesNotMatch(daemon.logs(), /E_INDEX/, how);
      await daemon.stop();
    }
  },
);

/** Starts it under strace until it is killed, or stands at rest for a moment. */
async function firstStart(daemon: Daemon, calls: string, when: number): Promise<string> {
  const child = spawn(
    'strace',
    [
      ...['-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${when}`],
      ...[node, syncd, '--home', daemon.home],
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<boolean>((resolve) => child.once('exit', () => resolve(true)));
  const socket = join(daemon.home, 'syncd.sock');
  await waitFor('it is killed or at rest', async () => {
    if (child.exitCode !== null || child.signalCode !== null) return true;
    const answer = await ask(socket, 'GET', '/v1/status').catch(() => undefined);
    return answer?.text.includes('"state":"idle"') === true;
  });
  const died = child.exitCode !== null || child.signalCode !== null;
  if (!died) {
    const answer = await ask(socket, 'GET', '/v1/status');
    const { daemon: self } = answer.json as { daemon: { pid: number } };
    process.kill(self.pid, 'SIGKILL');
  }
  await ended;
  return died ? 'killed in it' : 'killed at rest';
}
