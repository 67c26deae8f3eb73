// Worlds in which what is ignored changes all the time, on each device for itself, while they are cut, restarted and
// killed. When nothing is ignored any more there is one tree again, and nothing is lost. ROUNDS=20 runs twenty times as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from './random.ts';
import { randomSteps } from './random-steps.ts';
import { shrink, tellPlan } from './shrink.ts';
import { type Plan, type Shape, linksOf, runPlan } from './world.ts';

const SEEDS = 40 * Number(process.env['ROUNDS'] ?? 1);
const STEPS = 40;

function plan(devices: number, shape: Shape, seed: number): Plan {
  const chances = { devices, links: linksOf(shape, devices), steps: STEPS, restarts: true, filters: true };
  const crashes = seed % 2 === 0;
  return { devices, shape, seed, steps: randomSteps(new SeededRandom(seed * 3 + 1), { ...chances, crashes }) };
}

for (const [devices, shape] of [
  [2, 'line'],
  [3, 'line'],
  [3, 'ring'],
] as const)
  test(`I1, I2, I4, I7: T49: ${devices} devices in a ${shape} that ignore now this, now that, end with one tree and lose nothing`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const tried = plan(devices, shape, seed);
      const problem = await runPlan(tried);
      if (problem === undefined) continue;
      const least = await shrink(tried);
      assert.fail(`${problem}\n${tellPlan(least)}\n${(await runPlan(least)) ?? 'not every time'}`);
    }
  });
