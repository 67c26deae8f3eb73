// A hub that is restarted again and again, and that reboots, under clients that go on working.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dice, rounds } from '../system/rounds.ts';
import { waitFor } from '../system/wait-for.ts';
import { assertEqualAndKept, assertQuiet } from './accounts.ts';
import { bootDevices, type Device, KEEPS_ALL, pair, settle } from './device.ts';
import { Edits } from './edits.ts';
import { type Hosts, startHosts, whyNoHosts } from './hosts.ts';

const skip = whyNoHosts() ?? false;
/** Of a crash nobody hears: the link is dead first. */
const ENDS = ['restart', 'crash', 'kill', 'reboot', 'restart'] as const;
/** A client that lost its hub waits for half a minute between two attempts, at most. */
const BACK_MS = 60_000;

test(
  'T41, I2, I12: a hub restarted, killed and rebooted under its clients has all of them back, and loses nothing',
  {
    skip,
  },
  async (t) => {
    const hosts = await startHosts(t);
    const dice = new Dice();
    t.diagnostic(`SEED=${dice.seed}`);
    const clientNames = ['ant', 'bee', 'cow', 'dog', 'eel'].slice(0, Math.min(5, rounds(2)));
    const [hub, ...clients] = await bootDevices(hosts, ['hub', ...clientNames], {
      config: KEEPS_ALL,
    });
    assert.ok(hub !== undefined);
    const edits = new Edits(dice);
    for (const client of clients) await pair(hub, client);
    for (let n = 0; n < 30; n++) edits.make(hub.root, 'small', true);
    await settle([hub, ...clients]);
    let worstMs = 0;
    for (let n = 0; n < rounds(3); n++) {
      const how = ENDS[n % ENDS.length] ?? 'restart';
      // They write before, while, and after it is away.
      let over = false;
      const working = (async () => {
        while (!over) {
          edits.make(dice.one(clients).root, dice.below(8) === 0 ? 'mixed' : 'small', true);
          await sleep(dice.below(200));
        }
      })();
      await sleep(dice.below(1_000));
      try {
        await end(hosts, hub, how);
        const upMs = performance.now();
        for (const client of clients)
          await waitFor(`${client.name} is back`, async () => (await client.peer('hub')).connected, BACK_MS);
        worstMs = Math.max(worstMs, performance.now() - upMs);
      } finally {
        over = true;
        await working;
      }
    }
    await settle([hub, ...clients], 90);
    assertEqualAndKept(
      [hub, ...clients].map(({ root }) => root),
      new Set(),
      edits.written,
    );
    for (const client of clients) assert.equal((await hub.peer(client.name)).connected, true);
    await assertQuiet([hub, ...clients]);
    t.diagnostic(
      `${rounds(3)} ends of the hub under ${clients.length} clients: all back ${Math.round(worstMs)} ms at most`,
    );
  },
);

/** Ends the hub's daemon in one of the ways, and returns when it answers again. */
async function end(hosts: Hosts, hub: Device, how: (typeof ENDS)[number]): Promise<void> {
  switch (how) {
    case 'restart':
      await hub.systemctl('restart', 'syncd');
      break;
    case 'kill':
      await hub.systemctl('kill', '--signal=KILL', 'syncd');
      await waitFor('systemd notices', async () => (await hub.ctl('status')).code !== 0);
      break;
    case 'reboot':
      await hosts.does('reboot', hub.name);
      break;
    case 'crash':
      await hosts.does('crash', hub.name);
      await hosts.does('up', hub.name);
      break;
  }
  await hub.answers();
}
