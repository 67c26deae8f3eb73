// What a join tells before it is done is what it then does.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { syncctlOnTerminal } from '../ctl/on-terminal.ts';
import { type Daemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Meeting {
  readonly hub: Daemon;
  readonly laptop: Daemon;
  readonly right: string;
  readonly invitation: string;
}

/** Two trees that have something in common: three files are only on the hub, two only on the laptop, one differs. */
async function meet(t: TestContext): Promise<Meeting> {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  for (const root of [left, right]) mkdirSync(root);
  plant(left, { 'a.txt': 'a', 'b/c.txt': 'c', 'b/d.txt': 'd', 'same.txt': 'same', 'plan.md': 'of the hub' });
  plant(right, { 'x.txt': 'x', 'y/z.txt': 'z', 'same.txt': 'same', 'plan.md': 'of the laptop' });
  const [hub, laptop] = await Promise.all([startDaemon(t, { name: 'hub' }), startDaemon(t, { name: 'laptop' })]);
  await hub.ok('add-folder', 'docs', left);
  await waitFor('the hub knows its folder', async () => (await hub.folder('docs')).state === 'idle');
  return { hub, laptop, right, invitation: (await hub.ok('invite', 'docs')).trim() };
}

const COUNTS = /^Folder docs → \S+right: 3 files, 13 B to receive, 2 local files to send, 1 differs\.$/m;

test('on a terminal a join is shown and asked for; n leaves nothing behind, y does what was shown', async (t) => {
  const { hub, laptop, right, invitation } = await meet(t);
  const before = readdirSync(right, { recursive: true });
  const words = ['--home', laptop.home, 'join', invitation, right];

  const refused = await syncctlOnTerminal(words, ['n']);

  assert.match(refused.shown, COUNTS);
  assert.match(refused.shown, /^The differing file is kept as a conflict\. Go on\? \[Y\/n\] n$/m);
  assert.notEqual(refused.code, 0);
  assert.deepEqual(readdirSync(right, { recursive: true }), before);
  for (const device of [hub, laptop]) assert.deepEqual((await device.status()).peers, [], device.name);
  assert.deepEqual((await laptop.status()).folders, []);

  const agreed = await syncctlOnTerminal(words, ['y']);

  assert.equal(agreed.code, 0, agreed.shown);
  assert.match(agreed.shown, COUNTS);
  await settle('docs', laptop, hub);
  assert.deepEqual([read(right, 'a.txt'), read(right, 'b/c.txt'), read(right, 'b/d.txt')], ['a', 'c', 'd']);
  assert.equal((await hub.folder('docs')).files, 7);
  const conflicts = (await laptop.json('conflicts')) as { path: string }[];
  assert.deepEqual(
    conflicts.map(({ path }) => path),
    ['plan.md'],
  );
});

test('in a pipe the same is told beside the data, and nothing is asked; what is ignored here is not counted', async (t) => {
  const { hub, laptop, right, invitation } = await meet(t);
  laptop.configure("defaults: { ignore: ['*.tmp', '!plan.md'] }\n");
  await laptop.ok('reload');
  plant(right, { 'x.tmp': 'x', '.syncignore': 'cache/\n', 'cache/a': 'a', 'y/cache/b': 'b' });

  const joined = await laptop.ctl('join', invitation, right);

  assert.equal(joined.code, 0);
  assert.match(
    joined.stderr,
    /^Folder docs → \S+right: at most 3 files, 13 B to receive, 3 local files to send, 1 differs\.$/m,
  );
  assert.match(joined.stdout, /^Paired with hub \([A-Z2-7]{7}\)\.\nFolder docs: .*right\n$/);
  await settle('docs', laptop, hub);
  assert.equal((await hub.folder('docs')).files, 5 + 3);
});

test('a folder that is here already is compared by what is known of it', async (t) => {
  const { hub, laptop, right, invitation } = await meet(t);
  await laptop.ok('add-folder', 'docs', right);
  await waitFor('the laptop knows its folder', async () => (await laptop.folder('docs')).state === 'idle');

  const { shown } = await syncctlOnTerminal(['--home', laptop.home, 'join', invitation], ['n']);

  assert.match(shown, COUNTS);
  assert.equal(exists(right, 'a.txt'), false);
  assert.deepEqual((await hub.status()).peers, []);
});
