// A device in its first scan, which takes many turns, beside devices that never had anything: they are told what is found
// while it is found, and users work on all of them meanwhile.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { SeededRandom } from './random.ts';
import { randomUserStep } from './random-steps.ts';
import { shrink, tellPlan } from './shrink.ts';
import type { Step } from './steps.ts';
import { type Plan, runPlan } from './world.ts';

const SEEDS = 16 * Number(process.env['ROUNDS'] ?? 1);
const FROM = Number(process.env['FROM'] ?? 1);
/** The scan lists so many directories a turn; these are many turns, with jobs of up to 3 ms. */
const DIRECTORIES = 250;
const SAME = ['a', 'b', 'd/a', 'd/b', 'd/e/a', 'e/a', 'e/d/a'];
const DEEDS = 40;

function firstScan(seed: number): Plan {
  const random = new SeededRandom(seed * 13 + 5);
  const devices = random.pick([2, 2, 3]);
  const scanning = random.below(devices);
  const on = (device: number, path: string, content: string): Step => ({
    kind: 'user',
    device,
    does: { kind: 'write', path, content },
  });
  const there = [
    ...SAME.map((path, i) => on(scanning, path, `before ${i}`)),
    ...Array.from({ length: DIRECTORIES }, (_, i) => on(scanning, `d/${i % 40}/${i}/f`, `f${i % 300}`)),
  ];
  const deeds = Array.from({ length: DEEDS }, (_, i): Step[] => [
    { kind: 'pass', ms: random.pick([0, 0, 1, 2, 5]) },
    { kind: 'user', device: random.below(devices), does: randomUserStep(random, i) },
    ...crash(random.oneIn(60) ? scanning : undefined),
  ]).flat();
  return {
    seed,
    devices,
    shape: 'line',
    delayMs: random.pick([0, 2, 10]),
    ...(random.oneIn(3) && { watchBatchMs: 50 }),
    steps: [
      { kind: 'stop', device: scanning },
      { kind: 'index lost', device: scanning },
      ...there,
      { kind: 'start', device: scanning },
      ...deeds,
      { kind: 'wait' },
      { kind: 'settle' },
    ],
  };
}

function crash(device: number | undefined): Step[] {
  if (device === undefined) return [];
  return [
    { kind: 'crash', device },
    { kind: 'pass', ms: 5 },
    { kind: 'start', device },
  ];
}

test(`I1, I2, I4, I13, I15: what a first scan finds is told while it goes on, in ${SEEDS} histories`, async () => {
  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    const plan = firstScan(seed);
    const problem = await runPlan(plan);
    if (problem !== undefined) assert.fail(`seed ${seed}: ${problem}\n\n${tellPlan(await shrink(plan))}`);
  }
});
