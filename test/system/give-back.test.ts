// That what much work has left in memory goes back to the system.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import { giveBack } from '../../daemon/system/give-back.ts';

const MIB = 1 << 20;

test('what is used no more is collected, and its memory goes back', () => {
  let used: string[][] | undefined = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 5_000 }, (__, j) => `${i}/${j}`),
  );
  assert.equal(used.length, 200);
  const before = process.memoryUsage();
  used = undefined;
  giveBack();
  const after = process.memoryUsage();
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  assert.ok((young?.physical_space_size ?? Infinity) <= 4 * MIB, 'the pages of the young generation too');
  assert.ok(before.heapUsed - after.heapUsed > 20 * MIB, `${before.heapUsed} bytes became ${after.heapUsed}`);
});
