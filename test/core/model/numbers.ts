// Numbers that follow from a seed, and cost next to nothing: a model case draws some dozens, and there are millions.
export class Numbers {
  #state: number;

  /** Neighbouring seeds give numbers that have nothing to do with each other. */
  constructor(seed: number) {
    this.#state = (Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ (seed >>> 7)) | 1;
    for (let i = 0; i < 4; i++) this.below(2);
  }

  /** 0 to `end` − 1 (xorshift32: Marsaglia, 2003). */
  below(end: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % end;
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
}
