// A whole world from one number: how many devices, how they are linked, what is wrong with disks, clocks, watchers and
// links, and what happens.
import { type Plan, type Shape, linksOf } from './plan.ts';
import { SeededRandom } from './random.ts';
import { randomRulesStep, randomSteps } from './random-steps.ts';
import type { Step } from './steps.ts';

/** Steps of one history; the time that passes between two is a step as well. */
export const STEPS = 200;

const SHAPES: readonly Shape[] = ['line', 'ring', 'star', 'mesh', 'tree'];
const DEVICES = [2, 2, 2, 2, 3, 3, 3, 4, 5, 6];

/** @param devices instead of what follows from the seed */
export function randomPlan(seed: number, devices?: number): Plan {
  const random = new SeededRandom(seed * 7 + 3);
  const count = devices ?? random.pick(DEVICES);
  const shape = count === 2 ? 'line' : random.pick(SHAPES);
  const seldom = (oneIn: number): boolean => random.oneIn(oneIn);
  // Somebody who meddles leaves little to be said about single paths: those worlds have no other faults.
  const meddles = seldom(12);
  const bytes = seldom(3);
  const chances = {
    devices: count,
    links: linksOf(shape, count),
    steps: Math.ceil(STEPS * 0.57) + 2,
    restarts: !seldom(4),
    crashes: seldom(2),
    power: !meddles && seldom(5),
    old: !meddles && seldom(6),
    errors: !meddles && seldom(4),
    clocks: seldom(5),
    cuts: bytes,
    settleOneIn: 90,
  };
  const steps = withRules(randomSteps(random, chances).slice(0, STEPS), meddles, seed);
  const blind = seldom(8);
  return {
    seed,
    devices: count,
    shape,
    steps,
    delayMs: random.pick([0, 10, 10, 60, 400]),
    ...(bytes ? { bytes } : seldom(4) && { doubledOneIn: random.pick([3, 20]) }),
    ...(seldom(5) && { skewMs: random.pick([2_000, 3_600_000]) }),
    ...(blind && { watchFaults: { lost: random.pick([0, 0.2]), doubled: 0.1, delayed: 0.2, delayMs: 500 } }),
    // What is done in the middle of a call is carried out by calls on all others: more of it would never end.
    ...(meddles && { meddleOneIn: random.pick([60, 300]) * (count - 1) }),
    ...(seldom(3) && { watchBatchMs: 50 }),
  };
}

/** In one world of six users write, change and remove files of rules, in place of some of what they do else. */
function withRules(steps: readonly Step[], meddles: boolean, seed: number): readonly Step[] {
  // Of its own, so that all else is as it is without.
  const random = new SeededRandom(seed * 11 + 5);
  if (meddles || !random.oneIn(6)) return steps;
  return steps.map((step, i) =>
    step.kind === 'user' && random.oneIn(8) ? { ...step, does: randomRulesStep(random, i) } : step,
  );
}
