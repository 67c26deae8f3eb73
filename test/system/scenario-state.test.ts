// What happens to a device's own state: its index lost, damaged, older than the disk, newer than the program; its home
// from a backup, or in two places at once; and a device that was away for long. None of it deletes or loses a file.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { ask, conflictPaths, folderOn } from './ask.ts';
import { atEnd } from './at-end.ts';
import { Daemon } from './daemon.ts';
import { Dice, rounds } from './rounds.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { countFiles, exists, noise, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const test = scenarios();

/** What can become of an index, and whether a damaged one is kept beside the new one. */
const DAMAGES: readonly { what: string; isKept: boolean; damage: (index: string) => void }[] = [
  { what: 'removed', isKept: false, damage: (index) => remove(index) },
  { what: 'rubbish', isKept: true, damage: (index) => (remove(index), writeFileSync(index, noise(50_000, 31))) },
  { what: 'empty', isKept: false, damage: (index) => (remove(index), writeFileSync(index, '')) },
  { what: 'cut in the middle', isKept: true, damage: (index) => truncateSync(index, statSync(index).size >> 1) },
];
for (const { what, isKept, damage } of DAMAGES)
  test(`T31: an index that is ${what} is made anew from the disk and the peers`, async (scenario) => {
    const { laptop, folder, left, right, whileStopped, same } = scenario;
    await whileStopped(() => {
      damage(indexOf(scenario));
      writeFileSync(join(left, 'usual 1/1.txt'), `edited on the hub: ${what}`);
      writeFileSync(join(right, 'usual 2/2.txt'), `edited on the laptop: ${what}`);
      plant(left, { 'made/there.txt': what });
      plant(right, { 'made/here.txt': what });
    });
    await same();
    assert.equal(read(right, 'usual 1/1.txt'), `edited on the hub: ${what}`);
    assert.equal(read(left, 'usual 2/2.txt'), `edited on the laptop: ${what}`);
    assert.equal(countFiles(left), 202);
    const kept = readdirSync(join(laptop.home, 'state/folders')).filter((name) => name.includes(`${folder}-`));
    assert.equal(
      kept.some((name) => name.includes('.damaged-')),
      isKept,
      kept.join(' '),
    );
    scenario.ledger.assertKept(left, right);
  });

test('I3: T31: an older copy of the index takes nothing back and resurrects nothing', async (scenario) => {
  const { laptop, left, right, whileStopped, same } = scenario;
  const copy = `${laptop.home}.copy`;
  await laptop.stop();
  copyFileSync(indexOf(scenario), copy);
  await laptop.start();
  await same();
  unlinkSync(join(left, 'usual 3/3.txt'));
  unlinkSync(join(right, 'usual 4/4.txt'));
  writeFileSync(join(left, 'usual 5/5.txt'), 'edited since the copy');
  plant(right, { 'made since/the copy.txt': 'new' });
  await same();
  await whileStopped(() => {
    const index = indexOf(scenario);
    remove(index);
    copyFileSync(copy, index);
    writeFileSync(join(right, 'usual 6/6.txt'), 'edited with the older index');
  });
  await same();
  for (const path of ['usual 3/3.txt', 'usual 4/4.txt']) assert.equal(exists(left, path), false, path);
  assert.equal(read(right, 'usual 5/5.txt'), 'edited since the copy');
  assert.equal(read(left, 'made since/the copy.txt'), 'new');
  assert.equal(read(left, 'usual 6/6.txt'), 'edited with the older index');
});

