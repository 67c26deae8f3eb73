// Sessions between paired devices: over real TLS, real sockets, and a network that fails.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SILENCE_TIMEOUT_MS } from '../../protocol/limits.ts';
import { type Device, type DeviceOptions, connected, device, until } from './device.ts';
import { FastClock } from './fast-clock.ts';
import { ack } from './recording-door.ts';
import { proxyTo } from './tcp-proxy.ts';

/** Two devices that trust each other and share docs; the laptop dials the hub, through `via` if given. */
async function pair(t: TestContext, options: DeviceOptions = {}): Promise<{ hub: Device; laptop: Device }> {
  const hub = await device(t, 'hub', options);
  const laptop = await device(t, 'laptop', options);
  await hub.trust(laptop, { folders: ['docs'] });
  return { hub, laptop };
}

const both = (one: Device, other: Device): boolean => connected(one, other) && connected(other, one);
const open = (one: Device, other: Device): boolean =>
  [one, other].every((each) => each.folder('docs').links.size === 1 && each.folder('docs').calls.includes('index'));

test('two devices that name each other are connected without an invitation', async (t) => {
  const { hub, laptop } = await pair(t);
  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });

  await until('both have heard INDEX', () => open(hub, laptop));

  const [seen] = laptop.peers.list();
  assert.equal(seen?.connected, true);
  assert.equal(seen?.address, hub.address().replace('wss://', ''));
  assert.equal(seen?.program, 'syncd test');
  assert.ok((seen?.bytesSent ?? 0) > 0 && (seen?.bytesReceived ?? 0) > 0);
});

test('a removed peer is disconnected at once, told why, and does not come back', async (t) => {
  const { hub, laptop } = await pair(t);
  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));

  await hub.distrust(laptop);

  assert.equal(hub.folder('docs').links.size, 0, 'before the call returns');
  await until('the laptop knows', () => laptop.peers.list()[0]?.lastError?.code === 'E_REMOVED');
  laptop.peers.wake();
  await until('a stranger is closed', () => laptop.peers.list()[0]?.lastError?.code === 'E_NOT_TRUSTED');
  assert.deepEqual(hub.folder('docs').calls, ['attach', 'index', 'detach']);
});

