// Histories that follow from a seed: what users do, and what goes wrong meanwhile.
import type { Call } from './memory-file-system.ts';
import type { SeededRandom } from './random.ts';
import type { IndexFailure, Step, UserStep } from './steps.ts';

const PATHS = ['a', 'b', 'd', 'e', 'd/a', 'd/b', 'd/e', 'd/e/a', 'e/a', 'e/d', 'e/d/a'];
/** Names that another file system would take for one; and ours, further down, where it is like any other. */
const ODD_PATHS = ['A', 'd/A', 'caf\u00e9', 'cafe\u0301', 'D', 'D/a', 'd/.syncd', '__proto__', 'a.saving', 'x\ny'];
const IGNORED = [[], [], ['a'], ['d/'], ['e/**', '!e/a'], ['/d/e', 'b'], ['*', '!*/', '!b']];
/** Where users put rules of what is ignored, and what they say. */
const RULES_PATHS = ['.syncignore', '.syncignore', 'd/.syncignore', 'e/.syncignore', 'd/e/.syncignore'];
const RULES = [
  ...[
    ['a'],
    ['b'],
    ['/a', 'e/b'],
    ['d/'],
    ['e/'],
    ['/e'],
    ['*', '!*/', '!b'],
    ['a', '!a'],
    ['**/a', '!/a'],
    ['e/**', '!e/a'],
  ],
  ...[['*.saving'], ['?'], ['D'], ['.syncignore'], ['[']],
];
const MODES = [0o644, 0o600, 0o755, 0o700, 0o444];
const PASSES = [0, 0, 1, 5, 20, 60, 150, 300, 700, 2500];
/** Some are larger than what travels with its announcement, some than what is asked for in one piece. */
const LARGE = [100_000, 700_000];
const ERRNOS = ['EIO', 'EACCES', 'ENOSPC', 'EMFILE', 'EROFS', 'ENOMEM'] as const;
const SPELL_CALLS: readonly Call[] = [
  ...(['openDir', 'list', 'lstat', 'openFile', 'read', 'write', 'rename', 'remove', 'mkdir', 'link'] as const),
  ...(['setAttributes', 'symlink', 'openRoot', 'sync', 'space', 'stat', 'truncate', 'readlink'] as const),
];

function randomPath(random: SeededRandom): string {
  return random.oneIn(20) ? random.pick(ODD_PATHS) : random.pick(PATHS);
}

/** One thing that a user may do. `serial` makes its content unlike any other. */
export function randomUserStep(random: SeededRandom, serial: number): UserStep {
  const path = randomPath(random);
  const weight = random.below(100);
  if (weight < 30) {
    const size = random.oneIn(60) ? random.pick(LARGE) : 0;
    const content = random.oneIn(12) ? '' : `c${serial} `.padEnd(size, `${serial}.`);
    return { kind: random.oneIn(3) ? 'save' : 'write', path, content };
  }
  if (weight < 46) return { kind: 'remove', path };
  if (weight < 53) return { kind: 'mkdir', path };
  if (weight < 69) return { kind: 'rename', path, to: randomPath(random) };
  if (weight < 74) return { kind: 'swap', path, to: randomPath(random) };
  if (weight < 79) return { kind: 'symlink', path, target: random.oneIn(3) ? 'd' : `nowhere/${serial}` };
  if (weight < 84) return { kind: 'chmod', path, mode: random.pick(MODES) };
  if (weight < 88) return { kind: 'append', path, content: `+${serial} ` };
  if (weight < 92) return { kind: 'copy', path, to: randomPath(random), keepTime: random.oneIn(2) };
  if (weight < 96) return { kind: random.oneIn(2) ? 'move out' : 'move in', path };
  const mtimeUs = random.oneIn(3) ? undefined : BigInt(random.below(2_000_000_000)) * 1_000_003n - 300_000_000_000_000n;
  return { kind: 'touch', path, mtimeUs };
}

/** One thing that a user may do to a file of rules. */
export function randomRulesStep(random: SeededRandom, serial: number): UserStep {
  const path = random.pick(RULES_PATHS);
  const weight = random.below(20);
  if (weight < 4) return { kind: 'remove', path };
  if (weight < 7) return { kind: 'rename', path, to: random.pick(RULES_PATHS) };
  const content = [`# ${serial}`, ...random.pick(RULES), ''].join('\n');
  if (weight < 9) return { kind: 'append', path, content };
  return { kind: weight < 14 ? 'save' : 'write', path, content };
}