test('I12: S57: an index without the end of its write-ahead log, or without the log, loses nothing', async (scenario) => {
  const { laptop, left, right, same } = scenario;
  const dice = new Dice();
  for (let n = 0; n < rounds(3); n++) {
    plant(left, { [`round ${n}/left.txt`]: `left ${n}` });
    plant(right, { [`round ${n}/right.txt`]: `right ${n}` });
    writeFileSync(join(right, 'usual 0/0.txt'), `edited in round ${n}`);
    if (dice.below(2) === 0) await same();
    else await sleep(dice.below(300));
    await laptop.kill();
    const log = `${indexOf(scenario)}-wal`;
    if (existsSync(log)) {
      if (dice.below(3) === 0) rmSync(log);
      else truncateSync(log, dice.below(statSync(log).size + 1));
    }
    writeFileSync(join(left, 'usual 1/1.txt'), `edited in round ${n}`);
    await laptop.start();
    await same();
    assert.equal(read(left, `round ${n}/right.txt`), `right ${n}`, `seed ${dice.seed}`);
    assert.equal(read(right, `round ${n}/left.txt`), `left ${n}`, `seed ${dice.seed}`);
  }
});

test('I3, I12: T32: a home from last week beside the files of today takes nothing back', async (scenario) => {
  const { hub, laptop, folder, left, right, whileStopped, same } = scenario;
  const backup = `${laptop.home}.backup`;
  await laptop.stop();
  cpSync(laptop.home, backup, { recursive: true });
  await laptop.start();
  await same();
  unlinkSync(join(left, 'usual 3/3.txt'));
  writeFileSync(join(right, 'usual 4/4.txt'), 'this week');
  plant(left, { 'new/of this week.txt': 'new' });
  await same();
  await whileStopped(() => {
    rmSync(laptop.home, { recursive: true });
    cpSync(backup, laptop.home, { recursive: true });
    writeFileSync(join(right, 'usual 5/5.txt'), 'edited beside the old home');
    unlinkSync(join(left, 'usual 6/6.txt'));
  });
  await same();
  assert.equal(exists(right, 'usual 3/3.txt'), false);
  assert.equal(exists(right, 'usual 6/6.txt'), false);
  assert.equal(read(left, 'usual 4/4.txt'), 'this week');
  assert.equal(read(left, 'usual 5/5.txt'), 'edited beside the old home');
  assert.equal(read(right, 'new/of this week.txt'), 'new');
  assert.deepEqual(await conflictPaths(hub, folder), []);
});

test('I3: T32: a machine that is restored with its files as they were last week catches up', async (scenario) => {
  const { laptop, left, right, ledger, whileStopped, same } = scenario;
  const backups = [laptop.home, right].map((from) => [from, `${from}.machine`] as const);
  await laptop.stop();
  for (const [from, to] of backups) copyExactly(from, to);
  await laptop.start();
  await same();
  unlinkSync(join(left, 'usual 3/3.txt'));
  writeFileSync(join(right, 'usual 4/4.txt'), 'this week');
  await same();
  await whileStopped(() => {
    for (const [from, to] of backups) {
      rmSync(from, { recursive: true });
      copyExactly(to, from);
    }
  });
  await same();
  assert.equal(exists(right, 'usual 3/3.txt'), false, 'what was deleted since stays deleted');
  assert.equal(read(right, 'usual 4/4.txt'), 'this week');
  ledger.assertKept(left, right);
  for (const [, to] of backups) rmSync(to, { recursive: true });
});

test('T34: an index of a newer program is left alone, and the folder says so and goes on when it is understood', async (scenario) => {
  const { laptop, folder, left, right, whileStopped, same } = scenario;
  const setVersion = (change: (version: number) => number): void => {
    const db = new Database(indexOf(scenario));
    db.pragma(`user_version = ${change(Number(db.pragma('user_version', { simple: true })))}`);
    db.close();
  };
  await laptop.stop();
  setVersion((version) => version + 1);
  await laptop.start();
  const logs = await waitFor('it is said', () => /E_INDEX_NEWER/.test(laptop.logs()) && laptop.logs());
  assert.match(logs, new RegExp(folder));
  assert.notEqual((await laptop.ctl('wait', folder, '--timeout', '5')).code, 0);
  writeFileSync(join(left, 'usual 0/0.txt'), 'edited meanwhile');
  unlinkSync(join(left, 'usual 1/1.txt'));
  assert.equal(countFiles(right), 200);
  await whileStopped(() => setVersion((version) => version - 1));
  await same();
  assert.equal(read(right, 'usual 0/0.txt'), 'edited meanwhile');
});

