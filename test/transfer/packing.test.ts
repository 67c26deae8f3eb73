// Which contents go packed: as a folder is set, and by itself where the link takes more time than packing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNLIMITED } from '../../daemon/core/bandwidth.ts';
import type { DeviceId, FolderName } from '../../daemon/core/ids.ts';
import type { FolderSettings } from '../../daemon/core/settings.ts';
import type { PeerLink } from '../../daemon/ports/peers.ts';
import { Packing } from '../../daemon/transfer/packing.ts';
import { Traffic } from '../../daemon/transfer/traffic.ts';
import { SimulatedClock } from '../simulation/clock.ts';

class Link {
  readonly device = 'A'.repeat(52) as DeviceId;
  queuedBytes = 0;
}

class World {
  readonly clock = new SimulatedClock();
  readonly traffic = new Traffic(this.clock);
  readonly link = new Link() as unknown as PeerLink & Link;
  readonly packing: Packing;

  constructor(compression: FolderSettings['compression'], takesPacked = true) {
    const name = 'docs' as FolderName;
    const context = { name, clock: this.clock, traffic: this.traffic, settings: () => ({ compression }) };
    this.packing = new Packing(context, { of: () => ({ takesPacked, takesParts: true }) });
  }

  packs(path = 'a.txt'): boolean {
    return this.packing.packs(this.link, path, path);
  }

  limit(up: number): void {
    this.traffic.configure({ all: { ...UNLIMITED, up }, peers: new Map(), folders: new Map() });
  }

  /** The link takes so much in this time. */
  async takes(bytes: number, ms: number): Promise<void> {
    this.link.queuedBytes = bytes;
    this.packing.gave(this.link);
    await this.clock.advance(ms);
    this.link.queuedBytes = 0;
    this.packing.look(this.link);
  }
}

test('always is always and never is never, and nobody gets what is packed who does not take it', () => {
  assert.equal(new World('always').packs('a.zip'), true);
  assert.equal(new World('never').packs(), false);
  for (const compression of ['always', 'auto', 'never'] as const)
    assert.equal(new World(compression, false).packs(), false);
});

test('auto packs for a link that is slow, or not known yet, and not for one that is faster than packing', async () => {
  const world = new World('auto');
  assert.equal(world.packs(), true);
  await world.takes(1_000_000, 100);
  assert.equal(world.packs(), true);
  for (let n = 0; n < 10; n++) await world.takes(1_000_000, 2);
  assert.equal(world.packs(), false);
  for (let n = 0; n < 10; n++) await world.takes(1_000_000, 500);
  assert.equal(world.packs(), true, 'it has become slow');
});

test('auto packs for a fast link with a limit that is low, and not with one that is high', async () => {
  const world = new World('auto');
  for (let n = 0; n < 10; n++) await world.takes(1_000_000, 2);
  world.limit(1_000_000);
  assert.equal(world.packs(), true);
  world.limit(200_000_000);
  assert.equal(world.packs(), false);
});

test('auto leaves out what is packed already, and what was tried in vain while it is the same', () => {
  const world = new World('auto');
  assert.equal(world.packs('a.JPG'), false);
  world.packing.inVain('a.txt');
  assert.equal(world.packs(), false);
  assert.equal(world.packs('b.txt'), true);
});
