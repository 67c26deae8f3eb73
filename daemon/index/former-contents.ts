// Contents that paths of this folder had lately: what is swapped, moved in a circle or copied back is known to the peers,
// and need not be sent to them unasked.
import type { Sha256 } from '../core/ids.ts';

/** Of one half, about 0.5 MiB; the older half is forgotten when the younger one is full. */
const MAX_HALF = 4_096;

export class FormerContents {
  #younger = new Set<Sha256>();
  #older = new Set<Sha256>();

  has(content: Sha256): boolean {
    return this.#younger.has(content) || this.#older.has(content);
  }

  add(content: Sha256): void {
    this.#younger.add(content);
    if (this.#younger.size < MAX_HALF) return;
    this.#older = this.#younger;
    this.#younger = new Set();
  }
}
