// Three devices at work for a while, over links that are cut, with one of them killed now and then, clocks that are off and,
// on each, a disk that is full for once. Most of a minute here; ROUNDS=72 is the 48 minutes of a long run.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { conflictPaths, folderOn, inSync, sentBytes } from './ask.ts';
import { atEnd } from './at-end.ts';
import { Daemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { Ledger } from './ledger.ts';
import { openLinkProxy } from './link-proxy.ts';
import { FailingDisk, fillUp, withoutFailingDisks } from './mounts.ts';
import { CAN_FAKE_CLOCKS, NO_FAKE_CLOCK, ownClock } from './own-clock.ts';
import { rounds } from './rounds.ts';
import { database, editors, git, gitStorms, installs, oldCopies, quarrel, usageOf, WorkDay } from './soak-work.ts';
import { assertSameTrees, countFiles } from './trees.ts';
import { waitFor } from './wait-for.ts';

const ROUND_MS = 40_000;
/** Sessions that last shorter are dialled again with ever longer pauses. */
const CUT_EVERY_MS = 25_000;
const KILL_EVERY_MS = 16_000;
const SAMPLE_EVERY_MS = 1_000;
const MAX_RSS_BYTES = 450e6;
const MAX_DESCRIPTORS = 256;
const FOLDER = 'docs';
/** What devices keep of a database that is written all the time takes gigabytes in a long run. */
const DISK_SIZE = '48G';
/** So long a disk stays full after its device has said so. */
const FULL_MS = 2_000;
/** How far each device's clock is off for a while. */
const CLOCKS = ['+0', '+5m', '-5m'];
const CLOCK_SEEN_WITHIN_S = 1;

test('I1, I2: S43: work of all kinds over links that are cut, with devices that are killed, ends equal, whole and accounted for', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  atEnd(t, () => rmSync(place, { recursive: true, force: true, maxRetries: 3 }));
  const port = await freePort();
  const config = 'defaults: { rescan: 10s, max_delete: 100%, versions: { max_size: 90% } }\n';
  const withoutDisks = withoutFailingDisks();
  if (withoutDisks !== false) t.diagnostic(`no disk is full: ${withoutDisks}`);
  if (!CAN_FAKE_CLOCKS) t.diagnostic(`no clock is off: ${NO_FAKE_CLOCK}`);
  const devices = ['a', 'b', 'c'].map((name, n) => {
    const disk = join(place, name);
    mkdirSync(disk);
    if (withoutDisks === false) new FailingDisk(t, disk, DISK_SIZE);
    const clock = CAN_FAKE_CLOCKS ? ownClock(disk, CLOCK_SEEN_WITHIN_S) : undefined;
    const listen = n === 0 ? `127.0.0.1:${port}` : 'false';
    const options = { name, config: `listen: ${listen}\n${config}`, under: clock?.under ?? [] };
    const device = new Daemon(join(disk, 'home'), options);
    atEnd(t, async () => {
      if (!t.passed) t.diagnostic(`log of ${name}:\n${device.logs()}`);
      await device.kill();
    });
    return { device, clock, root: join(disk, 'folder') };
  });
  const [a, b, c] = devices;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  for (const { device, root } of devices) {
    mkdirSync(root);
    await device.start();
  }
  await a.device.ok('add-folder', FOLDER, a.root);
  const links = await Promise.all([openLinkProxy(port), openLinkProxy(port)]);
  for (const link of links) atEnd(t, () => link.close());
  for (const [n, { device, root }] of [b, c].entries()) {
    const invitation = await a.device.ok('invite', FOLDER, '--address', links[n]?.address ?? '');
    await device.ok('join', invitation.trim(), root);
  }
  const all = devices.map(({ device }) => device);
  await inSync(FOLDER, ...all);

  const ledger = new Ledger();
  const aside = join(place, 'aside');
  const lastsMs = rounds(1) * ROUND_MS;
  const day = new WorkDay(lastsMs);
  const works = [
    gitStorms(b.root),
    installs(c.root),
    database(a.root),
    editors(b.root, c.root, ledger),
    oldCopies(c.root, aside),
    quarrel(a.root, c.root),
  ];
  const peak = { rssBytes: 0, descriptors: 0 };
  const look = (): void => {
    for (const device of all) {
      if (!device.isRunning()) continue;
      const { rssBytes, descriptors } = usageOf(device.pid);
      peak.rssBytes = Math.max(peak.rssBytes, rssBytes);
      peak.descriptors = Math.max(peak.descriptors, descriptors);
    }
  };
  let kills = 0;
  const killOne = async (): Promise<void> => {
    const victim = all[kills++ % all.length];
    await victim?.kill();
    await victim?.start();
  };
  let filled = 0;
  let said = 0;
  const fillOne = async (): Promise<void> => {
    const full = devices[filled];
    if (full === undefined || withoutDisks !== false) return;
    filled++;
    const { device, root } = full;
    await day.closed(root, async () => {
      const filler = join(dirname(root), 'filler');
      fillUp(filler);
      await waitFor(`${device.name} says that its disk is full`, async () => {
        const { error, skipped } = await device.folder(FOLDER);
        const isSaid = error?.code === 'E_DISK_FULL' || skipped.some(({ code }) => code === 'E_DISK_FULL');
        if (isSaid) said++;
        // When nobody is at work any more nothing comes that would need room.
        return isSaid || day.isOver();
      });
      await sleep(FULL_MS);
      rmSync(filler);
    });
  };
  let turns = 0;
  const turnClocks = (): void => {
    const areOff = turns++ % 2 === 0;
    for (const [n, { clock }] of devices.entries()) clock?.set(areOff ? (CLOCKS[n] ?? '+0') : '+0');
  };
  // A device is not killed while its disk is full: it could not be started before there is room.
  const inTurn = oneAtATime();
  const faults: [number, () => void | Promise<void>][] = [
    [CUT_EVERY_MS, () => links.forEach((link) => link.cut())],
    [SAMPLE_EVERY_MS, look],
    [KILL_EVERY_MS, async () => inTurn(killOne)],
    [lastsMs * 0.2, async () => inTurn(fillOne)],
    [lastsMs * 0.35, turnClocks],
  ];
  const repeat = async ([everyMs, make]: (typeof faults)[number]): Promise<void> => {
    for (await sleep(everyMs); !day.isOver(); await sleep(everyMs)) await make();
  };
  await Promise.all([...works.map(async (work) => work(day)), ...faults.map(repeat)]);

  // Twice: what one learns last the others have yet to confirm.
  for (let n = 0; n < 2; n++) await inSync(FOLDER, ...all);
  for (const device of all) assert.deepEqual((await folderOn(device, FOLDER)).skipped, [], device.name);
  assertSameTrees(a.root, b.root);
  assertSameTrees(a.root, c.root);
  ledger.assertKept(a.root, b.root, c.root);
  for (const { device, root } of devices) {
    await git(join(root, 'work'), 'fsck', '--strict');
    const copy = join(place, `${device.name}.db`);
    copyFileSync(join(root, 'app.db'), copy);
    const db = new Database(copy);
    assert.deepEqual(db.pragma('integrity_check'), [{ integrity_check: 'ok' }]);
    db.close();
    const quarrelled = await conflictPaths(device, FOLDER);
    assert.ok(
      quarrelled.every((path) => path === 'shared.txt'),
      `in conflict: ${quarrelled.join(', ')}`,
    );
    assert.deepEqual(readdirSync(join(root, '.syncd/staging')), []);
  }
  assert.ok(ledger.size > 0, 'something had settled');
  assert.ok(peak.rssBytes < MAX_RSS_BYTES, `${peak.rssBytes} bytes of memory`);
  assert.ok(peak.descriptors <= MAX_DESCRIPTORS, `${peak.descriptors} descriptors`);
  const before = await Promise.all(all.map(sentBytes));
  await sleep(2_000);
  const after = await Promise.all(all.map(sentBytes));
  const sent = after.reduce((sum, bytes) => sum + bytes, 0) - before.reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(sent <= 1_200, `${sent} bytes were sent at rest`);
  t.diagnostic(
    `${kills} kills, ${said} full disks, ${ledger.size} contents accounted for, ${countFiles(a.root)} files, at most ${Math.round(peak.rssBytes / 1e6)} MB and ${peak.descriptors} descriptors`,
  );
});

/** What is given to it is done one after the other. */
function oneAtATime(): (what: () => Promise<void>) => Promise<void> {
  let before: Promise<unknown> = Promise.resolve();
  return async (what) => {
    const done = before.then(what);
    before = done;
    return done;
  };
}
