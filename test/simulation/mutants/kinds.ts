// The kinds of simulated worlds in which planted bugs are looked for. All are random histories of the ordinary simulator;
// a kind only says which faults are in it, so that a bug is found in seconds.
import { SeededRandom } from '../random.ts';
import { randomSteps } from '../random-steps.ts';
import { type Plan, linksOf } from '../plan.ts';

const STEPS = 22;

interface Kind extends Omit<Plan, 'seed' | 'steps'> {
  readonly restarts?: boolean;
  readonly crashes?: boolean;
}

const KINDS = {
  'two devices': { devices: 2, shape: 'line', restarts: true },
  line: { devices: 3, shape: 'line', restarts: true },
  ring: { devices: 3, shape: 'ring', restarts: true },
  'clocks that are off': { devices: 3, shape: 'line', skewMs: 3_600_000 },
  'lost hints': {
    devices: 2,
    shape: 'line',
    watchFaults: { lost: 0.2, doubled: 0.1, delayed: 0.2, delayMs: 500 },
  },
  crashes: { devices: 2, shape: 'line', restarts: true, crashes: true },
  meddling: { devices: 2, shape: 'line', meddleOneIn: 60 },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** The history of this kind with this seed. */
export function planOf(name: KindName, seed: number): Plan {
  const { restarts = false, crashes = false, ...kind }: Kind = KINDS[name];
  const { devices, shape } = kind;
  const chances = { devices, links: linksOf(shape, devices), steps: STEPS, restarts, crashes };
  return { ...kind, seed, steps: randomSteps(new SeededRandom(seed), chances) };
}
