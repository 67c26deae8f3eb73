// A limit of bytes in a second. What is spent may exceed what is there by one portion: then it waits until that is paid for,
// so that over time the limit holds whatever the size of portions.

/** What may gather while nothing is sent: more would be a burst that others feel. */
const GATHERS_S = 0.25;
const MS = 1000;

export class TokenBucket {
  /** Bytes in a second; Infinity: no limit. */
  #rate = Number.POSITIVE_INFINITY;
  #tokens = 0;
  #atMs = 0;

  get rate(): number {
    return this.#rate;
  }

  setRate(rate: number, nowMs: number): void {
    if (rate === this.#rate) return;
    this.#refill(nowMs);
    this.#rate = rate;
    this.#atMs = nowMs;
    this.#tokens = rate === Number.POSITIVE_INFINITY ? 0 : Math.min(this.#tokens, rate * GATHERS_S);
  }

  /** In how long something may be spent: ms, 0: now. */
  readyInMs(nowMs: number): number {
    if (this.#rate === Number.POSITIVE_INFINITY) return 0;
    this.#refill(nowMs);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate) * MS);
  }

  /** Also what could not wait: it is paid for by those that come after it. */
  spend(bytes: number, nowMs: number): void {
    if (this.#rate === Number.POSITIVE_INFINITY) return;
    this.#refill(nowMs);
    this.#tokens -= bytes;
  }

  #refill(nowMs: number): void {
    if (this.#rate === Number.POSITIVE_INFINITY) return;
    const came = (this.#rate * Math.max(0, nowMs - this.#atMs)) / MS;
    this.#tokens = Math.min(this.#rate * GATHERS_S, this.#tokens + came);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}
