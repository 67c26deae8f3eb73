// What every Link keeps (daemon/ports/link.ts): the one over TLS and WebSocket, and the simulated one.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDeviceId, type DeviceId } from '../../daemon/core/ids.ts';
import { loadIdentity } from '../../daemon/peer/identity.ts';
import type { Link } from '../../daemon/ports/link.ts';
import type { LinkLimits } from '../../daemon/ports/network.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { TlsNetwork } from '../../daemon/system/network.ts';
import { temporaryDirectory } from '../peer/device.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { connectDevices } from '../simulation/simulated-link.ts';

const LIMITS: LinkLimits = { maxMessageBytes: 1 << 20, maxQueuedBytes: 4 << 20 };

interface Connected {
  /** Two ends, and whose key each has proved. */
  readonly near: Link;
  readonly far: Link;
  readonly devices: { readonly near: DeviceId; readonly far: DeviceId };
  /** Lets time pass until it holds. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Lets some time pass, in which something must not happen. */
  pause(): Promise<void>;
}

const kinds: Record<string, (t: TestContext) => Promise<Connected>> = {
  'over TLS': async (t) => {
    const network = new TlsNetwork();
    const listener = await loadIdentity(new KeyFiles(temporaryDirectory(t)), keyMaker);
    const dialler = await loadIdentity(new KeyFiles(temporaryDirectory(t)), keyMaker);
    const accepted = Promise.withResolvers<Link>();
    const listening = await network.listen({ host: '127.0.0.1', port: 0 }, listener.credentials, {
      accepted: () => true,
      proved: () => LIMITS,
      opened: (_incoming, link) => accepted.resolve(link),
      closed: () => {},
    });
    if (listening.kind !== 'listening') throw new Error(listening.message);
    const request = { ...listening, device: listener.device, limits: LIMITS, timeoutMs: 10_000 };
    const near = await network.dial(request, dialler.credentials, new AbortController().signal);
    const far = await accepted.promise;
    t.after(() => {
      near.terminate('the test is over');
      far.terminate('the test is over');
      listening.close();
    });
    return {
      near,
      far,
      devices: { near: dialler.device, far: listener.device },
      until: async (what, holds) => {
        for (let tries = 0; tries < 1_000 && !holds(); tries++) await sleep(5);
        assert.ok(holds(), what);
      },
      pause: () => sleep(50),
    };
  },
  simulated: async () => {
    const clock = new SimulatedClock();
    const [one, two] = [deviceNamed('A'), deviceNamed('B')];
    const { ends } = connectDevices(clock, [one, two], { latencyMs: 5, maxQueuedBytes: LIMITS.maxQueuedBytes });
    return {
      near: ends[0],
      far: ends[1],
      devices: { near: one, far: two },
      until: async (what, holds) => {
        for (let tries = 0; tries < 1_000 && !holds(); tries++) await clock.advance(5);
        assert.ok(holds(), what);
      },
      pause: () => clock.advance(50),
    };
  },
};

