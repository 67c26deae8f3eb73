// A join in which something cannot be written, on either side: when it can be again, both have it without a command, and in
// between nobody is known by half.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Daemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { type Fault, Injection, withoutStrace } from './strace.ts';
import { assertSameTrees, plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

const skip = withoutStrace();

interface Place {
  readonly hub: Daemon;
  readonly laptop: Daemon;
  readonly invitation: string;
  readonly roots: readonly [string, string];
}

async function invited(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  const roots = [join(place, 'left'), join(place, 'right')] as const;
  plant(roots[0], { 'a.txt': 'a', 'b/b.txt': 'b' });
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await hub.ok('add-folder', 'docs', roots[0]);
  const invitation = (await hub.ok('invite', 'docs')).trim();
  return { hub, laptop, invitation, roots };
}

/** From now on, whenever the file of the folder docs is written anew. */
function faultAtFolder(t: TestContext, hub: Daemon, fault: Pick<Fault, 'calls' | 'what'>): Promise<Injection> {
  return Injection.into(t, hub.pid, { ...fault, when: '1+', paths: [join(hub.home, 'folders.d/.docs.yaml.new')] });
}

/** Whom it knows, and who has its folders. */
async function known({ hub }: Place): Promise<unknown> {
  // What lies on the disk counts: the next command would take it up.
  await hub.ok('reload');
  const { peers, folders } = await hub.status();
  return [peers.map(({ name }) => name), folders.map((folder) => folder.peers.map(({ name }) => name))];
}

async function bothHaveIt({ hub, laptop, roots }: Place): Promise<void> {
  await waitFor('the laptop has the folder', async () => (await laptop.status()).folders.length > 0);
  await settle('docs', hub, laptop);
  assertSameTrees(...roots);
  await waitFor('nothing is left to do', () => readdirSync(join(laptop.home, 'state/joins')).length === 0);
  assert.doesNotMatch(await laptop.ok('status'), /E_JOIN_PENDING/);
}

test(
  'S58: an inviter with no room for all that it has to write lets nobody in by half, and lets in when there is room',
  { skip },
  async (t) => {
    const place = await invited(t);
    const { hub, laptop, invitation, roots } = place;
    const noRoom = await faultAtFolder(t, hub, { calls: 'openat', what: 'error=ENOSPC' });

    const { stderr } = await laptop.ctl('join', invitation, roots[1]);
    assert.match(stderr, /E_INTERNAL: on the inviting device/);
    assert.match(
      await laptop.ok('status'),
      /docs\s+E_JOIN_PENDING\s+joining .* is not finished: on the inviting device/,
    );
    assert.ok(noRoom.times > 0);
    assert.deepEqual(await known(place), [[], [[]]]);
    assert.deepEqual(readdirSync(join(hub.home, 'peers.d')), []);

    await noRoom.end();
    await bothHaveIt(place);
  },
);

test(
  'S58: whom a failing disk has let in by half comes in whole when it is well again, and nobody else in between',
  { skip },
  async (t) => {
    const place = await invited(t);
    const { hub, laptop, invitation, roots } = place;
    const third = await startDaemon(t, { name: 'third' });
    const failing = await faultAtFolder(t, hub, { calls: 'rename', what: 'error=EIO' });

    assert.notEqual((await laptop.ctl('join', invitation, roots[1])).code, 0);
    assert.deepEqual(await known(place), [['laptop'], [[]]]);
    assert.match((await third.ctl('join', invitation, join(third.home, 'x'))).stderr, /E_INVITATION_REFUSED/);

    await failing.end();
    await bothHaveIt(place);
  },
);

test('S58: who was let in by half and is removed does not come back by its invitation', { skip }, async (t) => {
  const place = await invited(t);
  const { hub, laptop, invitation, roots } = place;
  const failing = await faultAtFolder(t, hub, { calls: 'rename', what: 'error=EIO' });
  await laptop.ctl('join', invitation, roots[1]);
  await laptop.stop();
  assert.deepEqual(await known(place), [['laptop'], [[]]]);
  await failing.end();

  await hub.ok('remove-peer', 'laptop');

  await hub.stop();
  await hub.start();
  assert.deepEqual(await known(place), [[], [[]]]);
});

test('S58: who was let in is told so, also where the inviter cannot note it', { skip }, async (t) => {
  const place = await invited(t);
  const { hub, laptop, invitation, roots } = place;
  // It is opened to be flushed: once when the invitation is used, once when that was given.
  const failing = await Injection.into(t, hub.pid, {
    calls: 'openat',
    what: 'error=EIO',
    when: '2+',
    paths: [join(hub.home, 'state/invitations')],
  });

  await laptop.ok('join', invitation, roots[1]);
  assert.ok(failing.times > 0);
  await failing.end();
  await bothHaveIt(place);
  const third = await startDaemon(t, { name: 'third' });
  mkdirSync(join(third.home, 'x'));
  assert.match((await third.ctl('join', invitation, join(third.home, 'x'))).stderr, /E_INVITATION_REFUSED/);
});

for (const [what, calls, path] of [
  ['the peer cannot be written down', 'openat', 'peers.d/.hub.yaml.new'],
  ['the folder cannot be written down', 'openat', 'folders.d/.docs.yaml.new'],
  ['the directory cannot be made', 'mkdir', '../right'],
] as const)
  test(`S58: a device that is let in, and on which ${what}, goes on with it when it can`, { skip }, async (t) => {
    const place = await invited(t);
    const { hub, laptop, invitation, roots } = place;
    const noRoom = await Injection.into(t, laptop.pid, {
      calls,
      what: 'error=ENOSPC',
      when: '1+',
      paths: [path === '../right' ? roots[1] : join(laptop.home, path)],
    });

    assert.notEqual((await laptop.ctl('join', invitation, roots[1])).code, 0);
    assert.ok(noRoom.times > 0);
    assert.deepEqual(await known(place), [['laptop'], [['laptop']]]);
    assert.equal(readdirSync(join(laptop.home, 'state/joins')).length, 1);

    await noRoom.end();
    await bothHaveIt(place);
    assert.deepEqual(
      (await laptop.folder('docs')).peers.map(({ name }) => name),
      [(await hub.status()).daemon.name],
    );
  });

test(
  'S58: a join that could not be finished at one path is finished at another, and is not waited for any more',
  { skip },
  async (t) => {
    const place = await invited(t);
    const { hub, laptop, invitation, roots } = place;
    const [another] = [(await hub.ok('invite', 'docs')).trim()];
    // A file is in the way.
    plant(join(roots[1], '..'), { 'file.txt': 'no directory' });
    assert.match((await laptop.ctl('join', invitation, join(roots[1], '../file.txt/docs'))).stderr, /E_FOLDER_PATH/);
    assert.equal(readdirSync(join(laptop.home, 'state/joins')).length, 1);

    await laptop.ok('join', another, roots[1]);

    await bothHaveIt(place);
  },
);

test(
  'S58: a join that waits for its inviter is in status, also after a restart, until it is given up',
  { skip },
  async (t) => {
    const place = await invited(t);
    const { hub, laptop, invitation, roots } = place;
    const noRoom = await faultAtFolder(t, hub, { calls: 'openat', what: 'error=ENOSPC' });
    await laptop.ctl('join', invitation, roots[1]);
    await hub.stop();
    await noRoom.end();
    await laptop.stop();

    await laptop.start();

    assert.match(
      await laptop.ok('status'),
      /E_JOIN_PENDING\s+joining .* is not finished: .*syncctl remove-folder docs/,
    );
    assert.equal((await laptop.ctl('status', '--check')).code, 5);
    assert.equal((await laptop.status()).daemon.health, 'degraded');
    await laptop.ok('remove-folder', 'docs', '--yes');
    assert.equal((await laptop.ctl('status', '--check')).code, 0);
    await hub.start();
    assert.deepEqual([(await laptop.status()).peers, await known(place)], [[], [[], [[]]]]);
  },
);
