// One daemon with many folders and several hubs at once, each folder with peers of its own.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, startDaemon, temporaryDirectory } from './daemon.ts';
import { freePort } from './free-port.ts';
import { exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const FOLDERS = 64;
const HUBS = ['north', 'south', 'west'];

/** Every folder is on one hub; every fourth on the next one, too. */
const hubsOf = (i: number): number[] => (i % 4 === 0 ? [i % 3, (i + 1) % 3] : [i % 3]);
const nameOf = (i: number): string => `f${String(i).padStart(2, '0')}`;
const all = Array.from({ length: FOLDERS }, (_, i) => i);

const idOf = async (daemon: Daemon): Promise<string> => (await daemon.status()).daemon.id;

test('64 folders and three hubs: each folder reaches its own peers and no others, also when they change, and over a restart', async (t) => {
  const place = temporaryDirectory(t);
  const ports = await Promise.all(HUBS.map(() => freePort()));
  const hubs = await Promise.all(
    HUBS.map((name, h) => startDaemon(t, { name, config: `listen: '127.0.0.1:${ports[h]}'\n` })),
  );
  const laptop = await startDaemon(t, { name: 'laptop', config: 'listen: false\n' });
  const laptopId = await idOf(laptop);
  const hubIds = await Promise.all(hubs.map(idOf));

  // As an administrator does it: all in the files, then reload.
  for (const [h, hub] of hubs.entries()) {
    const own = all.filter((i) => hubsOf(i).includes(h));
    for (const i of own) mkdirSync(join(place, `hub${h}`, nameOf(i)), { recursive: true });
    const folders = own.map(
      (i) => `  ${nameOf(i)}: { path: '${join(place, `hub${h}`, nameOf(i))}', peers: { laptop: two-way } }`,
    );
    hub.configure(
      `listen: '127.0.0.1:${ports[h]}'\npeers: { laptop: { id: ${laptopId} } }\nfolders:\n${folders.join('\n')}\n`,
    );
  }
  for (const i of all) plant(join(place, 'laptop', nameOf(i)), { 'first.txt': `first of ${i}` });
  const peers = HUBS.map((name, h) => `  ${name}: { id: ${hubIds[h]}, address: 'wss://127.0.0.1:${ports[h]}' }`);
  const laptopConfig = (of: (i: number) => readonly number[]): string => {
    const folders = all.map((i) => {
      const with_ = of(i).map((h) => `${HUBS[h]}: two-way`);
      return `  ${nameOf(i)}: { path: '${join(place, 'laptop', nameOf(i))}', peers: { ${with_.join(', ')} } }`;
    });
    return `listen: false\npeers:\n${peers.join('\n')}\nfolders:\n${folders.join('\n')}\n`;
  };
  laptop.configure(laptopConfig(hubsOf));
  await Promise.all([...hubs, laptop].map((daemon) => daemon.ok('reload')));

  const arrived = async (file: string, of: (i: number) => readonly number[]): Promise<void> => {
    for (const i of all)
      for (const h of of(i))
        await waitFor(`${file} of ${nameOf(i)} is on ${HUBS[h]}`, () => exists(place, `hub${h}/${nameOf(i)}/${file}`));
  };
  await arrived('first.txt', hubsOf);
  await laptop.ok('wait', '--timeout', '120');
  const status = await laptop.status();
  assert.equal(status.folders.length, FOLDERS);
  assert.deepEqual(
    status.folders.map(({ peers: shared }) => shared.length),
    all.map((i) => hubsOf(i).length),
  );
  assert.equal(status.peers.filter(({ connected }) => connected).length, HUBS.length, 'one session with each hub');

  // Peers of one folder change while the others run: f01 leaves its hub, and comes to it again.
  const without = (i: number): readonly number[] => (i === 1 ? [] : hubsOf(i));
  laptop.configure(laptopConfig(without));
  await laptop.ok('reload');
  for (const i of all) writeFileSync(join(place, 'laptop', nameOf(i), 'second.txt'), `second of ${i}`);
  await arrived('second.txt', without);
  const [home = 0] = hubsOf(1);
  assert.equal(exists(place, `hub${home}/${nameOf(1)}/second.txt`), false);
  laptop.configure(laptopConfig(hubsOf));
  await laptop.ok('reload');
  await arrived('second.txt', hubsOf);

  // And after restarts on both sides, the other way.
  await Promise.all([laptop.restart(), ...hubs.map((hub) => hub.restart())]);
  for (const i of all)
    for (const h of hubsOf(i)) writeFileSync(join(place, `hub${h}`, nameOf(i), `from-${HUBS[h]}.txt`), `hub ${h}`);
  for (const i of all)
    for (const h of hubsOf(i))
      await waitFor(`what ${HUBS[h]} wrote into ${nameOf(i)} is here`, () =>
        exists(place, `laptop/${nameOf(i)}/from-${HUBS[h]}.txt`),
      );
  await laptop.ok('wait', '--timeout', '120');
  // What is on two hubs went on from one to the other by way of the laptop.
  assert.equal(read(place, `hub1/${nameOf(0)}/from-north.txt`), 'hub 0');
  // Nobody has what is not theirs.
  for (const i of all)
    for (const h of HUBS.keys())
      assert.equal(exists(place, `hub${h}/${nameOf(i)}`), hubsOf(i).includes(h), `${nameOf(i)} on ${HUBS[h]}`);
});
