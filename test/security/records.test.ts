// What a paired peer may claim of files: versions from the future, vectors without end, sizes and times that no disk
// takes, trees that cannot be. It may spoil what it may write to; honest devices go on understanding each other.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WireFile } from '../../protocol/messages.ts';
import { compareTrees } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { battleground } from './ground.ts';
import type { MaliciousPeer } from './malicious-peer.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** Epochs in their order, none of which anybody has. */
function manyEpochs(n: number): string[] {
  const digit = (i: number): string => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(i);
  return Array.from({ length: n }, (_, i) => `QQQQQQQQQQQQQQ${digit(i >> 5)}${digit(i & 31)}`).toSorted();
}

/** A file that arrives, and is then edited on the hub: the laptop must get the edit. */
const POISON: Record<string, (peer: MaliciousPeer, hubEpoch: string) => Partial<WireFile>> = {
  'a stamp as great as can be': () => ({ stamp: MAX }),
  'a stamp as small as can be': () => ({ stamp: -MAX }),
  'a count as great as can be': (peer) => ({ vector: [[peer.epoch, MAX]] }),
  'the hub’s own count, one short of the greatest': (_, epoch) => ({ vector: [[epoch, MAX - 1]] }),
  'the hub’s own count, as great as can be': (_, epoch) => ({ vector: [[epoch, MAX]] }),
  'the hub’s own count and stamp, as great as can be': (_, epoch) => ({ vector: [[epoch, MAX]], stamp: MAX }),
  'as many makers as can be': () => ({ vector: manyEpochs(256).map((epoch) => [epoch, 1] as const) }),
  'as many makers as can be, far in the future': () => ({
    vector: manyEpochs(256).map((epoch) => [epoch, MAX] as const),
  }),
  'the hub as its origin': (peer) => ({ origin: peer.hub }),
  'the authority’s mark': () => ({ mark: true }),
  'a time before 1970': () => ({ mtimeUs: '-1000000' }),
};

test('a paired peer claims what it likes', async (t) => {
  const { laptop, left, right, mallory, standsFirm } = await battleground(t);

  for (const [why, poison] of Object.entries(POISON))
    await t.test(`I15: a file with ${why} can be edited, and the edit arrives`, async () => {
      const wire = await mallory.openFolder('docs');
      const { epoch } = await wire.heard('INDEX');
      const path = `${why}.txt`;
      wire.sendFrame(mallory.update('docs', path, why, poison(mallory, epoch)));
      await wire.answers();
      // Taken or refused: both are right. A sentinel says that it is decided.
      wire.sendFrame(mallory.update('docs', `${path}.after`, why));
      await waitFor('what came after is there', () => existsSync(join(right, `${path}.after`)));
      for (const [here, there] of [
        [left, right],
        [right, left],
        [left, right],
      ] as const) {
        appendFileSync(join(here, path), 'edited\n');
        await waitFor(`an edit of a file with ${why} arrives`, () => sameContent(join(here, path), join(there, path)));
      }
      wire.cut();
    });

  await t.test('I2, I8: the honest devices are equal afterwards', async () => {
    await standsFirm('all poisoned records');
    await laptop.ok('wait', 'docs', '--timeout', '60');
    assert.deepEqual(compareTrees(left, right), []);
  });
});

function sameContent(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));
}