test('S59: a home that runs twice is refused on both, loses nothing, and is well when one of them has gone', async (scenario) => {
  const { t, hub, laptop, folder, left, right, same } = scenario;
  const place = join(laptop.home, '..');
  const twinHome = join(place, 'home-twin');
  cpSync(laptop.home, twinHome, { recursive: true, filter: (from) => !from.endsWith('.sock') });
  mkdirSync(join(place, 'twin'));
  copyExactly(right, join(place, 'twin', folder));
  const file = join(twinHome, 'folders.d', `${folder}.yaml`);
  const entry = readFileSync(file, 'utf8').replaceAll(join(place, 'laptop'), join(place, 'twin'));
  for (const name of readdirSync(join(twinHome, 'folders.d'))) rmSync(join(twinHome, 'folders.d', name));
  writeFileSync(file, entry);
  const twin = new Daemon(twinHome, { name: 'laptop', config: 'listen: false\ndefaults: { rescan: 5s }\n' });
  atEnd(t, async () => twin.kill());
  await twin.start();
  writeFileSync(join(right, 'usual 1/1.txt'), 'edited by the one');
  writeFileSync(join(place, 'twin', folder, 'usual 2/2.txt'), 'edited by the other');
  for (const one of [laptop, twin]) await waitFor(`${one.home} is told`, () => /E_TWIN/.test(one.logs()));
  assert.ok((await hub.ctl('status', '--check')).code !== 0 || /E_TWIN/.test(hub.logs()));
  await twin.stop();
  await waitFor('the one that is left is let in', async () => {
    await ask(laptop, 'sync', { folder });
    return (await folderOn(laptop, folder)).peers.every((peer) => peer.connected);
  });
  await same();
  assert.equal(read(left, 'usual 1/1.txt'), 'edited by the one');
  assert.equal(read(join(place, 'twin', folder), 'usual 2/2.txt'), 'edited by the other');
});

test('I3: S60: a device that was away during deletions and new files of the same names brings nothing back and eats nothing', async (scenario) => {
  const { hub, folder, left, right, whileStopped, same } = scenario;
  plantMany(left, 200);
  await same();
  await whileStopped(async () => {
    for (let n = 0; n < 150; n++) unlinkSync(join(left, `d00${n < 100 ? 0 : 1}/f${n}.txt`));
    await sleep(1_500); // longer than a deletion rests before it is believed
    for (let n = 0; n < 50; n++) plant(left, { [`d000/f${n}.txt`]: `made again ${n}` });
    await hub.ok('sync', folder);
    writeFileSync(join(right, 'd001/f199.txt'), 'edited while away');
  });
  await same();
  for (let n = 0; n < 50; n++) assert.equal(read(right, `d000/f${n}.txt`), `made again ${n}`);
  for (let n = 50; n < 150; n++) assert.equal(exists(left, `d00${n < 100 ? 0 : 1}/f${n}.txt`), false);
  assert.equal(read(left, 'd001/f199.txt'), 'edited while away');
});

/** With times to the nanosecond, as backups keep them. */
function copyExactly(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

/** The laptop's index of the scenario's folder. */
function indexOf({ laptop, folder }: Scenario): string {
  const folders = join(laptop.home, 'state/folders');
  const [name, ...more] = readdirSync(folders).filter((each) => each.startsWith(`${folder}-`) && each.endsWith('.db'));
  assert.ok(name !== undefined && more.length === 0, `${name} ${more.join(' ')}`);
  return join(folders, name);
}

function remove(index: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(index + suffix, { force: true });
}
