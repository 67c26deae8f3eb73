// Random histories in simulated worlds; what must hold is checked whenever a world comes to rest: equal trees and equal
// conflicts, no content lost, nothing that came back, silence, nothing left in staging, and `wait` that says so. A failure
// tells the shortest history that shows it. ROUNDS=20 runs twenty times as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from './random.ts';
import { randomPlan } from './random-world.ts';
import { shrink, tellPlan } from './shrink.ts';
import { randomSteps } from './random-steps.ts';
import { type Plan, type Shape, linksOf, runPlan } from './world.ts';

const TIMES = Number(process.env['ROUNDS'] ?? 1);
const STEPS = 22;

interface Kind extends Omit<Plan, 'seed' | 'steps'> {
  readonly runs: number;
  readonly restarts?: boolean;
  readonly crashes?: boolean;
}

function plan({ runs: _runs, restarts, crashes, ...rest }: Kind, seed: number): Plan {
  const { devices, shape } = rest;
  const chances = { devices, links: linksOf(shape, devices), steps: STEPS };
  const random = new SeededRandom(seed);
  const steps = randomSteps(random, { ...chances, restarts: restarts === true, crashes: crashes === true });
  return { ...rest, seed, steps };
}

async function holds(kind: Kind): Promise<void> {
  for (let seed = 1; seed <= kind.runs * TIMES; seed++) {
    const tried = plan(kind, seed);
    const problem = await runPlan(tried);
    if (problem === undefined) continue;
    const least = await shrink(tried);
    assert.fail(`${problem}\n${tellPlan(least)}\n${(await runPlan(least)) ?? 'not every time'}`);
  }
}

const SHAPES: readonly (readonly [devices: number, shape: Shape, runs: number])[] = [
  [2, 'line', 50],
  [3, 'line', 30],
  [3, 'ring', 30],
  [5, 'star', 10],
  [5, 'ring', 10],
];

for (const [devices, shape, runs] of SHAPES)
  test(`I1, I2, I3, I7, I12: ${devices} devices in a ${shape} that are cut and restarted end with one tree and lose nothing`, () =>
    holds({ devices, shape, runs, restarts: true }));

test('I2: clocks that are an hour off change nothing of it', () =>
  holds({ devices: 3, shape: 'line', runs: 30, skewMs: 3_600_000 }));

test('I2: a limit on what each device sends and fetches changes nothing of it', () =>
  holds({ devices: 3, shape: 'line', runs: 20, restarts: true, rate: 10_000, bytes: true }));

test('I6: hints that are lost, late or doubled only make it slower', () =>
  holds({
    devices: 3,
    shape: 'ring',
    runs: 20,
    watchFaults: { lost: 0.2, doubled: 0.1, delayed: 0.2, delayMs: 500 },
  }));

test('I12: a process that ends at any call of the disk goes on where it was', () =>
  holds({ devices: 2, shape: 'line', runs: 50, restarts: true, crashes: true }));

test('I12: the same with three devices in a ring', () =>
  holds({ devices: 3, shape: 'ring', runs: 20, restarts: true, crashes: true }));

test('I1: somebody who writes between two calls of the daemon loses nothing', () =>
  holds({ devices: 2, shape: 'line', runs: 40, meddleOneIn: 60 }));

test('I14: what is announced twice changes nothing', () =>
  holds({ devices: 3, shape: 'ring', runs: 15, restarts: true, doubledOneIn: 2 }));

test('I13: the same plan runs the same way, to the letter of its log', async () => {
  const meddled = plan({ devices: 3, shape: 'ring', runs: 1, restarts: true, meddleOneIn: 80 }, 1);
  for (const tried of [meddled, ...[1, 2, 3, 4, 5, 6].map((seed) => randomPlan(seed, 2))]) {
    const logs: string[] = [];
    for (let time = 0; time < 2; time++) {
      const lines: string[] = [];
      await runPlan(tried, (line) => lines.push(line));
      logs.push(lines.join('\n'));
    }
    assert.equal(logs[0], logs[1]);
  }
});
