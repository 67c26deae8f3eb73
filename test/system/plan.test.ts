// `plan`: a dry run whose numbers are those of what then happens.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type Daemon, startPair } from './daemon.ts';
import { noise, plant, read, describeTree } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Item {
  readonly path: string;
  readonly what: string;
  readonly bytes: number;
  readonly from: string | null;
  readonly peers: readonly string[];
}
interface Plan {
  readonly folder: string;
  readonly state: string;
  readonly error: { readonly code: string } | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly receive: readonly Item[];
  readonly delete: readonly Item[];
  readonly conflict: readonly Item[];
  readonly send: readonly Item[];
  readonly delete_there: readonly Item[];
  readonly not_connected: readonly string[];
}

async function planOf(daemon: Daemon): Promise<Plan> {
  const [plan, ...more] = (await daemon.json('plan', 'docs')) as readonly Plan[];
  assert.ok(plan !== undefined && more.length === 0);
  return plan;
}

const paths = (items: readonly Item[]): string[] => items.map(({ path }) => path);
const COUNTED = ['receive', 'receive_bytes', 'delete', 'conflict', 'send', 'send_bytes', 'delete_there'] as const;
const counted = ({ counts }: Plan): number[] => COUNTED.map((name) => counts[name] ?? -1);

test('plan says what waits in a paused folder, does nothing of it, and what then happens is what it said', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) =>
      plant(root, {
        changed: 'old',
        gone: 'x',
        'both.txt': 'as it was',
        moved: noise(5000, 1),
        'mine.txt': 'as it was',
      }),
  });
  assert.deepEqual(counted(await planOf(hub)), [0, 0, 0, 0, 0, 0, 0]);
  assert.match(await hub.ok('plan'), /^$/);

  await laptop.ok('pause', 'docs');
  writeFileSync(join(right, 'mine.txt'), 'from the laptop'); // 15 bytes
  writeFileSync(join(right, 'both.txt'), 'of the laptop');
  await laptop.ok('sync', 'docs');
  await waitFor('the laptop has seen its own changes', async () => (await planOf(laptop)).counts['send'] === 2);
  writeFileSync(join(left, 'changed'), noise(3000, 2));
  mkdirSync(join(left, 'dir'));
  writeFileSync(join(left, 'dir', 'new'), noise(20_000, 3));
  writeFileSync(join(left, 'both.txt'), 'of the hub, later');
  renameSync(join(left, 'moved'), join(left, 'dir', 'there'));
  unlinkSync(join(left, 'gone'));

  const before = describeTree(right);
  const plan = await waitFor('all is announced', async () => {
    const now = await planOf(laptop);
    return now.counts['receive'] === 4 && now.counts['delete'] === 1 && now.counts['conflict'] === 1 && now;
  });
  assert.equal(plan.state, 'paused');
  assert.deepEqual(paths(plan.receive), ['changed', 'dir', 'dir/new', 'dir/there']);
  assert.deepEqual(
    plan.receive.map(({ what, bytes, from }) => [what, bytes, from]),
    [
      ['change', 3000, null],
      ['create', 0, null],
      ['create', 20_000, null],
      ['move', 0, 'moved'],
    ],
  );
  assert.deepEqual(paths(plan.delete), ['gone'], 'what is moved is not deleted');
  assert.deepEqual(
    [paths(plan.conflict), plan.conflict[0]?.bytes, plan.conflict[0]?.peers],
    [['both.txt'], 17, ['hub']],
  );
  assert.deepEqual([plan.counts['receive_bytes'], plan.counts['send_bytes']], [23_000, 28]);
  assert.deepEqual(paths(plan.send).toSorted(), ['both.txt', 'mine.txt']);
  assert.deepEqual(describeTree(right), before, 'nothing was done');

  await laptop.restart();
  // Connected, it has yet to hear what the other one holds.
  await waitFor('it plans the same again', async () => {
    const now = await planOf(laptop);
    return now.not_connected.length === 0 && isDeepStrictEqual(now.counts, plan.counts);
  });

  const sentBefore = (await laptop.traffic()).received;
  await laptop.ok('resume', 'docs');
  await same();
  const received = (await laptop.traffic()).received - sentBefore;
  assert.ok(received >= 23_000 && received < 40_000, `${received} bytes came`);
  assert.equal(read(right, 'both.txt'), 'of the hub, later');
  assert.equal(read(left, 'mine.txt'), 'from the laptop');
  assert.equal(read(right, 'gone'), undefined);
  assert.equal(((await laptop.json('conflicts', 'docs')) as unknown[]).length, 1);
  assert.deepEqual(counted(await planOf(laptop)), [0, 0, 0, 0, 0, 0, 0]);
});

test('plan names who is away and what it will get, deletions that are held, and a folder that halts', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, `content ${n}`]));
  const { hub, laptop, left, same } = await startPair(t, { before: (root) => plant(root, { ...files, gone: 'x' }) });

  await laptop.stop();
  writeFileSync(join(left, 'new'), noise(900, 1));
  unlinkSync(join(left, 'gone'));
  const away = await waitFor('the changes are seen', async () => {
    const now = await planOf(hub);
    return now.counts['send'] === 1 && now.counts['delete_there'] === 1 && now;
  });
  assert.deepEqual(away.not_connected, ['laptop']);
  assert.deepEqual([paths(away.send), away.counts['send_bytes'], paths(away.delete_there)], [['new'], 900, ['gone']]);
  const words = await hub.ctl('plan', 'docs');
  assert.match(
    words.stderr,
    /^docs \(\w+\): send 1 path \(900 B\), delete 1 path on peers\.\n {2}Not connected, .*: laptop$/m,
  );
  assert.equal(words.stdout, 'docs\tdelete_there\tdelete\tgone\t0\t\tlaptop\ndocs\tsend\tchange\tnew\t900\t\tlaptop\n');
  assert.equal(await hub.ok('--quiet', 'plan', 'docs'), 'gone\nnew\n');
  await laptop.start();
  await same();

  for (const name of Object.keys(files)) unlinkSync(join(left, name));
  const held = await waitFor('they are held', async () => {
    const now = await planOf(hub);
    return now.state === 'held' && now;
  });
  assert.deepEqual([held.counts['held'], held.counts['delete_there'], held.error?.code], [30, 0, 'E_MASS_DELETE']);
  await hub.ok('reject', 'docs');
  await same();

  renameSync(left, `${left}-away`);
  const halted = await waitFor('it halts', async () => {
    const now = await planOf(hub);
    return now.state === 'halted' && now;
  });
  assert.deepEqual([halted.error?.code, ...counted(halted)], ['E_ROOT_MISSING', 0, 0, 0, 0, 0, 0, 0]);
  renameSync(`${left}-away`, left);
  const wrong = await hub.ctl('plan', 'dosc');
  assert.match(wrong.stderr, /E_NO_SUCH_FOLDER: there is no folder dosc\nhint: Did you mean docs\?/);
});
