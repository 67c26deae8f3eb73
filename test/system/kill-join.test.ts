// A join in which one device is killed at each of its writes in turn: after its restart both come to agree, and nobody
// helps. Each knows the other and has the folder, which syncs, or neither does; and the secret is good for one device.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask } from '../control/served.ts';
import { type Daemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { freePort } from './free-port.ts';
import { Injection, withoutStrace } from './strace.ts';
import { assertSameTrees, plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

const skip = withoutStrace();
const FILES = { 'a.txt': 'a', 'b/b.txt': 'b', 'c.txt': 'c' };
/** By each rename a write begins to count, by the unlink a note is forgotten. No join makes so many. */
const STAGES = [...Array.from({ length: 12 }, (_, i) => ['rename', i + 1] as const), ['unlink', 1] as const];

type Stage = (typeof STAGES)[number];

/** Is it killed in its Nth such call? If so it does not run any more. */
async function joinKilled(t: TestContext, victim: Daemon, [calls, n]: Stage, asked: () => Promise<unknown>) {
  const injection = await Injection.into(t, victim.pid, { calls, what: 'signal=SIGKILL', when: `${n}` });
  const answered = await asked().then(
    (answer) => (answer as { readonly status: number }).status === 200,
    () => false,
  );
  if (!answered) await waitFor('it is dead', () => !victim.isRunning());
  const died = !victim.isRunning();
  if (died) await victim.kill();
  await injection.end();
  return died;
}

const askToJoin = (daemon: Daemon, invitation: string, path: string): Promise<unknown> =>
  ask(join(daemon.home, 'syncd.sock'), 'POST', '/v1/join', { body: JSON.stringify({ invitation, path }) });

/** What it has noted of joins that have not ended. */
function notes(daemon: Daemon): readonly string[] {
  const directory = join(daemon.home, 'state/joins');
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => !name.startsWith('.')).map((name) => join(directory, name));
}

/** Whom it knows, and with whom it has which folder. */
async function known(daemon: Daemon): Promise<unknown> {
  const { peers, folders } = await daemon.status();
  return [peers.map(({ name }) => name), folders.map(({ name, peers: with_ }) => [name, with_.map((one) => one.name)])];
}

interface Place {
  readonly hub: Daemon;
  readonly laptop: Daemon;
  readonly invitation: string;
  readonly name: string;
  /** The folder's on the hub and on the laptop. */
  readonly roots: readonly [string, string];
}

async function shared(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  const roots = [join(place, 'left'), join(place, 'right')] as const;
  mkdirSync(roots[0]);
  plant(roots[0], FILES);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  await hub.ok('add-folder', 'docs', roots[0]);
  const invitation = (await hub.ok('invite', 'docs')).trim();
  return { hub, laptop, invitation, name: 'docs', roots };
}

async function privately(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  const roots = [join(place, 'storage/laptop:notes'), join(place, 'notes')] as const;
  mkdirSync(join(place, 'storage'));
  plant(roots[1], FILES);
  const config = `listen: '127.0.0.1:${await freePort()}'\nstorage: ${join(place, 'storage')}\n`;
  const [hub, laptop] = [await startDaemon(t, { name: 'hub', config }), await startDaemon(t, { name: 'laptop' })];
  const invitation = (await hub.ok('invite', 'notes', '--private')).trim();
  return { hub, laptop, invitation, name: 'laptop:notes', roots };
}

async function bothAgree(t: TestContext, { hub, laptop, invitation, name, roots }: Place, how: string): Promise<void> {
  await waitFor('the join has ended', () => notes(laptop).length === 0);
  const here = name === 'docs' ? 'docs' : 'notes';
  const isDone = (await laptop.status()).peers.length > 0;
  if (!isDone) {
    assert.deepEqual(await known(laptop), [[], []], how);
    assert.deepEqual(await known(hub), [[], name === 'docs' ? [['docs', []]] : []], how);
    await laptop.ok('join', invitation, roots[1]);
  }
  assert.deepEqual(await known(laptop), [['hub'], [[here, ['hub']]]], how);
  assert.deepEqual(await known(hub), [['laptop'], [[name, ['laptop']]]], how);
  const third = await startDaemon(t, { name: 'third' });
  assert.match((await third.ctl('join', invitation, join(third.home, 'x'))).stderr, /E_INVITATION_REFUSED/, how);
  await laptop.ok('wait', here, '--timeout', '90');
  if (name === 'docs') await settle('docs', hub, laptop);
  assertSameTrees(...roots);
  for (const one of [hub, laptop, third]) {
    assert.doesNotMatch(one.logs(), new RegExp(invitation.split(':').at(-1) ?? ''), 'no log has the secret');
    await one.stop();
  }
}

for (const [who, make] of [
  ['laptop', shared],
  ['hub', shared],
  ['hub', privately],
] as const)
  test(
    `S58: a ${who} that is killed at each write of a join (${make.name}) comes to agree with the other device`,
    { skip, timeout: 600_000 },
    async (t) => {
      const ended = new Set<string>();
      let kills = 0;
      for (const stage of STAGES) {
        const [calls] = stage;
        if (ended.has(calls)) continue;
        const place = await make(t);
        const { laptop, invitation, roots } = place;
        const how = `${who} killed in ${stage.join(' ')}`;
        if (await joinKilled(t, place[who], stage, () => askToJoin(laptop, invitation, roots[1]))) {
          kills++;
          for (const note of notes(laptop)) assert.equal(statSync(note).mode & 0o777, 0o600);
          await place[who].start();
          t.diagnostic(how);
        } else ended.add(calls);
        await bothAgree(t, place, how);
      }
      assert.ok(kills >= 4, `${kills} kills`);
    },
  );

test(
  'S58: a device that was killed in a join goes on with it as soon as the inviter is back, unless it has left it since',
  { skip },
  async (t) => {
    for (const leaves of [false, true]) {
      const place = await shared(t);
      const { hub, laptop, invitation, roots } = place;
      // The note is the first, the peer the second, the folder the third.
      const asked = (): Promise<unknown> => askToJoin(laptop, invitation, roots[1]);
      assert.ok(await joinKilled(t, laptop, ['rename', 3], asked));
      await hub.stop();
      await laptop.start();
      const [note = ''] = notes(laptop);
      assert.match(readFileSync(note, 'utf8'), /syncd:v1:/);

      if (leaves) await laptop.ok('remove-peer', 'hub');
      await hub.start();

      if (!leaves) await bothAgree(t, place, 'the inviter was away');
      else assert.deepEqual([notes(laptop), await known(laptop)], [[], [[], []]]);
      await Promise.all([hub.stop(), laptop.stop()]);
    }
  },
);
