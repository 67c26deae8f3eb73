// Long runs of the simulator: `npm run simulate -- --seconds 600 --seed 1`. Two threads take turns with the seeds. A
// failure is told with the command that repeats it and the least history that shows it; then the status is 1.
import { parseArgs } from 'node:util';
import { SeedsThread, type SeedsToRun } from './run-seeds.ts';

const THREADS = 2;
const BATCH = 10;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    seconds: { type: 'string' },
    /** Instead of the number that follows from the seed. */
    devices: { type: 'string' },
    /** It goes on until so many have failed. */
    failures: { type: 'string', default: '1' },
  },
});

const devices = values.devices === undefined ? undefined : Number(values.devices);
const seconds = Number(values.seconds ?? (values.seeds === undefined ? 60 : 1e6));
const end = Number(values.seed) + Number(values.seeds ?? 1e9);
const startedMs = performance.timeOrigin + performance.now();
const untilMs = startedMs + seconds * 1000;
let next = Number(values.seed);
let [seeds, steps, failures] = [0, 0, 0];

async function takeTurns(): Promise<void> {
  const thread = new SeedsThread();
  while (next < end && performance.timeOrigin + performance.now() < untilMs && failures < Number(values.failures)) {
    const work: SeedsToRun = { first: next, count: Math.min(BATCH, end - next), untilMs, devices };
    next += work.count;
    const run = await thread.run(work);
    seeds += run.seeds;
    steps += run.steps;
    failures += run.failures.length;
    for (const { seed, text } of run.failures) console.log(`seed ${seed} fails: ${text}\nagain: ${commandFor(seed)}\n`);
  }
  await thread.end();
}

function commandFor(seed: number): string {
  return `npm run simulate -- --seed ${seed} --seeds 1${devices === undefined ? '' : ` --devices ${devices}`}`;
}

await Promise.all(Array.from({ length: THREADS }, takeTurns));
const tookSeconds = (performance.timeOrigin + performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage();
const cpu = `${((user + system) / 1e6).toFixed(0)} s of processor time`;
console.log(`${seeds} seeds, ${steps} steps, ${tookSeconds.toFixed(0)} s (${cpu}), ${failures} failures`);
process.exitCode = failures > 0 ? 1 : 0;
