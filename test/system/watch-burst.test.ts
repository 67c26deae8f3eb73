import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BurstMeter, type Burst } from '../../daemon/system/watch-burst.ts';

/** A queue for 1,000 events: full with 16,000 bytes at least. */
function meter(): (ms: number, readBytes: number, queuedBytes: number | undefined) => Burst {
  const one = new BurstMeter(1_000);
  one.sample({ readBytes: 5_000_000, queuedBytes: 0 }, 0);
  return (ms, readBytes, queuedBytes) => one.sample({ readBytes: 5_000_000 + readBytes, queuedBytes }, ms);
}

test('a stream that is read as fast as it comes loses nothing, however long it is', () => {
  const sample = meter();
  for (let i = 1; i < 1_000; i++) assert.equal(sample(i * 20, i * 15_000, 0), 'none');
});

test('as much as a full queue, read since it was last empty, may have been more: it is said when it is quiet', () => {
  const sample = meter();
  assert.equal(sample(20, 8_000, 4_000), 'none');
  assert.equal(sample(40, 16_000, 4_000), 'none');
  assert.equal(sample(60, 20_000, 0), 'none');
  assert.equal(sample(100, 20_000, 0), 'none');
  assert.equal(sample(300, 20_000, 0), 'over');
  assert.equal(sample(400, 20_000, 0), 'none');
});

test('what waits in the queue counts as well', () => {
  const sample = meter();
  assert.equal(sample(20, 0, 16_000), 'none');
  assert.equal(sample(40, 16_000, 0), 'none');
  assert.equal(sample(500, 16_000, 0), 'over');
});

test('a burst that goes on is said every few seconds', () => {
  const sample = meter();
  const said: Burst[] = [];
  for (let ms = 20; ms <= 10_000; ms += 20) said.push(sample(ms, ms * 1_000, 20_000));
  assert.equal(said.filter((one) => one === 'during').length, 3);
  assert.ok(!said.includes('over'));
});

test('where the queue cannot be asked, much read in a short time is taken for a burst', () => {
  const sample = meter();
  assert.equal(sample(3_000, 10_000, undefined), 'none');
  assert.equal(sample(3_500, 20_000, undefined), 'none');
  assert.equal(sample(4_000, 27_000, undefined), 'none');
  assert.equal(sample(6_000, 27_000, undefined), 'over');
});