for (const [kind, connect] of Object.entries(kinds)) {
  test(`${kind}: each end knows whose key the other one holds`, async (t) => {
    const { near, far, devices } = await connect(t);

    assert.equal(near.device, devices.far);
    assert.equal(far.device, devices.near);
    assert.match(near.address, /:\d+$/);
  });

  test(`${kind}: messages arrive whole, in order, in both directions, and none is lost before there is a receiver`, async (t) => {
    const { near, far, until } = await connect(t);
    const sent = [1, 70_000, 3, 900_000, 5];
    for (const [i, length] of sent.entries()) near.send(new Uint8Array(length).fill(i + 1));
    far.send(Uint8Array.of(9));

    const [atFar, atNear] = [received(far), received(near)];

    await until('all have arrived', () => atFar.length === sent.length && atNear.length === 1);
    assert.deepEqual(
      atFar.map((message) => [message.length, message[0]]),
      sent.map((length, i) => [length, i + 1]),
    );
    assert.ok(far.receivedBytes >= 970_000);
  });

  test(`${kind}: a small buffer may be used again once it was sent`, async (t) => {
    const { near, far, until } = await connect(t);
    const atFar = received(far);
    const buffer = Uint8Array.of(1, 2, 3);

    near.send(buffer);
    await until('it arrives', () => atFar.length === 1);

    assert.deepEqual([...buffer], [1, 2, 3], 'sending does not write into it');
    assert.deepEqual([...(atFar[0] ?? [])], [1, 2, 3]);
  });

  test(`${kind}: the end is told once, to both, and nothing is received after it`, async (t) => {
    const { near, far, until, pause } = await connect(t);
    const atFar = received(far);
    const [nearEnds, farEnds] = [ends(near), ends(far)];

    near.terminate('enough');
    near.send(Uint8Array.of(1));
    near.terminate('again');
    await until('both know', () => nearEnds.length > 0 && farEnds.length > 0);
    await pause();

    assert.deepEqual(nearEnds, ['enough']);
    assert.equal(farEnds.length, 1);
    assert.deepEqual(atFar, []);
  });

  test(`${kind}: who asks for the end only after it is told all the same`, async (t) => {
    const { near, far, until, pause } = await connect(t);
    const farEnds = ends(far);
    near.terminate('enough');
    await until('the other end knows', () => farEnds.length === 1);
    await pause();

    const late = ends(near);
    await until('it is told', () => late.length === 1);

    assert.deepEqual(late, ['enough']);
  });

  test(`${kind}: closing lets out what was queued, and receives nothing more`, async (t) => {
    const { near, far, until } = await connect(t);
    const [atNear, atFar] = [received(near), received(far)];
    const [nearEnds, farEnds] = [ends(near), ends(far)];
    const lastBytes = 500_000;

    near.send(new Uint8Array(lastBytes).fill(7));
    near.close('goodbye');
    far.send(Uint8Array.of(1));
    near.send(Uint8Array.of(2));
    await until('both have ended', () => nearEnds.length === 1 && farEnds.length === 1);

    assert.deepEqual(
      atFar.map((message) => message.length),
      [lastBytes],
    );
    assert.deepEqual(atNear, []);
    assert.deepEqual(nearEnds, ['goodbye']);
  });

  test(`${kind}: what is not read waits, and is counted at the sender until there is room again`, async (t) => {
    const { near, far, until, pause } = await connect(t);
    const atFar = received(far);
    let drains = 0;
    near.onDrain(() => drains++);
    far.setReading(false);
    // More than the buffers of a loopback connection take.
    let sent = 0;
    while (near.queuedBytes < 1 << 20 && sent < 200) {
      near.send(new Uint8Array(256 << 10));
      sent++;
      await pause();
    }
    assert.ok(near.queuedBytes >= 1 << 20);
    assert.equal(atFar.length, 0);
    drains = 0;

    far.setReading(true);
    await until('all is there', () => atFar.length === sent);
    await until('there is room', () => drains > 0);

    assert.ok(near.queuedBytes < 256 << 10);
  });

  test(`${kind}: an end that never reads is given up at the limit, as E_PEER_SLOW`, async (t) => {
    const { near, far, until, pause } = await connect(t);
    const nearEnds = ends(near);
    far.setReading(false);

    for (let i = 0; i < 200 && nearEnds.length === 0; i++) {
      near.send(new Uint8Array(512 << 10));
      await pause();
    }
    await until('it has ended', () => nearEnds.length === 1);

    assert.match(nearEnds[0] ?? '', /^E_PEER_SLOW: /);
  });
}

function received(link: Link): Uint8Array[] {
  const messages: Uint8Array[] = [];
  link.onMessage((message) => messages.push(message));
  return messages;
}

function ends(link: Link): string[] {
  const reasons: string[] = [];
  link.onEnd((reason) => reasons.push(reason));
  return reasons;
}

function deviceNamed(letter: string): DeviceId {
  const device = parseDeviceId(letter.repeat(52));
  if (device === undefined) throw new Error('no device');
  return device;
}
