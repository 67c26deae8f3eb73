// Unpredictable bytes, from the kernel.
import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports/random.ts';

/** Drawn at once: asking for four bytes takes as long as asking for a thousand, and each version that is filed needs four. */
const STOCK_BYTES = 1024;

export class RealRandom implements Random {
  readonly #stock = new Uint8Array(STOCK_BYTES);
  #used = STOCK_BYTES;

  bytes(length: number): Uint8Array {
    if (length > STOCK_BYTES) return randomFillSync(new Uint8Array(length));
    if (this.#used + length > STOCK_BYTES) {
      randomFillSync(this.#stock);
      this.#used = 0;
    }
    const drawn = this.#stock.slice(this.#used, this.#used + length);
    // Nothing that was given out stays here: it may be a secret.
    this.#stock.fill(0, this.#used, this.#used + length);
    this.#used += length;
    return drawn;
  }
}
