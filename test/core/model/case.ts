// One case of the model: one tree that all devices have, and what their users do to it, each in their own copy. All of it
// follows from a number.
import { type RelativePath, parentOf } from '../../../daemon/core/path.ts';
import type { LiveEntry } from '../../../daemon/core/record.ts';
import { path } from '../build.ts';
import { Numbers } from './numbers.ts';
import { type Act, fileEntry, tellAct } from './user.ts';

export interface Deed {
  readonly device: number;
  readonly act: Act;
  /** Done when the devices talk already, not before they meet. */
  readonly late: boolean;
}

export interface ModelCase {
  readonly devices: number;
  /** Which devices talk to each other. */
  readonly links: readonly (readonly [number, number])[];
  readonly base: readonly (readonly [RelativePath, LiveEntry])[];
  /** Who made the base; undefined: each device finds it on its own disk, and knows nothing of the others. */
  readonly baseBy: number | undefined;
  /** What was there once, and all know that it was deleted. */
  readonly buried: readonly RelativePath[];
  /** The clock of each device, in ms. */
  readonly clocks: readonly number[];
  readonly deeds: readonly Deed[];
  /** Devices that may hear of others before they look at what their own users did. */
  readonly scanLate: readonly number[];
  /** Of several versions of a path that are on the way to one device, only the last arrives. */
  readonly overtakes: boolean;
}

export const BASE_MS = 1000;
const PATHS = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'e', 'e/a'].map(path);
const USUAL_MODE = 0o755;
const MODES = [0o600, 0o755, 0o700];
const CLOCKS = [2000, 2000, 2000, 2001, 2500, 900];
const LINKS = {
  pair: [[0, 1]],
  line: [
    [0, 1],
    [1, 2],
  ],
  ring: [
    [0, 1],
    [1, 2],
    [2, 0],
  ],
  star: [
    [0, 1],
    [0, 2],
    [0, 3],
  ],
  mesh: [
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ],
} as const;
const DEVICES = { pair: 2, line: 3, ring: 3, star: 4, mesh: 4 } as const;
const MANY = ['line', 'line', 'line', 'line', 'ring', 'ring', 'ring', 'ring', 'star', 'mesh'] as const;

export function caseOf(seed: number): ModelCase {
  const numbers = new Numbers(seed);
  const shape = numbers.oneIn(5) ? numbers.pick(MANY) : 'pair';
  const devices = DEVICES[shape];
  const isTalking = numbers.oneIn(4);
  const base = baseOf(numbers);
  const there = new Set(base.map(([at]) => at));
  const deeds: Deed[] = [];
  const clocks: number[] = [];
  for (let device = 0; device < devices; device++) {
    clocks.push(numbers.pick(CLOCKS));
    for (let left = numbers.below(4); left > 0; left--)
      deeds.push({ device, act: actOf(numbers, deeds.length), late: isTalking && numbers.oneIn(2) });
  }
  // A new mode of a directory that nobody has seen goes with the directory, when that is removed elsewhere; and what is
  // the same here before it is seen is taken for what has arrived, which matters where a third one is in the conflict.
  const hasModes = base.some(([, entry]) => entry.kind === 'dir' && entry.mode !== USUAL_MODE);
  const looksLater = (device: number): boolean =>
    devices === 2 && !hasModes && !deeds.some(({ device: by, act }) => by === device && act.kind === 'chmod');
  const baseBy = numbers.oneIn(10) ? undefined : numbers.below(devices);
  return {
    devices,
    links: LINKS[shape],
    base,
    baseBy,
    buried: PATHS.filter((at) => !there.has(at) && numbers.oneIn(6)),
    clocks,
    deeds,
    scanLate: clocks.flatMap((_, device) =>
      baseBy !== undefined && numbers.oneIn(4) && looksLater(device) ? [device] : [],
    ),
    overtakes: numbers.oneIn(2),
  };
}

/** Contents of the base have small numbers, twins those after it, all others are unlike any other. */
const TWINS = 16;
const OTHERS = 20;

function baseOf(numbers: Numbers): (readonly [RelativePath, LiveEntry])[] {
  const base: (readonly [RelativePath, LiveEntry])[] = [];
  const dirs = new Set(['']);
  PATHS.forEach((at, i) => {
    if (!dirs.has(parentOf(at))) return;
    const kind = numbers.below(10);
    const isLikelyDir = at === 'd' || at === 'e' || at === 'd/e';
    if (kind < (isLikelyDir ? 6 : 1)) {
      dirs.add(at);
      base.push([at, { kind: 'dir', mode: numbers.oneIn(3) ? 0o711 : USUAL_MODE }]);
    } else if (kind < 7) base.push([at, fileEntry(i, BASE_MS - i)]);
    else if (kind === 7) base.push([at, { kind: 'symlink', target: `nowhere ${i}` }]);
  });
  return base;
}

function actOf(numbers: Numbers, serial: number): Act {
  const at = numbers.pick(PATHS);
  const weight = numbers.below(100);
  const content = numbers.oneIn(5) ? TWINS + numbers.below(2) : OTHERS + serial;
  if (weight < 26) return { kind: numbers.oneIn(2) ? 'write' : 'save', path: at, content };
  if (weight < 48) return { kind: 'remove', path: at };
  if (weight < 58) return { kind: 'mkdir', path: at };
  if (weight < 78) return { kind: 'rename', path: at, to: numbers.pick(PATHS) };
  if (weight < 83) return { kind: 'swap', path: at, to: numbers.pick(PATHS) };
  if (weight < 90) return { kind: 'link', path: at, content };
  if (weight < 95) return { kind: 'chmod', path: at, mode: numbers.pick(MODES) };
  return { kind: 'touch', path: at };
}

/** For who reads a failure. */
export function tellCase({
  devices,
  links,
  base,
  baseBy,
  buried,
  clocks,
  deeds,
  scanLate,
  overtakes,
}: ModelCase): string {
  const tellEntry = (entry: LiveEntry): string =>
    entry.kind === 'file' ? `file ${entry.sha256.replace(/^0+(?=.)/, '')}` : entry.kind;
  return [
    `${devices} devices, links ${links.map((one) => one.join('-')).join(' ')}, clocks ${clocks.join(' ')}`,
    `base by ${baseBy ?? 'each'}: ${base.map(([at, entry]) => `${at} ${tellEntry(entry)}`).join(', ')}`,
    `buried: ${buried.join(', ')}; scan late: ${scanLate.join(', ')}${overtakes ? '; overtaking' : ''}`,
    ...deeds.map(({ device, act, late }) => `${device}${late ? ' late' : ''}: ${tellAct(act)}`),
  ].join('\n');
}
