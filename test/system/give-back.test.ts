// That what much work has left in memory goes back to the system.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import { giveBack, whenAtRest } from '../../daemon/system/give-back.ts';

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

test('it is at rest once after much work, and again after more, looked at seldom while nothing is done', (t) => {
  let usedMs = 0;
  const looks = t.mock.method(process, 'cpuUsage', () => ({ user: usedMs * 1000, system: 0 })).mock;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const pass = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) t.mock.timers.tick(1_000);
  };
  let rests = 0;
  const end = whenAtRest(() => rests++);

  usedMs += 600;
  pass(1);
  assert.equal(rests, 0, 'it is at work');
  pass(1);
  assert.equal(rests, 1);
  for (let second = 0; second < 60; second++) {
    usedMs += 4;
    pass(1);
  }
  assert.equal(rests, 1, 'so little is no work, however long it lasts');
  assert.ok(looks.callCount() <= 2 + 60 / 2);
  usedMs += 600;
  pass(4);
  assert.equal(rests, 2);

  end();
  usedMs += 600;
  pass(10);
  assert.equal(rests, 2, 'nobody is called any more');
});
