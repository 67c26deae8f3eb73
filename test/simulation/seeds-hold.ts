// So many whole worlds in a test, one after the other: the first that fails is told with the command that repeats it and
// with the least history that shows it.
import assert from 'node:assert/strict';
import { randomPlan } from './random-world.ts';
import { shrink, tellPlan } from './shrink.ts';
import { runPlan } from './world.ts';

/** Seeds of one test; ROUNDS times as many in long runs. */
const SEEDS = 60;

/** Of two tests that run at once the one takes the odd seeds, the other the even ones. */
export async function seedsHold(first: number, stride: number): Promise<void> {
  const count = SEEDS * Number(process.env['ROUNDS'] ?? 1);
  for (let i = 0; i < count; i++) {
    const seed = first + i * stride;
    const plan = randomPlan(seed);
    const problem = await runPlan(plan);
    if (problem === undefined) continue;
    const least = await shrink(plan);
    const again = (await runPlan(least)) ?? 'not every time';
    assert.fail(`${problem}\n${tellPlan(least)}\n${again}\nnpm run simulate -- --seed ${seed} --seeds 1`);
  }
}
