// `plan --set` and `plan --why`: what other settings would do to which paths are synced, and which rule decides on one.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, settle, startDaemon, startPair, temporaryDirectory } from './daemon.ts';
import { exists, noise, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface List {
  readonly count: number;
  readonly bytes: number;
  readonly paths: readonly { readonly path: string }[];
}
type SettingsPlan = Readonly<Record<'withdraw' | 'receive' | 'send', List>> & { readonly more: boolean };

const planned = async (daemon: Daemon, ...set: readonly string[]): Promise<SettingsPlan> =>
  (await daemon.json('plan', 'docs', ...set.flatMap((one) => ['--set', one]))) as SettingsPlan;
const paths = ({ paths: all }: List): string[] => all.map(({ path }) => path).toSorted();
const files = async (daemon: Daemon): Promise<number> => (await daemon.folder('docs')).files;

test('plan says what another filter would leave out and what would come, and then it is so', async (t) => {
  const { hub, laptop, left, right } = await startPair(t, {
    before: (root) => plant(root, { 'a.txt': '12345', 'b.iso': '123', 'cache/x': '1', 'cache/y.txt': '22' }),
  });
  const set = `ignore=["*.iso", "cache/"]`;

  const leave = await planned(laptop, set);
  assert.deepEqual(paths(leave.withdraw), ['b.iso', 'cache', 'cache/x', 'cache/y.txt']);
  assert.deepEqual([leave.withdraw.bytes, leave.receive.count, leave.send.count, leave.more], [6, 0, 0, false]);
  assert.equal(await files(laptop), 4, 'nothing was done');
  const words = await laptop.ctl('plan', 'docs', '--set', set);
  assert.match(words.stderr, /^docs: would leave out 4 paths \(6 B\)\.\n {2}What is left out stays where it is/);

  await laptop.ok('edit-folder', 'docs', '--set', set);
  await waitFor('they are left out', async () => (await files(laptop)) === 1);
  assert.deepEqual([read(right, 'b.iso'), read(left, 'b.iso'), exists(left, 'cache/x')], ['123', '123', true]);
  writeFileSync(join(left, 'new.iso'), '1234567');
  writeFileSync(join(right, 'mine.iso'), '12');
  writeFileSync(join(left, 'sentinel'), 'x');
  await waitFor('the sentinel has come', () => exists(right, 'sentinel'));
  await laptop.ok('wait', 'docs');

  const again = await planned(laptop, 'ignore=["cache/"]');
  assert.deepEqual([paths(again.withdraw), again.receive.bytes >= 7], [[], true]);
  assert.ok(paths(again.receive).includes('new.iso'));
  assert.ok(paths(again.send).includes('mine.iso'));
  assert.equal(exists(right, 'new.iso'), false, 'nothing was done');
  await laptop.ok('edit-folder', 'docs', '--set', 'ignore=["cache/"]');
  await waitFor(
    'what was planned has come',
    () => read(right, 'new.iso') === '1234567' && read(left, 'mine.iso') === '12',
  );

  const why = async (path: string): Promise<unknown> => {
    const { synced, key, pattern, file, line } = (await laptop.json('plan', 'docs', '--why', path)) as Record<
      string,
      unknown
    >;
    return [synced, key, pattern, file, line];
  };
  assert.deepEqual(await why('cache/x'), ['no', 'ignore', 'cache/', null, null]);
  assert.deepEqual(await why('a.txt'), ['yes', null, null, null, null]);
  writeFileSync(join(right, '.syncignore'), '# mine\n*.log\n!keep.log\n');
  await waitFor('the rule holds', async () => JSON.stringify(await why('some.log')).includes('"no"'));
  assert.deepEqual(await why('some.log'), ['no', '.syncignore', '*.log', '.syncignore', 2]);
  assert.deepEqual(await why(join(right, 'keep.log')), ['yes', '.syncignore', '!keep.log', '.syncignore', 3]);
  assert.equal(await laptop.ok('plan', 'docs', '--why', 'some.log'), 'some.log: not synced: *.log (.syncignore:2)\n');

  await laptop.restart();
  assert.deepEqual(await why('cache/x'), ['no', 'ignore', 'cache/', null, null]);
  await laptop.ok('edit-folder', 'docs', '--set', 'content=text');
  writeFileSync(join(right, 'notes'), Buffer.from([0, 1, 2, 3]));
  assert.deepEqual(await why('notes'), ['no', 'content', null, null, null]);

  for (const [args, message] of [
    [['--set', 'ignore=5'], /E_CONFIG: folders\.docs\.ignore: found 5/],
    [['--set', 'ignroe=[]'], /E_CONFIG: folders\.docs\.ignroe: unknown key; did you mean ignore\?/],
    [['--why', '../x'], /E_USAGE: \.\.\/x is not a path in folder docs/],
    [['--why', 'x', '--set', 'hidden=false'], /E_USAGE: give --set or --why, not both/],
  ] as const) {
    const refused = await hub.ctl('plan', 'docs', ...args);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, message);
  }
});

test('a text-only mirror: what is text comes, what is not is named with its reason, and stays where it is', async (t) => {
  const place = temporaryDirectory(t);
  const [site, mirror] = [join(place, 'srv'), join(place, 'site')];
  plant(site, {
    'index.md': '# Hello\n',
    'index.md~': 'old',
    'img/logo.png': noise(300, 1),
    latin1: Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]),
    data: noise(300, 2),
  });
  const hub = await startDaemon(t, { name: 'hub' });
  const laptop = await startDaemon(t, { name: 'laptop' });
  await hub.ok('add-folder', 'site', site);
  await laptop.ok('add-folder', 'site', mirror, '--profile', 'text');
  await laptop.ok('join', (await hub.ok('invite', 'site')).trim());
  await settle('site', laptop, hub);

  const here = ['data', 'img/logo.png', 'index.md', 'index.md~', 'latin1'].filter((path) => exists(mirror, path));
  assert.deepEqual(here, ['index.md', 'latin1']);
  const why = async (path: string): Promise<string> => laptop.ok('plan', 'site', '--why', path);
  assert.equal(await why('img/logo.png'), 'img/logo.png: not synced: it is no text (content: text)\n');
  assert.equal(await why('data'), 'data: not synced: it is no text (content: text)\n');
  assert.equal(await why('index.md~'), 'index.md~: not synced: *~ (ignore)\n');
  assert.equal(await why('latin1'), 'latin1: synced: no rule is about it\n');

  await laptop.restart();
  const plan = (await laptop.json('plan', 'site', '--set', 'content=any')) as SettingsPlan;
  assert.deepEqual([paths(plan.receive), plan.receive.bytes], [['data', 'img/logo.png'], 600]);
  await laptop.ok('edit-folder', 'site', '--set', 'content=any');
  await waitFor('they have come', () => exists(mirror, 'data') && exists(mirror, 'img/logo.png'));
  await laptop.ok('edit-folder', 'site', '--set', 'content=');
  await settle('site', laptop, hub);
  assert.equal(exists(mirror, 'data') && exists(site, 'data') && exists(site, 'img/logo.png'), true);
});
