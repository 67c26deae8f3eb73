// Power loss on a real ext4: what was not synced is lost, on one of two devices or on both, at random moments of receiving,
// applying and at rest. Afterwards they boot, and everything is accounted for.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test, type TestContext } from 'node:test';
import { Dice, rounds } from '../system/rounds.ts';
import { compareTrees } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { contentsOf, versionsOf } from './contents.ts';
import { bootDevices, type Device, KEEPS_ALL, pair, type Places, settle } from './device.ts';
import { Edits, type Kind } from './edits.ts';
import { type Hosts, startHosts, whyNoHosts } from './hosts.ts';

const skip = whyNoHosts() ?? false;
/** How long after the first edit the power goes at the latest. */
const LATEST_CUT_MS = 2_500;
/** At rest for longer than the daemons take to make all durable. */
const LONG_REST_MS = 8_000;
/** Until what no device has is named as such, half a minute goes by. */
const SETTLE_SECONDS = 120;
/** What nobody has any more is told with one of these. */
const NOBODY_HAS_IT = ['E_DAMAGED', 'E_NO_SOURCE'];

describe('power loss', { skip, concurrency: true }, () => {
  test('I5, I1, T28: home and folder on one ext4, the power cut at random moments: whole files, and all that had settled', async (t) => {
    await cutAndCompare(t, { home: '/data/home', folder: '/data/docs' }, true, rounds(3));
  });

  test('I5, I1: the index loses nothing, and is ahead of a folder that loses what was not synced', async (t) => {
    await cutAndCompare(t, { home: '/srv/home', folder: '/data/docs' }, false, rounds(2));
  });

  test('I11, I2: a file removed in the moment before the power goes, and that nobody else has, holds up nothing', async (t) => {
    const hosts = await startHosts(t);
    const [a, b] = await bootDevices(hosts, ['a', 'b'], { config: KEEPS_ALL });
    assert.ok(a !== undefined && b !== undefined);
    await pair(a, b);
    await settle([a, b], SETTLE_SECONDS);
    await hosts.does('cut', 'a', 'b');
    const draft = 'only here';
    writeFileSync(join(a.root, 'draft'), draft);
    // Whole: an empty file, as which it may be seen first, nobody need have.
    await waitFor('a knows it', async () => (await a.folder()).bytes === draft.length);
    // Removed so late that the daemon has not seen it: a stopped one sees nothing.
    await a.systemctl('kill', '--signal=STOP', 'syncd');
    rmSync(join(a.root, 'draft'));
    await hosts.run('a', 'sync');
    await hosts.does('crash', 'a', '--power');
    await hosts.does('heal', 'a', 'b');
    await a.boot();
    writeFileSync(join(a.root, 'next'), 'goes on');
    await waitFor('what comes next arrives', () => existsSync(join(b.root, 'next')), 90_000);
    await settle([a, b], SETTLE_SECONDS);
    assert.deepEqual([...contentsOf(b.root).keys()], ['next']);
  });
});

interface Figures {
  one: number;
  both: number;
  /** Cut once more while they came back. */
  twice: number;
  /** Paths that no device had any more, and that were named. */
  named: number;
  /** Last writes of programs that do not sync, torn by the file system. */
  torn: number;
  slowestMs: number;
}

/** @param bothAtOnce Whether the power goes on both devices at once now and then. */
async function cutAndCompare(t: TestContext, places: Places, bothAtOnce: boolean, count: number): Promise<void> {
  const dice = new Dice();
  t.diagnostic(`SEED=${dice.seed}`);
  const hosts = await startHosts(t);
  const [a, b] = await bootDevices(hosts, ['a', 'b'], { places, config: KEEPS_ALL });
  assert.ok(a !== undefined && b !== undefined);
  await pair(a, b);
  const edits = new Edits(dice);
  for (let n = 0; n < 30; n++) edits.make(a.root, 'small', false);
  await settle([a, b], SETTLE_SECONDS);
  const figures: Figures = { one: 0, both: 0, twice: 0, named: 0, torn: 0, slowestMs: 0 };
  for (let n = 1; n <= count; n++)
    try {
      await oneRound(hosts, [a, b], bothAtOnce && dice.below(5) === 0, edits, dice, figures);
      t.diagnostic(`round ${n}: ${JSON.stringify(figures)}`);
    } catch (error) {
      for (const device of [a, b])
        t.diagnostic(`round ${n}; ${device.name}: ${(await device.ctl('status')).stdout}\n${await device.logs()}`);
      throw error;
    }
}

