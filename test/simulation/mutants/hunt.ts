// Looks for one planted bug: runs seeds of its kind of world until one fails. The last line printed is what was found, as
// JSON. By hand, with the history that shows it made short:
//   node test/simulation/mutants/hunt.ts --mutation NAME [--seeds N] [--from SEED | --only SEED,SEED] [--within KIND] [--shrink]
// Without --mutation the code is as it is shipped.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Echoes } from './echoes.ts';
import { Guesses } from './guesses.ts';
import type { KindName } from './kinds.ts';
import { plant } from './mutation.ts';
import { MUTATIONS } from './table.ts';

/** What one hunt came to. `seed` and `problem` are undefined when every seed passed. */
export interface Hunted {
  readonly seed: number | undefined;
  readonly problem: string | undefined;
  /** Of one core. */
  readonly seconds: number;
}

const { values } = parseArgs({
  options: {
    mutation: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
    within: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});

const mutation = MUTATIONS.find(({ name }) => name === values.mutation);
if (mutation === undefined && values.mutation !== undefined)
  throw new Error(`there is no mutation ${values.mutation}; there are ${MUTATIONS.map(({ name }) => name).join(', ')}`);
if (mutation !== undefined) plant(mutation);

const { planOf } = await import('./kinds.ts');
const { runPlan } = await import('../world.ts');
const { shrink, tellPlan } = await import('../shrink.ts');

const within = (values.within ?? mutation?.within ?? 'two devices') as KindName;
const from = Number(values.from);
const seeds = values.only?.split(',').map(Number) ?? Array.from({ length: Number(values.seeds) }, (_, i) => from + i);

async function hunt(): Promise<Omit<Hunted, 'seconds'>> {
  for (const seed of seeds) {
    const plan = planOf(within, seed);
    const listener = listenerFor(within);
    const problem = (await runPlan(plan, listener && ((line) => listener.hear(line)))) ?? listener?.problem;
    if (problem === undefined) continue;
    if (values.shrink) {
      const least = await shrink(plan);
      console.log(tellPlan(least));
      console.log(await runPlan(least));
    }
    return { seed, problem };
  }
  return { seed: undefined, problem: undefined };
}

/** What is not seen in the end, because it heals, but heard meanwhile. */
function listenerFor(kind: KindName): Echoes | Guesses | undefined {
  if (kind === 'a connected pair') return new Echoes();
  return kind === 'failing disks' ? new Guesses() : undefined;
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const startedUs = cpuMicroseconds();
const found = await hunt();
const hunted: Hunted = { ...found, seconds: (cpuMicroseconds() - startedUs) / 1e6 };
console.log(JSON.stringify(hunted));
process.exit(0);
