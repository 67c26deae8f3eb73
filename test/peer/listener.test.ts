// When this device listens, and where.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Listen } from '../../daemon/core/settings.ts';
import { Listener } from '../../daemon/peer/listener.ts';
import type { Log } from '../../daemon/ports/log.ts';
import type { Gate, HostPort, Listening, Network, NotListening } from '../../daemon/ports/network.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { temporaryDirectory } from './device.ts';

const AUTO: Listen = { kind: 'auto' };
const FREE_PORT = 40_123;

/** A machine whose ports are a set. */
class Machine implements Network {
  readonly taken = new Set<number>();
  readonly open = new Set<string>();
  hasIpv6 = true;

  dial(): Promise<never> {
    return Promise.reject(new Error('nobody is dialled here'));
  }
  listen({ host, port }: HostPort): Promise<Listening | NotListening> {
    const refuse = (why: NotListening['why']): NotListening => ({
      kind: 'not listening',
      why,
      code: 'E_ADDRESS_IN_USE',
      message: why,
    });
    if (host === '::' && !this.hasIpv6) return Promise.resolve(refuse('no such host'));
    if (this.taken.has(port)) return Promise.resolve(refuse('in use'));
    const bound = port === 0 ? FREE_PORT : port;
    const name = `${host} ${bound}`;
    this.open.add(name);
    return Promise.resolve({ kind: 'listening', host, port: bound, close: () => void this.open.delete(name) });
  }
  hostAddresses(): readonly string[] {
    return ['192.0.2.7', '2001:db8::7', '127.0.0.1'];
  }
}

interface World {
  readonly machine: Machine;
  readonly clock: SimulatedClock;
  readonly directory: string;
  readonly listener: Listener;
  restart(): Listener;
}

function world(t: TestContext): World {
  const machine = new Machine();
  const clock = new SimulatedClock();
  const directory = temporaryDirectory(t);
  const gate: Gate = { accepted: () => true, proved: () => undefined, opened: () => {}, closed: () => {} };
  const credentials = { key: '', certificate: '' };
  const restart = (): Listener =>
    new Listener({ network: machine, credentials, clock, log: silent, files: new KeyFiles(directory), gate });
  return { machine, clock, directory, listener: restart(), restart };
}

test('a fresh machine opens no port, until somebody may have to dial it', async (t) => {
  const { machine, listener } = world(t);
  await listener.update(AUTO, false);
  assert.deepEqual([...machine.open], []);

  await listener.update(AUTO, true);

  assert.deepEqual([...machine.open], [':: 9031']);
  await listener.update(AUTO, false);
  assert.deepEqual([...machine.open], [':: 9031'], 'an invitation may still be on its way');
});

test('where 9031 is taken a free port is used, and kept over a restart', async (t) => {
  const { machine, listener, directory, restart } = world(t);
  machine.taken.add(9031);
  await listener.update(AUTO, true);
  assert.deepEqual(listener.listening?.port, FREE_PORT);
  assert.equal(readFileSync(join(directory, 'listen-port'), 'utf8'), `${FREE_PORT}\n`);
  listener.stop();
  machine.taken.clear();

  const again = restart();
  await again.update(AUTO, false);

  assert.deepEqual([...machine.open], [`:: ${FREE_PORT}`]);
});

test('a kept port that is taken is waited for, for a while', async (t) => {
  const { machine, listener, clock, restart } = world(t);
  await listener.update(AUTO, true);
  listener.stop();
  machine.taken.add(9031);
  const again = restart();
  await again.update(AUTO, true);
  assert.equal(again.problem?.code, 'E_ADDRESS_IN_USE');

  machine.taken.clear();
  await clock.advance(5_000);

  assert.deepEqual([...machine.open], [':: 9031']);
  assert.equal(again.problem, undefined);
  again.stop();
  machine.taken.add(9031);
  const third = restart();
  await third.update(AUTO, true);
  await clock.advance(60_000);
  assert.equal(third.listening?.port, FREE_PORT, 'then another one is taken');
});

test('without IPv6 it listens on IPv4, and gives no IPv6 address away', async (t) => {
  const { machine, listener } = world(t);
  machine.hasIpv6 = false;

  await listener.update(AUTO, true);

  assert.deepEqual([...machine.open], ['0.0.0.0 9031']);
  assert.deepEqual(
    listener.addresses().map(({ host }) => host),
    ['192.0.2.7', '127.0.0.1'],
  );
});

test('an address that was set is used, a change rebinds, and off closes', async (t) => {
  const { machine, listener } = world(t);
  await listener.update({ kind: 'at', host: '192.0.2.7', port: 1_234 }, false);
  assert.deepEqual([...machine.open], ['192.0.2.7 1234']);
  assert.deepEqual(listener.addresses(), [{ ...listener.listening }]);

  await listener.update({ kind: 'at', host: '192.0.2.7', port: 1_235 }, false);
  assert.deepEqual([...machine.open], ['192.0.2.7 1235']);

  await listener.update({ kind: 'off' }, true);
  assert.deepEqual([...machine.open], []);
  assert.equal(listener.problem, undefined);
});

test('an address that is taken is named, and tried again until it is free', async (t) => {
  const { machine, listener, clock } = world(t);
  machine.taken.add(1_234);
  await listener.update({ kind: 'at', host: '192.0.2.7', port: 1_234 }, false);
  assert.equal(listener.problem?.code, 'E_ADDRESS_IN_USE');
  await clock.advance(60_000);

  machine.taken.clear();
  await clock.advance(5_000);

  assert.deepEqual([...machine.open], ['192.0.2.7 1234']);
});

test('after stop nothing is opened any more', async (t) => {
  const { machine, listener } = world(t);
  const binding = listener.update(AUTO, true);
  listener.stop();
  await binding;
  assert.deepEqual([...machine.open], []);
});

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => silent };
