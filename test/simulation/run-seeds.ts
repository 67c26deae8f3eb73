// Runs worlds one after the other, from seed to seed. A worker thread of simulate.ts takes batches of them.
import { parentPort } from 'node:worker_threads';
import { randomPlan } from './random-world.ts';
import { shrink, tellPlan } from './shrink.ts';
import { runPlan } from './world.ts';

export interface SeedsToRun {
  readonly first: number;
  readonly count: number;
  /** Later none is begun, by `performance.timeOrigin + performance.now()`. */
  readonly untilMs: number;
  readonly devices: number | undefined;
}

export interface SeedsRun {
  readonly seeds: number;
  readonly steps: number;
  readonly failures: readonly { readonly seed: number; readonly text: string }[];
}

export async function runSeeds({ first, count, untilMs, devices }: SeedsToRun): Promise<SeedsRun> {
  let [seeds, steps] = [0, 0];
  const failures: { seed: number; text: string }[] = [];
  for (let seed = first; seed < first + count && performance.timeOrigin + performance.now() < untilMs; seed++) {
    const plan = randomPlan(seed, devices);
    const problem = await runPlan(plan);
    seeds++;
    steps += plan.steps.length + 1;
    if (problem === undefined) continue;
    const least = await shrink(plan);
    const again = (await runPlan(least)) ?? 'not every time';
    failures.push({ seed, text: `${problem}\n\n${tellPlan(least)}\n\n${again}` });
  }
  return { seeds, steps, failures };
}

const port = parentPort;
port?.on('message', (work: SeedsToRun) => {
  void runSeeds(work).then((run) => port.postMessage(run));
});
