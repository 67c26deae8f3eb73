// Many at once: sessions, folders, strangers at the door; with ROUNDS=4 two hundred, a hundred, and sixteen hundred. What
// a daemon takes for it is bounded and told, and whoever is honest is served meanwhile.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { MAX_STRANGERS } from '../../protocol/limits.ts';
import { type Device, connected, device } from '../peer/device.ts';
import { ask } from '../control/served.ts';
import { residentMiB } from '../security/memory.ts';
import { atEnd } from './at-end.ts';
import { type Daemon, makeDaemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { freePort } from './free-port.ts';

import { rounds } from './rounds.ts';
import type { StatusAnswer } from './status.ts';
import { assertSameTrees, plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

const LONG_MS = 120_000;
/** What one folder opens when something happens in it, and pipes to helpers. */
const IDLE_FDS = 12;

interface Use {
  readonly rssMiB: number;
  readonly fds: number;
}

function useOf(daemon: Daemon): Use {
  return { rssMiB: Math.round(residentMiB(daemon.pid)), fds: readdirSync(`/proc/${daemon.pid}/fd`).length };
}

async function statusOf(daemon: Daemon): Promise<StatusAnswer> {
  return (await ask(join(daemon.home, 'syncd.sock'), 'GET', '/v1/status')).json as StatusAnswer;
}

const sinceS = (startedMs: number): string => ((performance.now() - startedMs) / 1000).toFixed(1);

/** A daemon that listens, with one folder `docs` which it shares with devices that run in this process. */
async function hubWith(
  t: TestContext,
  count: number,
): Promise<{ hub: Daemon; devices: Device[]; root: string; port: number }> {
  const root = temporaryDirectory(t);
  const port = await freePort();
  const devices: Device[] = [];
  for (let n = 0; n < count; n++) devices.push(await device(t, `p${n}`, { listen: { kind: 'off' } }));
  const hub = makeDaemon(t, { name: 'hub' });
  const roles = devices.map(({ name }) => `${name}: two-way`).join(', ');
  const peers = devices.map(({ name, id }) => `  ${name}: { id: ${id} }\n`).join('');
  hub.configure(
    `listen: "127.0.0.1:${port}"\nfolders:\n  docs: { path: ${root}, peers: { ${roles} } }\n${count === 0 ? '' : `peers:\n${peers}`}`,
  );
  await hub.start();
  await waitFor('the hub is at rest', async () => (await statusOf(hub)).folders[0]?.state === 'idle');
  return { hub, devices, root, port };
}

/** Lets the devices dial the hub, and waits until it has a session with each. */
async function connectAll(hub: Daemon, devices: readonly Device[], port: number): Promise<void> {
  const { id } = (await statusOf(hub)).daemon;
  const self = devices[0]?.id === undefined ? undefined : { id: id as Device['id'], name: 'hub' };
  assert.ok(self !== undefined);
  await Promise.all(
    devices.map((each) => each.trust(self, { addresses: [`wss://127.0.0.1:${port}`], folders: ['docs'] })),
  );
  await waitFor(
    'all are connected',
    async () => (await statusOf(hub)).peers.filter((peer) => peer.connected).length === devices.length,
    LONG_MS,
  );
}

test('I10: many sessions at once cost less than 2 MiB and one descriptor each, and each hears of a change', async (t) => {
  const { hub, devices, root, port } = await hubWith(t, rounds(50));
  const before = useOf(hub);
  let startedMs = performance.now();
  await connectAll(hub, devices, port);
  t.diagnostic(`${devices.length} sessions open after ${sinceS(startedMs)} s`);
  await waitFor(
    'each has heard INDEX',
    () => devices.every((each) => each.folder('docs').calls.includes('index')),
    LONG_MS,
  );
  const open = useOf(hub);

  startedMs = performance.now();
  writeFileSync(join(root, 'news.txt'), 'to all');
  const hears = (each: Device): boolean =>
    each.folder('docs').announced.some(({ record }) => record.path === 'news.txt');
  await waitFor('all have heard of the file', () => devices.every(hears), LONG_MS);
  t.diagnostic(`a change was announced to all within ${sinceS(startedMs)} s of its writing`);
  const after = useOf(hub);
  t.diagnostic(`hub: ${JSON.stringify({ before, open, after })}`);

  assert.ok(open.fds <= before.fds + devices.length + IDLE_FDS, `${before.fds} descriptors became ${open.fds}`);
  assert.ok(after.rssMiB - before.rssMiB <= 2 * devices.length, `${before.rssMiB} MiB became ${after.rssMiB}`);
  await Promise.all(devices.map((each) => each.peers.stop()));
  await waitFor('none is connected', async () => (await statusOf(hub)).peers.every((peer) => !peer.connected));
  await waitFor('their descriptors are free', () => useOf(hub).fds <= before.fds + IDLE_FDS);
});

test('I10: many folders in one daemon cost less than 6 MiB and 4 descriptors each, and all are synced', async (t) => {
  const count = rounds(24);
  const place = temporaryDirectory(t);
  const [hub, laptop] = [await startDaemon(t, { name: 'hub' }), await startDaemon(t, { name: 'laptop' })];
  const before = useOf(hub);
  const ids = { hub: (await statusOf(hub)).daemon.id, laptop: (await statusOf(laptop)).daemon.id };
  const port = await freePort();
  const folders = (side: string, peer: string): string => {
    const lines = Array.from(
      { length: count },
      (_, n) => `  f${n}: { path: ${place}/${side}/f${n}, peers: { ${peer}: two-way } }`,
    );
    return `folders:\n${lines.join('\n')}\n`;
  };
  for (let n = 0; n < count; n++)
    for (const side of ['left', 'right']) {
      mkdirSync(join(place, side, `f${n}`), { recursive: true });
      plant(join(place, side, `f${n}`), { [`${side}.txt`]: `${side} ${n}`, 'dir/deep.txt': 'same' });
    }
  hub.configure(`listen: "127.0.0.1:${port}"\npeers: { laptop: { id: ${ids.laptop} } }\n${folders('left', 'laptop')}`);
  laptop.configure(
    `peers: { hub: { id: ${ids.hub}, address: "wss://127.0.0.1:${port}" } }\n${folders('right', 'hub')}`,
  );
  const startedMs = performance.now();
  await Promise.all([hub.ok('reload'), laptop.ok('reload')]);
  for (const daemon of [hub, laptop]) await daemon.ok('wait', '--timeout', '120');
  const after = useOf(hub);
  t.diagnostic(`${count} folders in sync after ${sinceS(startedMs)} s; hub: ${JSON.stringify({ before, after })}`);

  for (let n = 0; n < count; n++) assertSameTrees(join(place, `left/f${n}`), join(place, `right/f${n}`));
  assert.ok(after.fds - before.fds <= 4 * count, `${before.fds} descriptors became ${after.fds}`);
  assert.ok(after.rssMiB - before.rssMiB <= 6 * count, `${before.rssMiB} MiB became ${after.rssMiB}`);
  const one = join(place, 'left/f0');
  writeFileSync(join(one, 'late.txt'), 'late');
  await settle('f0', hub, laptop);
  assertSameTrees(one, join(place, 'right/f0'));
});

/** Connections of a stranger, each in a way of its own: nothing said, rubbish, half a handshake, no certificate. */
const STRANGERS: readonly ((port: number) => Socket)[] = [
  (port) => connect(port, '127.0.0.1'),
  (port) =>
    connect(port, '127.0.0.1', function (this: Socket) {
      this.write('GET / HTTP/1.1\r\nHost: syncd\r\n\r\n');
    }),
  (port) =>
    connect(port, '127.0.0.1', function (this: Socket) {
      this.write(Buffer.from('160301020001', 'hex'));
    }),
  (port) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }),
];

