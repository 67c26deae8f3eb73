// One suite for ports/clock.ts and ports/random.ts, real and simulated.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../../daemon/ports/clock.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { RealRandom } from '../../daemon/system/random.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { SeededRandom } from '../simulation/random.ts';

interface Ticking {
  readonly clock: Clock;
  /** Lets at least so much time pass. */
  pass(ms: number): Promise<void>;
}

function real(): Ticking {
  return { clock: new RealClock(), pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 2)) };
}

function simulated(): Ticking {
  const clock = new SimulatedClock();
  return { clock, pass: (ms) => clock.advance(ms) };
}

for (const [kind, make] of [
  ['real', real],
  ['simulated', simulated],
] as const) {
  describe(`clock: ${kind}`, () => {
    test('the wall clock has milliseconds and whole microseconds of one moment', () => {
      const { clock } = make();
      const ms = clock.nowMs();
      const us = clock.nowUs();
      assert.ok(Number.isSafeInteger(us) && Number.isInteger(ms));
      assert.ok(us / 1000 >= ms && us / 1000 < ms + 1000);
    });

    test('a timer calls back once, not before its time', async () => {
      const { clock, pass } = make();
      const start = clock.monotonicMs();
      const calls: number[] = [];
      clock.after(20.5, () => calls.push(clock.monotonicMs() - start));
      const deadline = start + 5000;
      while (calls.length === 0 && clock.monotonicMs() < deadline) await pass(5);
      await pass(30);
      assert.equal(calls.length, 1);
      assert.ok((calls[0] ?? 0) >= 20.5);
    });

    test('a cancelled timer never calls back, and may be cancelled again', async () => {
      const { clock, pass } = make();
      let called = false;
      const timer = clock.after(5, () => (called = true));
      timer.cancel();
      timer.cancel();
      await pass(20);
      timer.cancel();
      assert.equal(called, false);
    });

    test('a timer of a month does not call back at once', async () => {
      const { clock, pass } = make();
      let called = false;
      const timer = clock.after(31 * 86_400_000, () => (called = true));
      await pass(10);
      timer.cancel();
      assert.equal(called, false);
    });

    test('a delay of nothing or less calls back soon, and not within the call', async () => {
      const { clock, pass } = make();
      const calls = new Set<string>();
      clock.after(0, () => calls.add('none'));
      clock.after(-5, () => calls.add('less'));
      assert.equal(calls.size, 0);
      const deadline = clock.monotonicMs() + 5000;
      while (calls.size < 2 && clock.monotonicMs() < deadline) await pass(1);
      assert.deepEqual(calls, new Set(['none', 'less']));
    });
  });
}

describe('clock: simulated, what tests rely on', () => {
  test('timers fire in the order of their time, then of their setting, and promises settle in between', async () => {
    const clock = new SimulatedClock(0);
    const seen: string[] = [];
    const note = (what: string) => () => void seen.push(`${what} at ${clock.nowMs()}`);
    clock.after(20, note('c'));
    clock.after(10, () => {
      note('a')();
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => clock.after(5, note('b')));
    });
    clock.after(20, note('d'));
    await clock.advance(100);
    assert.deepEqual(seen, ['a at 10', 'b at 15', 'c at 20', 'd at 20']);
    assert.equal(clock.nowMs(), 100);
  });

  test('the wall clock can jump; durations do not notice', async () => {
    const clock = new SimulatedClock(1_000_000);
    clock.jump(-5000);
    assert.equal(clock.nowMs(), 995_000);
    assert.equal(clock.monotonicMs(), 0);
    await clock.advance(1);
    assert.equal(clock.nowUs(), 995_001_000);
  });
});

test('random bytes are as many as asked for and differ each time', () => {
  const random = new RealRandom();
  assert.equal(random.bytes(0).length, 0);
  const [a, b] = [random.bytes(32), random.bytes(32)];
  assert.equal(a.length, 32);
  assert.equal(a.buffer.byteLength, 32, 'the memory is its own');
  assert.notDeepEqual(a, b);
});

test('seeded random bytes are the same for the same seed and differ for neighbours', () => {
  assert.deepEqual(new SeededRandom(7).bytes(64), new SeededRandom(7).bytes(64));
  const first = new Set(Array.from({ length: 100 }, (_, seed) => new SeededRandom(seed).next()));
  assert.equal(first.size, 100);
  const random = new SeededRandom(1);
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 6000; i++) {
    const face = random.below(6);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  assert.ok(counts.every((count) => count > 850 && count < 1150));
  assert.deepEqual(new Set(random.shuffled([1, 2, 3, 4])), new Set([1, 2, 3, 4]));
});
