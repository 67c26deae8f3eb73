// Whose turn it is, so that all who have something to do get their share over time (start-time fair queueing; Goyal, Vin and
// Cheng 1996). Who had nothing to do has no claim from then.

export class FairShare<Key> {
  /** Where the one that was served last began: all that is earlier is past. */
  #now = 0;
  /** Where each will begin next time. */
  readonly #next = new Map<Key, number>();

  /** Of these the one that is most behind; the first of several. */
  choose(keys: Iterable<Key>): Key | undefined {
    let chosen: Key | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const key of keys) {
      const start = this.#startOf(key);
      if (start >= least) continue;
      least = start;
      chosen = key;
    }
    return chosen;
  }

  /** It has had so much, by its weight. */
  served(key: Key, bytes: number, weight: number): void {
    const start = this.#startOf(key);
    this.#now = start;
    this.#next.set(key, start + bytes / weight);
  }

  /** Whoever is forgotten and comes back begins as the others are now. */
  keep(isKnown: (key: Key) => boolean): void {
    for (const key of this.#next.keys()) if (!isKnown(key)) this.#next.delete(key);
  }

  #startOf(key: Key): number {
    return Math.max(this.#now, this.#next.get(key) ?? 0);
  }
}