test('I10, I15: thousands of strangers hold no more than their places, and peers are served among them', async (t) => {
  const { hub, devices, root, port } = await hubWith(t, 2);
  const [first, late] = devices;
  assert.ok(first !== undefined && late !== undefined);
  const before = useOf(hub);
  const { id } = (await statusOf(hub)).daemon;
  const self = { id: id as Device['id'], name: 'hub' };
  const how = { addresses: [`wss://127.0.0.1:${port}`], folders: ['docs'] };
  await first.trust(self, how);
  await waitFor('the first is connected', () => connected(first, { ...first, ...self }));

  const attempts = rounds(400);
  const startedMs = performance.now();
  const open = new Set<Socket>();
  atEnd(t, () => {
    for (const socket of open) socket.destroy();
  });
  let most: Use = before;
  let joining: Promise<void> | undefined;
  for (let n = 0; n < attempts; n++) {
    const stranger = STRANGERS[n % STRANGERS.length]?.(port);
    assert.ok(stranger !== undefined);
    stranger.on('error', () => stranger.destroy());
    open.add(stranger);
    stranger.once('close', () => open.delete(stranger));
    if (n === attempts >> 1) joining = late.trust(self, how);
    if (n % 50 < 49) continue;
    const { rssMiB, fds } = useOf(hub);
    most = { rssMiB: Math.max(most.rssMiB, rssMiB), fds: Math.max(most.fds, fds) };
    await statusOf(hub);
  }
  await joining;
  await waitFor('who came among them is connected', () => connected(late, { ...late, ...self }));
  writeFileSync(join(root, 'news.txt'), 'to both');
  for (const each of [first, late])
    await waitFor('it hears of a file', () =>
      each.folder('docs').announced.some(({ record }) => record.path === 'news.txt'),
    );
  t.diagnostic(
    `${attempts} strangers in ${sinceS(startedMs)} s; hub: ${JSON.stringify({ before, most, after: useOf(hub) })}`,
  );

  assert.equal(first.folder('docs').calls.filter((call) => call === 'detach').length, 0, 'the first was never cut off');
  assert.ok(most.fds <= before.fds + 2 + MAX_STRANGERS + IDLE_FDS, `${before.fds} descriptors became ${most.fds}`);
  assert.ok(most.rssMiB - before.rssMiB <= 100, `${before.rssMiB} MiB became ${most.rssMiB}`);
  for (const socket of open) socket.destroy();
  await waitFor('their descriptors are free', () => useOf(hub).fds <= before.fds + 2 + IDLE_FDS);
});
