// Pairing over real TLS on loopback.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connected, device, until } from './device.ts';
import { folderName } from './recording-door.ts';

const HOUR_MS = 3_600_000;
const grant = { folders: [folderName('docs')], role: 'two-way', expiresInMs: HOUR_MS } as const;

test('an invitation makes two devices peers, and the folder is opened on both', async (t) => {
  const hub = await device(t, 'hub');
  const laptop = await device(t, 'laptop', { listen: { kind: 'auto' } });
  hub.folder('docs');
  const invitation = await hub.peers.invite(grant);

  const joined = await laptop.peers.join(invitation, false);
  assert.deepEqual(joined, {
    device: hub.id,
    name: 'hub',
    address: hub.address(),
    folders: [{ name: 'docs', role: 'two-way', authority: hub.id, conflict: 'newest', files: 3, bytes: 12 }],
  });
  assert.deepEqual(hub.admitted, [
    { device: laptop.id, name: 'laptop', address: undefined, folders: [{ name: 'docs', role: 'two-way' }] },
  ]);

  await laptop.trust(hub, { addresses: [joined.address], folders: ['docs'] });
  await until('both are connected', () => connected(hub, laptop) && connected(laptop, hub));
  await until(
    'both have heard INDEX',
    () => laptop.folder('docs').calls.includes('index') && hub.folder('docs').calls.includes('index'),
  );
  assert.deepEqual(hub.folder('docs').calls, ['attach', 'index']);
  assert.equal(laptop.peers.listening(), undefined, 'a device that only dials opens no port');
});
