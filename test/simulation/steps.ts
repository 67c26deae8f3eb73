// What happens in a simulated world: each step is a value, so that a run can be told, repeated and made shorter. A step
// that is not possible (a file that is not there) does nothing, as a command that fails.
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import type { MemoryUser } from './memory-user.ts';
import type { SeededRandom } from './random.ts';
import { ROOT } from './simulated-device.ts';

/** What a user does in a folder. Contents are made once, so that each can be told from every other. */
export type UserStep =
  | { readonly kind: 'write' | 'save'; readonly path: string; readonly content: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'rename' | 'swap'; readonly path: string; readonly to: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'chmod'; readonly path: string; readonly mode: number }
  | { readonly kind: 'touch'; readonly path: string; readonly mtimeUs: bigint | undefined };

export type Step =
  | { readonly kind: 'user'; readonly device: number; readonly does: UserStep }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'cut' | 'heal'; readonly a: number; readonly b: number }
  | { readonly kind: 'stop' | 'start' | 'crash'; readonly device: number }
  | { readonly kind: 'crash in a job'; readonly device: number; readonly calls: number }
  /** All links heal, all devices run, and everything is checked. */
  | { readonly kind: 'settle' };

const PATHS = ['a', 'b', 'd', 'e', 'd/a', 'd/b', 'd/e', 'd/e/a', 'e/a', 'e/d', 'e/d/a'];
const MODES = [0o644, 0o600, 0o755, 0o700, 0o444];
const PASSES = [0, 0, 1, 5, 20, 60, 150, 300, 700, 2500];
/** Some are larger than what travels with its announcement, some than what is asked for in one piece. */
const LARGE = [100_000, 700_000];

/** One thing that a user may do. `serial` makes its content unlike any other. */
export function randomUserStep(random: SeededRandom, serial: number): UserStep {
  const path = random.pick(PATHS);
  const weight = random.below(100);
  if (weight < 30) {
    const size = random.oneIn(25) ? random.pick(LARGE) : 0;
    const content = random.oneIn(12) ? '' : `c${serial} `.padEnd(size, `${serial}.`);
    return { kind: random.oneIn(3) ? 'save' : 'write', path, content };
  }
  if (weight < 48) return { kind: 'remove', path };
  if (weight < 56) return { kind: 'mkdir', path };
  if (weight < 74) return { kind: 'rename', path, to: random.pick(PATHS) };
  if (weight < 79) return { kind: 'swap', path, to: random.pick(PATHS) };
  if (weight < 87) return { kind: 'symlink', path, target: random.oneIn(3) ? 'd' : `nowhere/${serial}` };
  if (weight < 94) return { kind: 'chmod', path, mode: random.pick(MODES) };
  const mtimeUs = random.oneIn(3) ? undefined : BigInt(random.below(2_000_000_000)) * 1_000_003n - 300_000_000_000_000n;
  return { kind: 'touch', path, mtimeUs };
}

export interface StepChances {
  readonly devices: number;
  readonly links: readonly (readonly [number, number])[];
  readonly steps: number;
  /** Whether devices stop and crash too. */
  readonly restarts: boolean;
  readonly crashes: boolean;
}

export function randomSteps(random: SeededRandom, chances: StepChances): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < chances.steps; i++) {
    steps.push(randomStep(random, chances, i));
    if (!random.oneIn(4)) steps.push({ kind: 'pass', ms: random.pick(PASSES) });
  }
  return steps;
}

function randomStep(random: SeededRandom, { devices, links, restarts, crashes }: StepChances, serial: number): Step {
  const weight = random.below(100);
  const device = random.below(devices);
  if (weight < 3) return { kind: 'settle' };
  if (weight < 12) {
    const [a, b] = random.pick(links);
    return { kind: random.oneIn(2) ? 'cut' : 'heal', a, b };
  }
  if (restarts && weight < 18) return { kind: random.oneIn(2) ? 'stop' : 'start', device };
  if (crashes && weight < 20) return { kind: 'crash', device };
  if (crashes && weight < 24) return { kind: 'crash in a job', device, calls: random.below(60) };
  return { kind: 'user', device, does: randomUserStep(random, serial) };
}

/** False when it was not possible. */
export function carryOut(user: MemoryUser, step: UserStep): boolean {
  const at = (path: string): string => `${ROOT}/${path}`;
  try {
    switch (step.kind) {
      case 'write':
        user.write(at(step.path), step.content);
        break;
      case 'save':
        user.save(at(step.path), step.content);
        break;
      case 'remove':
        user.remove(at(step.path));
        break;
      case 'mkdir':
        user.mkdir(at(step.path));
        break;
      case 'rename':
        user.rename(at(step.path), at(step.to));
        break;
      case 'swap':
        user.rename(at(step.path), at('swapping'));
        user.rename(at(step.to), at(step.path));
        user.rename(at('swapping'), at(step.to));
        break;
      case 'symlink':
        user.symlink(at(step.path), step.target);
        break;
      case 'chmod':
        user.chmod(at(step.path), step.mode);
        break;
      case 'touch':
        user.touch(at(step.path), step.mtimeUs);
        break;
    }
    return true;
  } catch (error) {
    if (error instanceof FileSystemError) return false;
    throw error;
  }
}

/** A step in one line, for who reads a failure. */
export function tellStep(step: Step): string {
  switch (step.kind) {
    case 'user': {
      const { kind, ...what } = step.does;
      const words = Object.values(what).map((value) => String(value).slice(0, 40));
      return `${step.device}: ${kind} ${words.join(' ')}`;
    }
    case 'pass':
      return `${step.ms} ms`;
    case 'cut':
    case 'heal':
      return `${step.kind} ${step.a}-${step.b}`;
    case 'stop':
    case 'start':
    case 'crash':
      return `${step.kind} ${step.device}`;
    case 'crash in a job':
      return `crash ${step.device} at call ${step.calls}`;
    case 'settle':
      return 'settle';
  }
}
