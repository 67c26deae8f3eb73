// Makes a failing plan shorter: takes steps away, in halves and then one by one, as long as the rest still fails.
import { type Plan, runPlan } from './world.ts';
import { tellStep } from './steps.ts';

/** More runs than this are not tried. */
const MAX_RUNS = 300;

export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean> = failsAtAll): Promise<Plan> {
  let best = plan;
  let runs = 0;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1;) {
    let shorter = false;
    for (let at = 0; at < best.steps.length && runs < MAX_RUNS;) {
      const steps = [...best.steps.slice(0, at), ...best.steps.slice(at + size)];
      runs++;
      if (await fails({ ...best, steps })) {
        best = { ...best, steps };
        shorter = true;
      } else at += size;
    }
    if (runs >= MAX_RUNS || (size === 1 && !shorter)) break;
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