async function oneRound(
  hosts: Hosts,
  both: [Device, Device],
  atOnce: boolean,
  edits: Edits,
  dice: Dice,
  figures: Figures,
) {
  const [a, b] = both;
  assert.deepEqual(compareTrees(a.root, b.root), [], 'the trees differ before the cut');
  const settled = contentsOf(a.root);
  edits.forget();

  const victims = atOnce ? both : [dice.one(both)];
  const kind = dice.one(['small', 'big', 'moves', 'deletions', 'mixed', 'mixed', 'rest'] as const);
  const isSafe = dice.below(2) === 0;
  const says = `${victims.map(({ name }) => name).join('+')} while ${kind}${isSafe ? ', fsynced' : ''}`;
  // What only two devices have, and no disk, is gone when both go: then all that settled must have had its time.
  if (victims.length > 1) await sleep(LONG_REST_MS);
  if (kind === 'rest') await sleep(dice.below(LATEST_CUT_MS));
  else await editUntilCut(both, kind, isSafe, edits, dice);
  await cut(hosts, victims);
  const survivors = both.filter((device) => !victims.includes(device));
  const surviving = survivors.map(({ root }) => contentsOf(root));
  await Promise.all(victims.map(async (device) => device.boot()));
  if (dice.below(4) === 0) {
    figures.twice++;
    await sleep(dice.below(500));
    await cut(hosts, victims);
    await Promise.all(victims.map(async (device) => device.boot()));
  }
  if (victims.length > 1) figures.both++;
  else figures.one++;

  const bootedMs = performance.now();
  await settle(both, SETTLE_SECONDS);
  figures.slowestMs = Math.max(figures.slowestMs, Math.round(performance.now() - bootedMs));
  const named = await namedBy(both);
  figures.named += named.size;
  const found = contentsOf(a.root);
  const isTouched = (path: string): boolean => both.some(({ root }) => edits.isTouched(root, path));
  const isTouchedByAll = (path: string): boolean => both.every(({ root }) => edits.isTouched(root, path));
  const isNamed = (path: string): boolean => named.has(path);
  const none = (paths: readonly string[], what: string): void => assert.deepEqual(paths, [], `${what} (${says})`);

  none(
    compareTrees(a.root, b.root).filter((line) => ![...named].some((path) => line.startsWith(`"${path}"`))),
    'the trees differ afterwards',
  );
  // Where nobody has the newest content, one of them still shows the one before.
  const kept = new Set(both.flatMap(({ root }) => [...contentsOf(root).values(), ...versionsOf(root)]));
  // What the user of the only device that surely had it wrote over is the user's loss.
  const sure = survivors.length > 0 ? survivors : both;
  const isUsersLoss = (root: string, path: string, hash: string): boolean =>
    edits.isTouched(root, path) || edits.hasDestroyed(root, hash);
  none(
    pathsWhere(settled, (path, hash) => !kept.has(hash) && !sure.every(({ root }) => isUsersLoss(root, path, hash))),
    'settled, and in no tree and no version store',
  );
  none(
    pathsWhere(settled, (path, hash) => !isTouched(path) && found.get(path) !== hash),
    'nobody touched it, and it changed',
  );
  none(
    pathsWhere(found, (path) => !settled.has(path) && !isTouched(path)),
    'nobody made it',
  );
  none(
    [...named].filter((path) => !isTouched(path)),
    'nobody touched it, and no device has it any more',
  );
  // A program that does not sync what it writes may find its own last write torn.
  const torn = pathsWhere(found, (path, hash) => !edits.written.has(hash) && !isNamed(path));
  figures.torn += torn.length;
  if (isSafe) none(torn, 'what nobody wrote');
  for (const held of surviving)
    none(
      pathsWhere(
        edits.last,
        (path, hash) => held.get(path) === hash && found.get(path) !== hash && !isTouchedByAll(path),
      ),
      'the other device had what was written last, and it was undone',
    );
  await writeAnew(both, named, edits);
}

async function cut(hosts: Hosts, victims: readonly Device[]): Promise<void> {
  await hosts.does('crash', ...victims.map(({ name }) => name), '--power');
}

/** Edits on both sides or one, until a moment that nobody can foresee. */
async function editUntilCut(both: readonly Device[], kind: Kind, isSafe: boolean, edits: Edits, dice: Dice) {
  const cutMs = performance.now() + dice.below(LATEST_CUT_MS);
  const sides = dice.one([both.slice(0, 1), both.slice(1), both]);
  do {
    for (const { root } of sides) edits.make(root, kind, isSafe);
    await sleep(dice.one([0, 1, 20, 100]));
  } while (performance.now() < cutMs);
}

/** The paths that the devices name because no device has their content any more; nothing else is named. */
async function namedBy(devices: readonly Device[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (const device of devices)
    for (const { path, code } of (await device.folder()).skipped) {
      assert.ok(NOBODY_HAS_IT.includes(code), `${device.name} skips ${path}: ${code}`);
      named.add(path);
    }
  return named;
}

/** What the user does about paths that are lost: writes them anew. Then nothing is named any more. */
async function writeAnew(both: readonly [Device, Device], lost: ReadonlySet<string>, edits: Edits): Promise<void> {
  const [{ root }] = both;
  for (const path of lost) edits.write(root, path);
  if (lost.size > 0) {
    await settle(both, SETTLE_SECONDS);
    assert.deepEqual([...(await namedBy(both))], [], 'still named, though it was written anew');
  }
  for (const hash of contentsOf(root).values()) edits.written.add(hash);
}

function pathsWhere(contents: ReadonlyMap<string, string>, isSo: (path: string, hash: string) => boolean): string[] {
  return [...contents].filter(([path, hash]) => isSo(path, hash)).map(([path]) => path);
}
