// Keys of the whole device and of a peer, on two running devices: set to a wrong value, changed while they run, and kept over
// a restart.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { freePort } from './free-port.ts';
import { assertSameTrees, plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('listen, address and log are changed while both run, and a wrong one changes nothing', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(left, { 'a.txt': 'a' });
  plant(right, {});
  const hub = await startDaemon(t, { name: 'hub' });
  const laptop = await startDaemon(t, { name: 'laptop' });
  const ids = { hub: (await hub.status()).daemon.id, laptop: (await laptop.status()).daemon.id };
  const [first, second] = [await freePort(), await freePort()];
  const hubWith = (listen: string, more = ''): string =>
    `listen: ${listen}\n${more}folders: { docs: { path: ${left}, peers: { laptop: two-way } } }\npeers: { laptop: { id: ${ids.laptop} } }\n`;
  const laptopWith = (address: string): string =>
    `listen: false\nfolders: { docs: { path: ${right}, peers: { hub: two-way } } }\npeers: { hub: { id: ${ids.hub}, address: ${address} } }\n`;
  const isConnected = async (): Promise<boolean> => (await laptop.status()).peers[0]?.connected === true;

  hub.configure(hubWith(`'127.0.0.1:${first}'`));
  laptop.configure(laptopWith(`wss://127.0.0.1:${first}`));
  await Promise.all([hub.ok('reload'), laptop.ok('reload')]);
  await waitFor('they are connected', isConnected);
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);

  for (const [wrong, message] of [
    [hubWith('somewhere'), /config\.yaml:2: listen: found "?somewhere"?; expected/],
    [hubWith(`'127.0.0.1:${first}'`, 'log: { level: loud }\n'), /config\.yaml:3: log\.level: found "?loud"?; expected/],
    [hubWith(`'127.0.0.1:${first}'`, 'profiles: { p: { rescan: 1s } }\n'), /config\.yaml:3: .*rescan: found "?1s"?/],
    [hubWith(`'127.0.0.1:${first}'`, 'storage: relative\n'), /config\.yaml:3: storage: found "?relative"?; expected/],
  ] as const) {
    hub.configure(wrong);
    const refused = await hub.ctl('reload');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, message);
  }
  for (const [wrong, message] of [
    [laptopWith('https://127.0.0.1'), /peers\.hub\.address: found .*; expected/],
    [laptopWith(`wss://127.0.0.1:${first}`).replace(ids.hub, 'K5QX'), /peers\.hub\.id: found "?K5QX"?; expected/],
  ] as const) {
    laptop.configure(wrong);
    const refused = await laptop.ctl('reload');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, message);
  }
  assert.ok(await isConnected(), 'what ran goes on');

  // Rolled from the first line on.
  const [file, log] = [join(place, 'hub.log'), join(place, 'hub.1.log')];
  hub.configure(hubWith(`'127.0.0.1:${second}'`, `log: { level: debug, file: ${file} }\n`));
  await hub.ok('reload');
  await waitFor('it listens there', async () => (await hub.ok('status')).includes(`127.0.0.1:${second}`));
  await waitFor('it logs there', () => existsSync(log) && statSync(log).size > 0);
  laptop.configure(laptopWith(`wss://127.0.0.1:${second}`));
  await laptop.ok('reload');
  await waitFor('they are connected at the new address', isConnected);
  plant(right, { 'b.txt': 'b' });
  await settle('docs', laptop, hub);
  assertSameTrees(left, right);
  assert.match(readFileSync(log, 'utf8'), /"level":"debug"/);

  await Promise.all([hub.restart(), laptop.restart()]);
  await waitFor('they are connected after a restart', isConnected);
  await settle('docs', laptop, hub);
});
