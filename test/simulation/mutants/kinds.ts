// The kinds of simulated worlds in which planted bugs are looked for. All are random histories of the ordinary simulator,
// short ones; a kind only says which faults are in them, and how often, so that a bug is found in seconds.
import { type Plan, linksOf } from '../plan.ts';
import { SeededRandom } from '../random.ts';
import { type StepChances, randomSteps } from '../random-steps.ts';
import type { Step } from '../steps.ts';

const STEPS = 22;
const FEW_STEPS = 14;
/** Calls of the disk until a crash in a job. */
const SOON = 40;

interface Kind extends Omit<Plan, 'seed' | 'steps'> {
  /** Users do what they do at very few paths, often two of them at once. */
  readonly few?: boolean;
  /** They only write files, and nobody deletes or moves any. */
  readonly writing?: boolean;
  /** What happens beside what a user does, in one case of three. */
  readonly often?: 'race' | 'wait' | 'crash' | 'power loss' | 'spell';
  readonly chances?: Partial<StepChances>;
}

const RESTARTS = { restarts: true };

const KINDS = {
  'two devices': { devices: 2, shape: 'line', chances: RESTARTS },
  'a connected pair': { devices: 2, shape: 'line' },
  line: { devices: 3, shape: 'line', chances: RESTARTS },
  'few paths': { devices: 2, shape: 'line', few: true },
  'few paths in a line': { devices: 3, shape: 'line', few: true },
  'few paths in a ring': { devices: 3, shape: 'ring', few: true },
  'slow links': { devices: 3, shape: 'line', few: true, delayMs: 400 },
  'clocks that are off': { devices: 3, shape: 'line', few: true, delayMs: 400, skewMs: 3_600_000 },
  'lost hints': {
    devices: 2,
    shape: 'line',
    watchFaults: { lost: 0.2, doubled: 0.1, delayed: 0.2, delayMs: 500 },
  },
  'few paths and lost hints': {
    devices: 2,
    shape: 'line',
    few: true,
    watchFaults: { lost: 0.5, doubled: 0.1, delayed: 0.2, delayMs: 500 },
  },
  'gathered hints': { devices: 2, shape: 'line', few: true, often: 'race', watchBatchMs: 50 },
  waiting: { devices: 2, shape: 'line', often: 'wait', delayMs: 60 },
  crashes: { devices: 2, shape: 'line', few: true, often: 'crash' },
  'power losses': { devices: 2, shape: 'line', often: 'power loss', chances: RESTARTS },
  'older copies': { devices: 2, shape: 'line', chances: { ...RESTARTS, old: true } },
  'failing disks': { devices: 2, shape: 'line', writing: true, often: 'spell' },
  meddling: { devices: 2, shape: 'line', few: true, meddleOneIn: 20 },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** The history of this kind with this seed. */
export function planOf(name: KindName, seed: number): Plan {
  const { few = false, writing = false, often, chances, ...kind }: Kind = KINDS[name];
  const { devices, shape } = kind;
  const random = new SeededRandom(seed);
  const ordinary: StepChances = {
    devices,
    links: linksOf(shape, devices),
    steps: few ? FEW_STEPS : STEPS,
    restarts: false,
    crashes: false,
    ...chances,
  };
  const steps = randomSteps(random, ordinary).flatMap((step): Step[] => {
    if (step.kind !== 'user') return [step];
    const theirs = few ? together(atFewPaths(step), devices, random) : [writing ? onlyWriting(step, random) : step];
    return often === undefined || !random.oneIn(3)
      ? theirs
      : beside(often, theirs, often === 'spell' ? step.device : random.below(devices), random);
  });
  return { ...kind, seed, steps };
}

function beside(
  what: NonNullable<Kind['often']>,
  steps: readonly Step[],
  device: number,
  random: SeededRandom,
): Step[] {
  switch (what) {
    case 'race': {
      // What has just come is removed, before anybody has been told that it came.
      const last = steps.at(-1);
      if (last?.kind !== 'user') return [...steps];
      const { path } = last.does;
      const remove = { kind: 'user', device: 1 - last.device, does: { kind: 'remove', path } } as const;
      return [...steps, { kind: 'pass', ms: 50 + random.below(50) }, remove];
    }
    case 'wait':
      return [...steps, { kind: 'wait' }];
    case 'crash':
      return [...steps, { kind: 'crash in a job', device, calls: random.below(SOON) }, { kind: 'start', device }];
    case 'power loss':
      return [...steps, { kind: 'power loss', device, calls: random.below(SOON) }, { kind: 'start', device }];
    case 'spell': {
      // What somebody works at cannot be looked at, for as long as a deletion rests, and more.
      const [first] = steps;
      const path = first?.kind === 'user' ? `/${first.does.path}` : undefined;
      const call = random.pick(['lstat', 'openDir', 'list', 'openFile'] as const);
      const spell = { errno: 'EACCES', call, path, oneIn: 1 } as const;
      return [{ kind: 'spell', device, spell }, ...steps, { kind: 'pass', ms: 2_000 }, { kind: 'healthy', device }];
    }
  }
}

type UsersStep = Extract<Step, { kind: 'user' }>;

function atFewPaths({ does, ...step }: UsersStep): UsersStep {
  const there = { ...does, path: oneOfFew(does.path) };
  return { ...step, does: 'to' in there ? { ...there, to: oneOfFew(there.to) } : there };
}

function onlyWriting(step: UsersStep, random: SeededRandom): UsersStep {
  const path = random.pick(['a', 'b', 'c'] as const);
  return { ...step, does: { kind: 'save', path, content: `${step.does.path} ${random.below(1000)}` } };
}

function oneOfFew(path: string): string {
  if (path.includes('/')) return 'd/a';
  return path === 'd' || path === 'e' ? 'd' : path === 'b' ? 'b' : 'a';
}

/** Somebody else writes there too, in the same moment. */
function together(step: UsersStep, devices: number, random: SeededRandom): Step[] {
  const { device, does } = step;
  if (!('content' in does) || !random.oneIn(3)) return [step];
  const other = { ...does, content: `${does.content}too` };
  return [step, { kind: 'user', device: (device + 1) % devices, does: other }];
}
