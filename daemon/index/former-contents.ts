// Contents that paths of this folder had lately: what is swapped, moved in a circle or copied back is known to the peers,
// and need not be sent to them unasked.
import type { Sha256 } from '../core/ids.ts';

/** About 1 MiB; the oldest is forgotten for a new one. */
const MAX_CONTENTS = 8_192;

export class FormerContents {
  readonly #contents = new Set<Sha256>();

  has(content: Sha256): boolean {
    return this.#contents.has(content);
  }

  add(content: Sha256): void {
    this.#contents.delete(content);
    this.#contents.add(content);
    if (this.#contents.size <= MAX_CONTENTS) return;
    for (const oldest of this.#contents) {
      this.#contents.delete(oldest);
      return;
    }
  }
}
