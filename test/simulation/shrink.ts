// Makes a failing plan shorter: what comes after the failure goes first, then steps are taken away, in halves and then one
// by one, as long as the rest still fails.
import { type Plan, runPlan } from './world.ts';
import { tellStep } from './steps.ts';

/** More runs than this are not tried, nor for longer. */
const MAX_RUNS = 400;
const MAX_MS = 90_000;

export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean> = failsAtAll): Promise<Plan> {
  const until = performance.now() + MAX_MS;
  let best = plan;
  let runs = 0;
  const isEnough = (): boolean => runs >= MAX_RUNS || performance.now() > until;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1 && !isEnough();) {
    let shorter = false;
    // From the end: what happened last is what the failure needs least often.
    for (let end = best.steps.length; end > 0 && !isEnough();) {
      const from = Math.max(0, end - size);
      const steps = [...best.steps.slice(0, from), ...best.steps.slice(end)];
      runs++;
      if (await fails({ ...best, steps })) {
        best = { ...best, steps };
        shorter = true;
      }
      end = from;
    }
    if (size === 1 && !shorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}

async function failsAtAll(plan: Plan): Promise<boolean> {
  return (await runPlan(plan)) !== undefined;
}

export function tellPlan({ seed, devices, shape, steps, ...rest }: Plan): string {
  const options = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [`seed ${seed}, ${devices} devices in a ${shape} ${options.join(', ')}`, ...steps.map(tellStep)].join('\n  ');
}
