// Networks as they are: links that go silent without closing, partitions, loss and delay, a link that flaps in a ring. Each
// test has hosts of its own, and they run side by side, because most of their time is waiting for the dead to be noticed.
import assert from 'node:assert/strict';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dice, rounds } from '../system/rounds.ts';
import { exists, noise, plantMany } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { assertEqualAndKept, assertQuiet } from './accounts.ts';
import { contentsOf } from './contents.ts';
import { bootDevices, KEEPS_ALL, pair, settle } from './device.ts';
import { Edits } from './edits.ts';
import { startHosts, whyNoHosts } from './hosts.ts';

const skip = whyNoHosts() ?? false;
/** PING after 10 s of silence, dead after 30 s, and some time for a busy machine to say so. */
const SEEN_DEAD_MS = 40_000;
/** Between two attempts a device waits for half a minute at most. */
const RECONNECT_MS = 45_000;

describe('bad networks', { skip, concurrency: true }, () => {
  test('T36, S29, I12: a link that goes silent in the middle of a file is seen dead, and costs no fifth of it twice', async (t) => {
    const hosts = await startHosts(t);
    const dice = new Dice();
    t.diagnostic(`SEED=${dice.seed}`);
    const [hub, laptop] = await bootDevices(hosts, ['hub', 'laptop']);
    assert.ok(hub !== undefined && laptop !== undefined);
    await pair(hub, laptop);
    await settle([hub, laptop]);
    const sizeBytes = 24_000_000;
    let [worstDeadMs, worstBackMs, worstFactor] = [0, 0, 0];
    for (let n = 0; n < rounds(1); n++) {
      const received = async (): Promise<number> => (await laptop.peer('hub')).bytes_received - before;
      const before = (await laptop.peer('hub')).bytes_received;
      await hosts.does('slow', 'laptop', '--rate', '40mbit');
      // Whole from the first moment: what is read of a file that is being written is sent, too.
      writeFileSync(join(hub.root, '../big'), noise(sizeBytes, dice.seed + n));
      renameSync(join(hub.root, '../big'), join(hub.root, `big${n % 2}`));
      const cutAtBytes = 1_000_000 + dice.below(sizeBytes - 4_000_000);
      await waitFor('the file is on its way', async () => (await received()) > cutAtBytes);
      await hosts.does('cut', 'hub', 'laptop');
      const cutMs = performance.now();
      for (const [device, peer] of [[hub, 'laptop'] as const, [laptop, 'hub'] as const])
        await waitFor(
          `${device.name} sees that ${peer} is gone`,
          async () => !(await device.peer(peer)).connected,
          SEEN_DEAD_MS,
        );
      worstDeadMs = Math.max(worstDeadMs, performance.now() - cutMs);
      const beforeCut = await received();
      await hosts.does('heal', 'hub', 'laptop');
      const healedMs = performance.now();
      await waitFor('the session is back', async () => (await laptop.peer('hub')).connected, RECONNECT_MS);
      worstBackMs = Math.max(worstBackMs, performance.now() - healedMs);
      await settle([hub, laptop]);
      assert.deepEqual(contentsOf(laptop.root), contentsOf(hub.root));
      const factor = (await received()) / sizeBytes;
      if (factor >= 1.2) t.diagnostic(`${beforeCut} bytes before the cut; log of laptop:\n${await laptop.logs()}`);
      assert.ok(factor < 1.2, `${factor.toFixed(2)} times the file was received`);
      worstFactor = Math.max(worstFactor, factor);
    }
    t.diagnostic(
      `${rounds(1)} rounds: seen dead after ${Math.round(worstDeadMs)} ms at most, back ${Math.round(worstBackMs)} ms ` +
        `after the link, ${worstFactor.toFixed(3)} times the file received`,
    );
  });

  test('T38, I2, I1: what both sides did while they were apart is the same on both afterwards, and nothing is lost', async (t) => {
    const hosts = await startHosts(t);
    const dice = new Dice();
    t.diagnostic(`SEED=${dice.seed}`);
    const devices = await bootDevices(hosts, ['hub', 'laptop'], { config: KEEPS_ALL });
    const [hub, laptop] = devices;
    assert.ok(hub !== undefined && laptop !== undefined);
    await pair(hub, laptop);
    const edits = new Edits(dice);
    for (let n = 0; n < 60; n++) edits.make(hub.root, 'small', false);
    let worstMs = 0;
    for (let n = 0; n < rounds(2); n++) {
      await settle(devices);
      const settled = new Set<string>();
      await hosts.does('cut', 'hub', 'laptop');
      // Short ones outlive the silence with their session, long ones do not.
      const apartMs = n % 4 === 3 ? 45_000 : 3_000;
      const untilMs = performance.now() + apartMs;
      while (performance.now() < untilMs) {
        for (const { root } of devices) edits.make(root, 'mixed', false);
        await sleep(apartMs / 30);
      }
      // What lay there when the link came back had settled, on each side.
      await sleep(1_000);
      for (const { root } of devices) for (const hash of contentsOf(root).values()) settled.add(hash);
      await hosts.does('heal', 'hub', 'laptop');
      const healedMs = performance.now();
      await settle(devices);
      worstMs = Math.max(worstMs, performance.now() - healedMs);
      assertEqualAndKept(
        devices.map(({ root }) => root),
        settled,
        edits.written,
      );
    }
    await assertQuiet(devices);
    t.diagnostic(`${rounds(2)} partitions: in sync ${Math.round(worstMs)} ms after the link came back, at most`);
  });

  test('T37: over 200 ms, 5 % loss and 1 Mbit/s everything arrives, and small files do not wait for a large one', async (t) => {
    const hosts = await startHosts(t);
    const [hub, laptop] = await bootDevices(hosts, ['hub', 'laptop']);
    assert.ok(hub !== undefined && laptop !== undefined);
    await pair(hub, laptop);
    await settle([hub, laptop]);
    await hosts.does('slow', 'laptop', '--delay', '100ms', '--rate', '1mbit', '--loss', '5%');
    const startedMs = performance.now();
    const sizeBytes = Math.min(4_000_000, rounds(1_000_000));
    // Whole at once: of one that is seen half-written a first part would go ahead.
    writeFileSync(`${hub.root}.large`, noise(sizeBytes, 37));
    renameSync(`${hub.root}.large`, join(hub.root, 'large'));
    await waitFor('the large file begins to come', () => isStaging(laptop.root), 30_000);
    const plantedMs = performance.now();
    plantMany(hub.root, 50);
    await waitFor('the small files', () => exists(laptop.root, 'd000/f49.txt'), 100_000);
    const smallMs = performance.now() - plantedMs;
    assert.ok(!exists(laptop.root, 'large'), 'the large file is still on its way');
    writeFileSync(join(laptop.root, 'back'), 'the other way');
    await waitFor('the other way', () => exists(hub.root, 'back'), 100_000);
    for (const device of [hub, laptop]) await device.ok('wait', 'docs', '--timeout', '140');
    assert.deepEqual(contentsOf(laptop.root), contentsOf(hub.root));
    t.diagnostic(
      `${sizeBytes} bytes and 50 files in ${Math.round(performance.now() - startedMs)} ms, ` +
        `the small ones ${Math.round(smallMs)} ms after they were written`,
    );
  });

  test('T39, T35, I7, I2: a ring of four with a link that flaps ends equal and quiet', async (t) => {
    const hosts = await startHosts(t);
    const dice = new Dice();
    t.diagnostic(`SEED=${dice.seed}`);
    const devices = await bootDevices(hosts, ['north', 'east', 'south', 'west'], {
      config: KEEPS_ALL,
    });
    const [north, east, south, west] = devices;
    assert.ok(north !== undefined && east !== undefined && south !== undefined && west !== undefined);
    const edits = new Edits(dice);
    for (let n = 0; n < 40; n++) edits.make(north.root, 'small', false);
    for (const [inviter, joiner] of [
      [north, east],
      [east, south],
      [south, west],
      [west, north],
    ] as const) {
      await pair(inviter, joiner);
      await settle([inviter, joiner]);
    }
    await settle(devices);
    const untilMs = performance.now() + rounds(12) * 1_000;
    let [flaps, made] = [0, 0];
    const editing = (async () => {
      while (performance.now() < untilMs) {
        edits.make(dice.one(devices).root, dice.below(10) === 0 ? 'mixed' : 'small', false);
        made++;
        await sleep(dice.below(300));
      }
    })();
    while (performance.now() < untilMs) {
      await hosts.does('cut', 'north', 'east');
      // Now and then for so long that both ends give the session up.
      await sleep(dice.below(20) === 0 ? 42_000 : 200 + dice.below(3_000));
      await hosts.does('heal', 'north', 'east');
      await sleep(200 + dice.below(2_000));
      flaps++;
    }
    await editing;
    const endedMs = performance.now();
    await settle(devices, 90);
    // A ring is in sync when the last has said so to the first.
    await settle(devices, 90);
    const settledMs = performance.now() - endedMs;
    assertEqualAndKept(
      devices.map(({ root }) => root),
      new Set(),
      edits.written,
    );
    await assertQuiet(devices);
    t.diagnostic(`${rounds(12)} s, ${flaps} flaps, ${made} edits: in sync ${Math.round(settledMs)} ms after the last`);
  });
});

/** Whether some content is on its way into this folder. */
function isStaging(root: string): boolean {
  return readdirSync(join(root, '.syncd/staging')).some((name) => name.endsWith('.part'));
}
