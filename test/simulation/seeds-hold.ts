// So many whole worlds in a test, one after the other: the first that fails is told with the command that repeats it and
// with the least history that shows it.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { SeedsThread } from './run-seeds.ts';

/** Seeds of one test; ROUNDS times as many in long runs. */
const SEEDS = 1000;
const BATCH = 20;
/** A machine that has much else to do begins no more after this, and says how many it has run. */
const ENOUGH_MS = 90_000;

/** Of two tests that run at once the one takes the odd seeds, the other the even ones. */
export async function seedsHold(context: TestContext, first: number, stride: number): Promise<void> {
  const rounds = Number(process.env['ROUNDS'] ?? 1);
  const untilMs = performance.timeOrigin + performance.now() + ENOUGH_MS * rounds;
  const thread = new SeedsThread();
  let [seeds, steps] = [0, 0];
  try {
    for (let i = 0; i < SEEDS * rounds; i += BATCH) {
      const work = { first: first + i * stride, count: BATCH, stride, untilMs, devices: undefined };
      const run = await thread.run(work);
      seeds += run.seeds;
      steps += run.steps;
      for (const { seed, text } of run.failures)
        assert.fail(`seed ${seed}: ${text}\nnpm run simulate -- --seed ${seed} --seeds 1`);
      if (run.seeds < BATCH) break;
    }
  } finally {
    await thread.end();
  }
  assert.ok(seeds > 0);
  context.diagnostic(`${seeds} seeds, ${steps} steps`);
}
