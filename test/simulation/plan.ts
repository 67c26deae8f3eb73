// The plan of a world: which devices, how they are linked, what is wrong with their surroundings, and what happens. A run
// follows from its plan alone.
import type { Step } from './steps.ts';
import type { WatchFaults } from './simulated-watch.ts';

export type Shape = 'line' | 'ring' | 'star' | 'mesh' | 'tree';

export interface Plan {
  readonly seed: number;
  readonly devices: number;
  readonly shape: Shape;
  readonly steps: readonly Step[];
  /** A message takes up to this long. */
  readonly delayMs?: number;
  readonly watchFaults?: WatchFaults;
  /** Watchers gather changes for so long, and say nothing of what has come and gone meanwhile. */
  readonly watchBatchMs?: number;
  /** The clocks of the devices are off by up to this much. */
  readonly skewMs?: number;
  /** What each device sends and fetches is limited to so many bytes in a second. */
  readonly rate?: number;
  /** Once in so many calls of the daemon a user does something in the middle of it. */
  readonly meddleOneIn?: number;
  /** Sessions go over links of bytes, by the code that ships; else their messages are handed over as values. */
  readonly bytes?: boolean;
  /** One announcement in so many is taken in twice; not over links of bytes. */
  readonly doubledOneIn?: number;
}

/** Who is linked with whom. A tree hangs each device on one before it, which one follows from the number of devices. */
export function linksOf(shape: Shape, devices: number): (readonly [number, number])[] {
  const numbers = Array.from({ length: devices }, (_, i) => i);
  switch (shape) {
    case 'line':
      return numbers.slice(1).map((i) => [i - 1, i] as const);
    case 'ring':
      return numbers.map((i) => [i, (i + 1) % devices] as const).filter(([a, b]) => a !== b && (devices > 2 || a < b));
    case 'star':
      return numbers.slice(1).map((i) => [0, i] as const);
    case 'mesh':
      return numbers.flatMap((a) => numbers.slice(a + 1).map((b) => [a, b] as const));
    case 'tree':
      return numbers.slice(1).map((i) => [(i * 7 + devices) % i, i] as const);
  }
}
