// How long the loops of system tests are: short where everything is tried at each change, and as long as one likes elsewhere.
import process from 'node:process';

/** `smoke` rounds, times the environment variable ROUNDS (1 unless set). */
export function rounds(smoke: number): number {
  const factor = Number(process.env['ROUNDS'] ?? '1');
  return Math.max(1, Math.round(smoke * (Number.isFinite(factor) && factor > 0 ? factor : 1)));
}

/** Random numbers for the order of things; the seed is the environment variable SEED, or another one each time. */
export class Dice {
  readonly seed: number;
  #state: number;

  constructor(seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))) {
    this.seed = seed;
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  one<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  }
}