export interface StepChances {
  readonly devices: number;
  readonly links: readonly (readonly [number, number])[];
  readonly steps: number;
  /** Whether devices stop and start too. */
  readonly restarts: boolean;
  readonly crashes: boolean;
  /** Power losses. */
  readonly power?: boolean;
  /** Indexes that are lost or old, and devices that are restored from a backup. */
  readonly old?: boolean;
  /** Disks and indexes that fail, and watchers that see nothing. */
  readonly errors?: boolean;
  /** Clocks that are set. */
  readonly clocks?: boolean;
  /** Connections of which not both sides know that they are gone. */
  readonly cuts?: boolean;
  /** What is ignored changes, on each device for itself. */
  readonly filters?: boolean;
  /** One step in so many is `settle`; by default 33. */
  readonly settleOneIn?: number;
}

/** So many steps, besides the time that passes between them. */
export function randomSteps(random: SeededRandom, chances: StepChances): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < chances.steps; i++) {
    steps.push(...randomStep(random, chances, i));
    if (!random.oneIn(4)) steps.push({ kind: 'pass', ms: random.pick(PASSES) });
  }
  return steps;
}

function randomStep(random: SeededRandom, chances: StepChances, serial: number): Step[] {
  const { devices, links, restarts, crashes } = chances;
  const device = random.below(devices);
  if (random.oneIn(chances.settleOneIn ?? 33)) return [{ kind: 'settle' }];
  const weight = random.below(200);
  if (weight < 14) {
    const [a, b] = random.pick(links);
    if (random.oneIn(2)) return [{ kind: 'heal', a, b }];
    const how = chances.cuts === true ? random.pick(['reset', 'half-open', 'black hole'] as const) : undefined;
    return [{ kind: 'cut', a, b, ...(how !== undefined && { how }) }];
  }
  if (weight < 16) return [{ kind: 'wait' }];
  if (restarts && weight < 24) return [{ kind: random.oneIn(3) ? 'stop' : 'start', device }];
  if (crashes && weight < 27) return [{ kind: 'crash', device }];
  if (crashes && weight < 31) return [{ kind: 'crash in a job', device, calls: random.below(60) }];
  if (chances.power === true && weight < 34)
    return [{ kind: 'power loss', device, calls: random.oneIn(3) ? undefined : random.below(60) }];
  if (chances.old === true && weight < 36)
    return [
      { kind: 'crash', device },
      { kind: random.pick(['index lost', 'index back', 'index back', 'restored'] as const), device },
    ];
  if (chances.errors === true && weight < 44) return randomTrouble(random, device);
  if (chances.clocks === true && weight < 46) return [{ kind: 'clock', device, byMs: randomJump(random) }];
  if (chances.filters === true && weight < 56) return [{ kind: 'filter', device, ignore: random.pick(IGNORED) }];
  return [{ kind: 'user', device, does: randomUserStep(random, serial) }];
}

function randomTrouble(random: SeededRandom, device: number): Step[] {
  const weight = random.below(12);
  if (weight < 4) return [{ kind: 'healthy', device }];
  if (weight < 5) return [{ kind: random.oneIn(2) ? 'blind' : 'overflow', device }];
  if (weight < 6) return randomFull(random, device);
  if (weight < 7) return [{ kind: 'index fails', device, ...randomIndexFailure(random) }];
  const errno = random.pick(ERRNOS);
  const path = random.oneIn(3) ? undefined : `/${random.pick(PATHS)}`;
  const call = random.oneIn(8) ? undefined : random.pick(SPELL_CALLS);
  const oneIn = random.pick([1, 2, 5, 20, 100]);
  return [{ kind: 'spell', device, spell: { errno, call, path, oneIn } }];
}

/** For good, or for a moment: then nothing else comes that would make good what it has disturbed. */
function randomIndexFailure(random: SeededRandom): IndexFailure {
  const code = random.pick(['E_DISK_FULL', 'E_IO'] as const);
  return random.oneIn(3) ? { code } : { code, after: random.below(8), times: 1 + random.below(2) };
}

/** Where the index is on the same disk, it cannot be written either. */
function randomFull(random: SeededRandom, device: number): Step[] {
  const freeBytes = random.pick([0, 3, 40, 5000, 120_000]);
  const full: Step = { kind: 'full', device, freeBytes };
  return freeBytes < 50 && random.oneIn(2) ? [full, { kind: 'index fails', device, code: 'E_DISK_FULL' }] : [full];
}

function randomJump(random: SeededRandom): number {
  const size = random.pick([500, 5_000, 3_600_000, 86_400_000]);
  return random.oneIn(2) ? random.below(size) : -random.below(size);
}
