// Older contents: for how long and in how much room they are kept, as the configuration says now, and as it says after a
// restart.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, pair, runProgram, settle, startDaemon, startPair, syncd, temporaryDirectory } from './daemon.ts';
import { CAN_FAKE_CLOCKS, NO_FAKE_CLOCK, ownClock } from './own-clock.ts';
import { noise, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const DAY_S = 86_400;

const keptIn = (root: string): string[] =>
  readdirSync(join(root, '.syncd/versions'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('~'),
  );

async function skipped(daemon: Daemon): Promise<string[]> {
  return (await daemon.folder('docs')).skipped.map(({ path, code }) => `${path} ${code}`);
}

const setOn = async (daemon: Daemon, ...settings: readonly string[]): Promise<string> =>
  daemon.ok('edit-folder', 'docs', ...settings.flatMap((setting) => ['--set', setting]));

test('I1 I11: versions are kept as long, and in as much room, as is set now; a restart changes nothing', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'a.txt': 'first', 'large.bin': noise(1_000_000, 1) }),
  });
  writeFileSync(join(left, 'a.txt'), 'second');
  await same();
  assert.deepEqual(keptIn(right).length, 1);
  assert.deepEqual(keptIn(left), [], 'what somebody overwrites here is kept on the others');

  for (const wrong of ['versions.keep=0s', 'versions.keep=soon', 'versions.max_size=0%', 'versions.max_size=101%']) {
    const refused = await laptop.ctl('edit-folder', 'docs', '--set', wrong);
    assert.equal(refused.code, 2, wrong);
    assert.match(refused.stderr, /^syncctl: E_CONFIG: .*versions\.(keep|max_size).*\nhint: /, wrong);
  }
  await laptop.restart();
  await settle('docs', laptop);
  assert.deepEqual(keptIn(right).length, 1);

  // In so little room that nothing large can be kept, and all that there is is young.
  const share = Math.max(0.000_001, 2_000_000 / statfsTotal(right)).toFixed(6);
  await setOn(laptop, `versions.max_size=${share}%`);
  writeFileSync(join(left, 'large.bin'), noise(1_000_000, 2));
  writeFileSync(join(left, 'new.txt'), 'new');
  await settle('docs', hub, laptop);
  assert.deepEqual(await skipped(laptop), ['large.bin E_VERSIONS_FULL']);
  assert.equal((await laptop.ctl('status', '--check')).code, 5);
  assert.equal(read(right, 'new.txt'), 'new', 'all else goes on');
  await laptop.restart();
  await settle('docs', laptop);
  await waitFor('it is named again', async () => (await skipped(laptop)).includes('large.bin E_VERSIONS_FULL'));
  assert.ok(readFileSync(join(right, 'large.bin')).equals(noise(1_000_000, 1)), 'what cannot be kept is not replaced');
  await setOn(laptop, 'versions.max_size=10%');
  await waitFor('the change comes', async () => (await skipped(laptop)).length === 0);
  await same();
  assert.equal(keptIn(right).length, 2);

  // A new device has looked at its clock when it started: since then it can tell how old something is.
  await setOn(laptop, 'versions.keep=1s');
  await waitFor('they are let go', () => keptIn(right).length === 0);
  assert.equal((await laptop.ctl('restore', 'docs', 'a.txt')).code, 1);
  await setOn(laptop, 'versions.keep=30d');
  writeFileSync(join(left, 'a.txt'), 'third');
  await same();
  await laptop.restart();
  await settle('docs', laptop);
  assert.equal(keptIn(right).length, 1);
  assert.match(await laptop.ok('config', 'show'), /versions:\s+keep: "30d"\s+max_size: "10%"/);
});

test('what is wrong about versions in a file is refused with its line', async (t) => {
  const home = temporaryDirectory(t);
  const text = 'name: alone\nfolders:\n  docs:\n    path: /srv/docs\n    versions: { keep: 5, max_size: 200% }\n';
  writeFileSync(join(home, 'config.yaml'), text);
  const checked = await runProgram([syncd, '--home', home, '--check-config']);
  assert.equal(checked.code, 2);
  assert.match(
    checked.stderr,
    /config\.yaml:5: folders\.docs\.versions\.keep: found 5; expected a time of at least 1s/,
  );
  assert.match(checked.stderr, /config\.yaml:5: folders\.docs\.versions\.max_size: found 200%; expected a share/);
});

test('of each day before the last one version of a file stays, and all of the last day', async (t) => {
  if (!CAN_FAKE_CLOCKS) return t.skip(NO_FAKE_CLOCK);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  const clock = ownClock(place);
  // The middle of a day, so that no two changes of one day lie about midnight.
  const toNoonS = 1.5 * DAY_S - ((Date.now() / 1000) % DAY_S);
  const setDay = (day: number): void => clock.set(`+${Math.round(toNoonS + day * DAY_S)}`);
  setDay(0);
  plant(left, { 'a.txt': '0' });
  const hub = await startDaemon(t, { name: 'hub', under: clock.under });
  const laptop = await startDaemon(t, { name: 'laptop', under: clock.under });
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);
  for (let n = 1; n <= 9; n++) {
    if (n % 3 === 1) setDay((n + 2) / 3);
    writeFileSync(join(left, 'a.txt'), `${n}`);
    await settle('docs', hub, laptop);
  }
  setDay(3.3);
  assert.equal(keptIn(right).length, 9);
  await laptop.restart();
  // They go one by one.
  await waitFor('the others are let go', () => keptIn(right).length <= 5);
  const contents = keptIn(right).map((name) => read(join(right, '.syncd/versions'), name));
  assert.deepEqual(
    new Set(contents),
    new Set(['0', '3', '6', '7', '8']),
    'how two days had ended, and all of the last',
  );
  await laptop.ok(
    'restore',
    'docs',
    'a.txt',
    '--at',
    new Date(Date.now() + (toNoonS + 1.5 * DAY_S) * 1000).toISOString(),
  );
  await settle('docs', laptop);
  assert.equal(read(left, 'a.txt'), '3');
});

function statfsTotal(path: string): number {
  const { bsize, blocks } = statfsSync(path);
  return bsize * blocks;
}
