// Bringing things back as people do: a file, a directory, all of it, after somebody's machine has deleted or encrypted them.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncctlOnTerminal } from '../ctl/on-terminal.ts';
import { type Daemon, settle, startPair } from './daemon.ts';
import { describeTree, exists, noise, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Plan {
  readonly dry_run: boolean;
  readonly restored: number;
  readonly removed: number;
  readonly kept: number;
  readonly impossible: number;
  readonly paths: readonly { readonly path: string; readonly what: string }[];
}

const planOf = async (daemon: Daemon, ...args: readonly string[]): Promise<Plan> =>
  (await daemon.json(...args)) as Plan;

/** A time after all that was done before, and before all that is done next. */
async function now(): Promise<string> {
  await sleep(20);
  const time = new Date().toISOString();
  await sleep(20);
  return time;
}

test('T47 I1: a directory comes back as it was at a time, in place or elsewhere, also after a restart', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => {
      if (exists(root, 'photos')) return;
      plant(root, {
        'photos/a.jpg': 'a',
        'photos/2025/b.jpg': 'b',
        'photos/link': { link: 'a.jpg' },
        'notes.txt': 'n',
      });
      mkdirSync(join(root, 'photos/empty'));
      chmodSync(join(root, 'photos/2025'), 0o750);
      utimesSync(join(root, 'photos/a.jpg'), 1_600_000_000, 1_600_000_000);
    },
  });
  const before = describeTree(left);
  const at = await now();
  rmSync(join(right, 'photos/2025'), { recursive: true });
  rmSync(join(right, 'photos/empty'), { recursive: true });
  rmSync(join(right, 'photos/link'));
  plant(right, { 'photos/a.jpg': 'overwritten', 'photos/new.jpg': 'new', 'notes.txt': 'new notes' });
  await same();
  await hub.restart();

  assert.match(
    await hub.ok('history', 'docs', 'photos', '--since', at),
    /deleted\tlaptop\t\t\w+\tdocs\tphotos\/2025\/b\.jpg/,
  );
  const dry = await planOf(hub, 'restore', 'docs', 'photos', '--at', at, '--dry-run');
  assert.deepEqual([dry.restored, dry.kept, dry.impossible], [5, 1, 0]);
  assert.equal(read(left, 'photos/a.jpg'), 'overwritten');
  const copy = join(left, '../copy');
  await hub.ok('restore', 'docs', 'photos', '--at', at, '--to', copy);
  const inPhotos = (tree: ReadonlyMap<string, string>): unknown =>
    [...tree]
      .filter(([path]) => path.startsWith('photos/'))
      .map(([path, line]) => [path.slice('photos/'.length), line]);
  assert.deepEqual([...describeTree(copy)], inPhotos(before));
  const again = await hub.ctl('restore', 'docs', 'photos', '--at', at, '--to', copy);
  assert.match(again.stderr, /^syncctl: E_FOLDER_PATH: .* exists already\nhint: /);
  for (const [path, time] of [
    ['photos', ['--at', at]],
    ['photos/a.jpg', []],
  ] as const) {
    const nowhere = await hub.ctl('restore', 'docs', path, ...time, '--to', join(copy, 'no/such'));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^syncctl: E_FOLDER_PATH: .*no\/such cannot be made\nhint: Its directory must exist/);
  }

  assert.equal(
    await hub.ok('restore', 'docs', 'photos', '--at', at),
    'Restored 5, left 1 that were made since: photos in docs.\n',
  );
  await same();
  rmSync(join(left, 'photos/new.jpg'));
  await same();
  assert.deepEqual(inPhotos(describeTree(right)), inPhotos(before));
  assert.equal(read(right, 'notes.txt'), 'new notes');

  for (const [args, code] of [
    [['restore', 'docs', 'nowhere'], 'E_NO_SUCH_PATH'],
    [['restore', 'docs', 'photos', '--at', 'soon'], 'E_USAGE'],
    [['restore', 'docs', '../photos'], 'E_USAGE'],
    [['restore', 'docs', 'photos', '--version', '1234'], 'E_NO_SUCH_VERSION'],
    [['undo', 'docs', 'zzzz'], 'E_NOTHING_TO_UNDO'],
    [['undo', 'docs'], 'E_USAGE'],
  ] as const)
    assert.match((await hub.ctl(...args)).stderr, new RegExp(`^syncctl: ${code}: .*\nhint: `), args.join(' '));
  await settle('docs', laptop);
});

test('S42 I1: undo brings everything back in one command, while the other machine goes on encrypting', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => {
      if (root.endsWith('left')) plantMany(root, 600);
    },
  });
  await hub.ok('edit-folder', 'docs', '--set', 'max_delete=100%');
  await laptop.ok('edit-folder', 'docs', '--set', 'max_delete=100%');
  await same();
  const before = describeTree(left);
  const since = await now();
  const files = [...before].flatMap(([path, line]) => (line.startsWith('file') ? [path] : []));
  const victims = files.values();
  const encrypt = (): void => {
    const { value: path } = victims.next();
    if (path === undefined) return;
    writeFileSync(join(right, path), noise(200, path.length + 1));
    renameSync(join(right, path), join(right, `${path}.enc`));
  };
  const encrypting = setInterval(() => encrypt(), 10);
  t.after(() => clearInterval(encrypting));
  await waitFor('some of it is here', () => files.filter((path) => !exists(left, path)).length > 100);
  await hub.ok('remove-peer', 'laptop');

  const dry = await planOf(hub, 'undo', 'docs', '--since', since, '--dry-run');
  assert.ok(dry.dry_run && dry.restored > 100 && dry.impossible === 0, JSON.stringify({ ...dry, paths: [] }));
  const asked = ['--home', hub.home, 'undo', 'docs', '--since', since];
  const { shown, code } = await syncctlOnTerminal(asked, ['n']);
  assert.match(
    shown,
    new RegExp(`Would restore ${dry.restored}, remove ${dry.removed} in docs\\..*Undo it on all devices\\?`, 's'),
  );
  assert.notEqual(code, 0);
  const done = await planOf(hub, 'undo', 'docs', '--since', since);
  assert.deepEqual([done.restored, done.removed, done.impossible], [dry.restored, dry.removed, 0]);
  await waitFor('names, contents, modes and times are as they were', () => {
    const tree = describeTree(left);
    return tree.size === before.size && [...before].every(([path, line]) => tree.get(path) === line);
  });
  assert.match((await hub.ctl('undo', 'docs', '--since', since)).stdout, /Everything in docs is as it was already/);
});
