// How often a source has given a wrong secret within the last minute. Bounded: of very many sources, the one that has
// been quiet for longest is forgotten.
import { MAX_WRONG_JOINS_PER_MINUTE } from '../../protocol/limits.ts';
import type { Clock } from '../ports/clock.ts';

const MINUTE_MS = 60_000;
const MAX_SOURCES = 4_096;

export class WrongTries {
  readonly #clock: Clock;
  /** Times of the last wrong tries, the source that tried last at the end. */
  readonly #tries = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mayTry(source: string): boolean {
    return this.#recent(networkOf(source)).length < MAX_WRONG_JOINS_PER_MINUTE;
  }

  wrong(source: string): void {
    const network = networkOf(source);
    const times = [...this.#recent(network), this.#clock.monotonicMs()].slice(-MAX_WRONG_JOINS_PER_MINUTE);
    this.#tries.delete(network);
    this.#tries.set(network, times);
    const [quietest] = this.#tries.keys();
    if (this.#tries.size > MAX_SOURCES && quietest !== undefined) this.#tries.delete(quietest);
  }

  #recent(network: string): readonly number[] {
    const sinceMs = this.#clock.monotonicMs() - MINUTE_MS;
    return (this.#tries.get(network) ?? []).filter((time) => time > sinceMs);
  }
}

/** Whoever has one IPv6 address has 2⁶⁴ of them: the first half counts. */
function networkOf(source: string): string {
  return source.includes(':') ? expand(source).slice(0, 4).join(':') : source;
}

function expand(address: string): readonly string[] {
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after];
}
