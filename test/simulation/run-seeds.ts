// Runs worlds one after the other, from seed to seed, in a worker thread: batches of them.
import { once } from 'node:events';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { randomPlan } from './random-world.ts';
import { shrink, tellPlan } from './shrink.ts';
import { runPlan } from './world.ts';

const YOUNG_MB = 192;

export interface SeedsToRun {
  readonly first: number;
  readonly count: number;
  /** From one seed to the next; by default 1. */
  readonly stride?: number;
  /** Later none is begun, by `performance.timeOrigin + performance.now()`. */
  readonly untilMs: number;
  readonly devices: number | undefined;
}

export interface SeedsRun {
  readonly seeds: number;
  readonly steps: number;
  readonly failures: readonly { readonly seed: number; readonly text: string }[];
}

export async function runSeeds({ first, count, stride = 1, untilMs, devices }: SeedsToRun): Promise<SeedsRun> {
  let [seeds, steps] = [0, 0];
  const failures: { seed: number; text: string }[] = [];
  const end = first + count * stride;
  for (let seed = first; seed < end && performance.timeOrigin + performance.now() < untilMs; seed += stride) {
    const plan = randomPlan(seed, devices);
    const problem = await withoutStacks(() => runPlan(plan));
    seeds++;
    steps += plan.steps.length + 1;
    if (problem === undefined) continue;
    const least = await withoutStacks(() => shrink(plan));
    const again = (await runPlan(least)) ?? 'not every time';
    failures.push({ seed, text: `${problem}\n\n${tellPlan(least)}\n\n${again}` });
  }
  return { seeds, steps, failures };
}

/** Disks and peers fail all the time, and of most errors nobody asks where they were made: what failed is run again. */
async function withoutStacks<T>(run: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A thread that runs what it is given. What is young is collected seldom: nearly all of it is dead by then. */
export class SeedsThread {
  readonly #worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });

  async run(work: SeedsToRun): Promise<SeedsRun> {
    this.#worker.postMessage(work);
    const [run] = (await once(this.#worker, 'message')) as [SeedsRun];
    return run;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

const port = isMainThread ? null : parentPort;
port?.on('message', (work: SeedsToRun) => {
  void runSeeds(work).then((run) => port.postMessage(run));
});
