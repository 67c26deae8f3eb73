// Bytes that follow from a seed: the same seed, the same run.
import type { Random } from '../../daemon/ports/random.ts';

/** xorshift128 (Marsaglia, 2003), filled from the seed by a multiplicative step. Good enough to surprise, not to hide. */
export class SeededRandom implements Random {
  #x: number;
  #y: number;
  #z: number;
  #w: number;

  constructor(seed: number) {
    let fill = seed >>> 0;
    const filled = (): number => {
      fill = (Math.imul(fill ^ (fill >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
      return fill === 0 ? 1 : fill;
    };
    [this.#x, this.#y, this.#z, this.#w] = [filled(), filled(), filled(), filled()];
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 0 to 2³² − 1. */
  next(): number {
    const t = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = (this.#w ^ (this.#w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return this.#w;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.next() >>> 24;
    return bytes;
  }

  /** 0 to `end` − 1. */
  below(end: number): number {
    return Math.floor((this.next() / 2 ** 32) * end);
  }

  /** True once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  }

  /** In an order of its own. */
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => [this.next(), item] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, item]) => item);
  }
}