test('a cut connection is dialled again, and the folder begins a new link', async (t) => {
  const { hub, laptop } = await pair(t);
  const proxy = await proxyTo(t, hub.address());
  await laptop.trust(hub, { addresses: [proxy.address], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  const before = laptop.folder('docs').link;

  proxy.cut();

  await until('the old link is gone', () => !laptop.folder('docs').links.has(before));
  await until('both have heard INDEX again', () => open(hub, laptop));
  assert.ok(proxy.connections >= 2);
});

test('a peer that is not there yet is dialled until it is, with growing pauses', async (t) => {
  const { hub, laptop } = await pair(t);
  const address = hub.address();
  await hub.peers.stop();
  await laptop.trust(hub, { addresses: [address], folders: ['docs'] });
  await until('it failed', () => laptop.peers.list()[0]?.lastError?.code === 'E_UNREACHABLE');

  const port = Number(new URL(address).port);
  const again = await device(t, 'hub', { stateDir: hub.stateDir, listen: { kind: 'at', host: '127.0.0.1', port } });
  await again.trust(laptop, { folders: ['docs'] });

  await until('both are connected', () => both(again, laptop));
  assert.equal(laptop.peers.list()[0]?.lastError, undefined);
});

test('both ends of a dead connection notice within 30 s', async (t) => {
  const times = 40;
  const { hub, laptop } = await pair(t, { clock: new FastClock(times) });
  const proxy = await proxyTo(t, hub.address());
  await laptop.trust(hub, { addresses: [proxy.address], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  const links = [hub, laptop].map((each) => ({ door: each.folder('docs'), link: each.folder('docs').link }));
  const beganMs = performance.now();

  proxy.swallow();

  await until('both have let go', () => links.every(({ door, link }) => !door.links.has(link)));
  const tookMs = (performance.now() - beganMs) * times;
  assert.ok(tookMs > SILENCE_TIMEOUT_MS / 2, `${tookMs} ms: it was the silence that ended it`);
  assert.ok([hub, laptop].some((each) => each.log.some((line) => line.includes('E_PEER_SILENT'))));
});

test('a quiet connection stays: PING and PONG are enough, and tell the round trip', async (t) => {
  const { hub, laptop } = await pair(t, { clock: new FastClock(40) });
  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  const { link } = laptop.folder('docs');

  const beganMs = performance.now();
  await until('three silences have passed', () => (performance.now() - beganMs) * 40 > 3 * SILENCE_TIMEOUT_MS);

  assert.equal(laptop.folder('docs').link, link);
  assert.ok((laptop.peers.list()[0]?.rttMs ?? -1) >= 0);
});

test('two devices that dial each other at once end with one session, the same on both', async (t) => {
  for (let round = 0; round < 5; round++) {
    const [one, two] = [await device(t, 'one'), await device(t, 'two')];
    await Promise.all([
      one.trust(two, { addresses: [two.address()], folders: ['docs'] }),
      two.trust(one, { addresses: [one.address()], folders: ['docs'] }),
    ]);
    await until('both have heard INDEX', () => open(one, two));

    one.folder('docs').link.acknowledge(ack());
    await until('it arrives', () => two.folder('docs').calls.includes('ack'));
    assert.equal(one.folder('docs').links.size, 1);
    assert.equal(two.folder('docs').links.size, 1);
    await Promise.all([one.peers.stop(), two.peers.stop()]);
  }
});

test('a folder that is shared later is opened on the live session, and shut when it is no longer shared', async (t) => {
  const { hub, laptop } = await pair(t);
  await laptop.trust(hub, { addresses: [hub.address()] });
  await until('both are connected', () => both(hub, laptop));
  await until('the hub knows that docs is not shared', () => hub.folder('docs').calls.includes('detach'));
  const [before] = laptop.peers.list();

  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  assert.equal(laptop.peers.list()[0]?.sinceMs, before?.sinceMs, 'on the same session');

  await hub.trust(laptop, { folders: ['docs', 'more'] });
  hub.unshare('docs', laptop);
  await until('docs is shut on both', () => [hub, laptop].every((each) => each.folder('docs').links.size === 0));
  assert.ok(both(hub, laptop));
});

test('a folder that begins anew on one side is opened anew on both', async (t) => {
  const { hub, laptop } = await pair(t);
  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  const before = laptop.folder('docs').link;

  const door = hub.restart('docs');

  await until('the new door has heard INDEX', () => door.calls.includes('index'));
  await until('the laptop has a new link', () => laptop.folder('docs').link !== before);
  assert.deepEqual(door.calls, ['attach', 'index']);
  assert.deepEqual(laptop.folder('docs').calls, ['attach', 'index', 'detach', 'attach', 'index']);
});

test('a device that was started again takes the place of its earlier self', async (t) => {
  const { hub, laptop } = await pair(t, { clock: new FastClock(10) });
  const proxy = await proxyTo(t, hub.address());
  await laptop.trust(hub, { addresses: [proxy.address], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  const before = hub.folder('docs').link;
  // The hub hears nothing of the end: as when power is cut.
  proxy.swallow();
  await laptop.peers.stop();

  const again = await device(t, 'laptop', { stateDir: laptop.stateDir });
  await again.trust(hub, { addresses: [hub.address()], folders: ['docs'] });

  await until('both have heard INDEX', () => open(hub, again));
  assert.notEqual(hub.folder('docs').link, before);
  assert.ok(!hub.log.some((line) => line.includes('E_TWIN')));
});

test('two devices with one identity are both refused, and E_TWIN says so', async (t) => {
  const { hub, laptop } = await pair(t);
  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));

  const twin = await device(t, 'laptop', { stateDir: laptop.stateDir });
  assert.equal(twin.id, laptop.id);
  await twin.trust(hub, { addresses: [hub.address()], folders: ['docs'] });

  await until('both are told', () =>
    [laptop, twin].every((each) => each.peers.list()[0]?.lastError?.code === 'E_TWIN'),
  );
  assert.equal(hub.peers.list()[0]?.lastError?.code, 'E_TWIN');
  assert.equal(hub.folder('docs').links.size, 0);
});

test('a device at the address of a peer that is not this peer is not spoken to', async (t) => {
  const { hub, laptop } = await pair(t);
  const other = await device(t, 'other');
  await laptop.trust(hub, { addresses: [other.address()], folders: ['docs'] });

  await until('it is named', () => laptop.peers.list()[0]?.lastError?.code === 'E_WRONG_KEY');
  assert.equal(laptop.folder('docs').links.size, 0);
});

test('stopping takes less than two seconds, also with a connection that answers nothing', async (t) => {
  const { hub, laptop } = await pair(t);
  const proxy = await proxyTo(t, hub.address());
  await laptop.trust(hub, { addresses: [proxy.address], folders: ['docs'] });
  await until('both have heard INDEX', () => open(hub, laptop));
  proxy.swallow();
  const beganMs = performance.now();

  await Promise.all([hub.peers.stop(), laptop.peers.stop()]);

  assert.ok(performance.now() - beganMs < 2_000 + 500);
  assert.equal(hub.folder('docs').links.size, 0);
});
