// That the memory of short-lived objects stays small while there is much to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { keepYoungSmall } from '../../daemon/system/collector.ts';

const MB = 1e6;

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? Infinity;
}

/** Of what is made some lives for a while: that is what the young generation grows by. */
async function work(): Promise<number> {
  let most = 0;
  let kept: string[][] = [];
  for (let n = 0; n < 3_000; n++) {
    kept.push(Array.from({ length: 1_000 }, (_, i) => `${n}/${i}`));
    if (kept.length > 50) kept = [];
    await turn();
    most = Math.max(most, youngBytes());
  }
  return most;
}

test('the young generation stays small', async () => {
  keepYoungSmall();
  const held = await work();
  assert.ok(held <= 17 * MB, `${held} bytes`);
});
