// Two devices of which neither speaks the other's protocol: both know why they are not connected, whichever dials.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RealClock } from '../../daemon/system/clock.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { TlsNetwork } from '../../daemon/system/network.ts';
import { parseHostPort } from '../../daemon/peer/address.ts';
import { Conversation } from '../../daemon/peer/conversation.ts';
import { dialAny } from '../../daemon/peer/dial.ts';
import { loadIdentity } from '../../daemon/peer/identity.ts';
import type { Hello } from '../../protocol/messages.ts';
import { type Device, device, temporaryDirectory, until } from './device.ts';

/** A peer that dials the hub by itself, in place of a daemon of another version. */
async function dialled(t: TestContext, hub: Device, protocol: Hello['protocol']): Promise<Conversation> {
  const { device: id, credentials } = await loadIdentity(new KeyFiles(temporaryDirectory(t)), keyMaker);
  await hub.trust({ id, name: 'other' }, { folders: ['docs'] });
  const clock = new RealClock();
  const address = parseHostPort(hub.address());
  assert.ok(address);
  const context = { network: new TlsNetwork(), credentials, clock };
  const { link } = await dialAny(context, hub.id, [address], AbortSignal.timeout(60_000));
  const conversation = new Conversation(link, clock, { ended: () => {} });
  t.after(() => conversation.cut());
  const self = { protocol, program: 'syncd 9.0', name: 'other', boot: 'B'.repeat(16) };
  conversation.start({ kind: 'dial', self, startedMs: clock.monotonicMs() });
  return conversation;
}

test('T40: a device that is dialled by one that speaks no version of its protocol says so, and names both', async (t) => {
  const hub = await device(t, 'hub');

  await dialled(t, hub, { min: 7, max: 9 });

  await until('the hub knows', () => hub.peers.list()[0]?.lastError !== undefined);
  const [seen] = hub.peers.list();
  assert.equal(seen?.connected, false);
  assert.equal(seen?.lastError?.code, 'E_PROTOCOL_VERSION');
  assert.match(seen?.lastError?.message ?? '', /syncd test \(protocol 1\).*syncd 9\.0 \(protocol 7 to 9\)/);
});

test('T40: a device that is told by the one that dialled it that they have no version in common says so', async (t) => {
  const hub = await device(t, 'hub');

  (await dialled(t, hub, { min: 1, max: 1 })).refuse('E_PROTOCOL_VERSION', 'protocol 1 is spoken here no more');

  await until('the hub knows', () => hub.peers.list()[0]?.lastError?.code === 'E_PROTOCOL_VERSION');
});
