// Which of several addresses is taken, how a failure is told, and who may try again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceId, parseDeviceId } from '../../daemon/core/ids.ts';
import { dialAny } from '../../daemon/peer/dial.ts';
import { WrongTries } from '../../daemon/peer/tries.ts';
import type { Link } from '../../daemon/ports/link.ts';
import type { DialRequest, Network } from '../../daemon/ports/network.ts';
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { MAX_WRONG_JOINS_PER_MINUTE } from '../../protocol/limits.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { connectDevices } from '../simulation/simulated-link.ts';

const HUB = named('B');
const credentials = { key: '', certificate: '' };

/** What a host does when it is dialled: answers or fails after a time, or never. */
type Host = { readonly afterMs: number; readonly code?: ErrorCode } | 'black hole';

function world(hosts: Readonly<Record<string, Host>>) {
  const clock = new SimulatedClock();
  const dialled: string[] = [];
  const aborted: string[] = [];
  const network: Network = {
    dial: ({ host }: DialRequest, _credentials, signal) => {
      dialled.push(`${host} at ${clock.monotonicMs()}`);
      signal.addEventListener('abort', () => aborted.push(host));
      return new Promise<Link>((resolve, reject) => {
        const how = hosts[host] ?? 'black hole';
        if (how === 'black hole') return;
        clock.after(how.afterMs, () => {
          const link = connectDevices(clock, [named('A'), HUB]).ends[0];
          if (how.code === undefined) resolve(link);
          else reject(new CodedError(how.code, `${host} fails`));
        });
      });
    },
    listen: () => Promise.reject(new Error('not here')),
    hostAddresses: () => [],
  };
  const stop = new AbortController();
  const addresses = Object.keys(hosts).map((host) => ({ host, port: 9031 }));
  const outcome = dialAny({ network, credentials, clock }, HUB, addresses, stop.signal).then(
    ({ address }) => address.host,
    (error: unknown) => (error instanceof CodedError ? error.code : 'another error'),
  );
  return { clock, dialled, aborted, stop, outcome };
}

test('a black hole holds the next address up for less than half a second', async () => {
  const { clock, dialled, aborted, outcome } = world({ hole: 'black hole', good: { afterMs: 20 } });
  await clock.advance(1_000);
  assert.equal(await outcome, 'good');
  assert.deepEqual(dialled, ['hole at 0', 'good at 400']);
  assert.ok(aborted.includes('hole'));
});

test('a failure goes on to the next address at once', async () => {
  const { clock, dialled, outcome } = world({ bad: { afterMs: 10, code: 'E_UNREACHABLE' }, good: { afterMs: 10 } });
  await clock.advance(100);
  assert.equal(await outcome, 'good');
  assert.deepEqual(dialled, ['bad at 0', 'good at 10']);
});

test('a wrong key at one address does not hide the right device at another', async () => {
  const { clock, outcome } = world({ other: { afterMs: 10, code: 'E_WRONG_KEY' }, good: { afterMs: 10 } });
  await clock.advance(100);
  assert.equal(await outcome, 'good');
});

test('when all fail, the most telling failure is told', async () => {
  const { clock, outcome } = world({
    dead: { afterMs: 10, code: 'E_UNREACHABLE' },
    other: { afterMs: 10, code: 'E_WRONG_KEY' },
    refusing: { afterMs: 10, code: 'E_NOT_TRUSTED' },
  });
  await clock.advance(100);
  assert.equal(await outcome, 'E_NOT_TRUSTED');
});

test('dialling can be stopped', async () => {
  const { clock, aborted, stop, outcome } = world({ hole: 'black hole' });
  stop.abort();
  await clock.advance(10);
  assert.equal(await outcome, 'E_UNREACHABLE');
  assert.deepEqual(aborted, ['hole']);
});

test('a source may guess three times in a minute, and others are not counted with it', async () => {
  const clock = new SimulatedClock();
  const tries = new WrongTries(clock);
  for (let i = 0; i < MAX_WRONG_JOINS_PER_MINUTE; i++) {
    assert.ok(tries.mayTry('192.0.2.7'));
    tries.wrong('192.0.2.7');
    tries.wrong(`2001:db8::${i}`);
  }
  assert.ok(!tries.mayTry('192.0.2.7'));
  assert.ok(!tries.mayTry('2001:db8:0:0:ffff::1'), 'a /64 is one source');
  assert.ok(tries.mayTry('192.0.2.8'));
  assert.ok(tries.mayTry('2001:db8:0:1::1'));

  await clock.advance(61_000);
  assert.ok(tries.mayTry('192.0.2.7'));
});

function named(letter: string): DeviceId {
  const device = parseDeviceId(letter.repeat(52));
  if (device === undefined) throw new Error('no device');
  return device;
}
