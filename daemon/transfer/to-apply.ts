// Wants that need nothing but to be applied: ready, handed over to who applies them, or set aside until something else has
// happened.
import type { RelativePath } from '../core/path.ts';

export class ToApply {
  readonly #ready = new Set<RelativePath>();
  readonly #handed = new Set<RelativePath>();
  readonly #parked = new Set<RelativePath>();

  /** Ready, and handed over. */
  get count(): number {
    return this.#ready.size + this.#handed.size;
  }

  *[Symbol.iterator](): Generator<RelativePath> {
    yield* this.#ready;
    yield* this.#parked;
    yield* this.#handed;
  }

  /** It is ready, unless it is handed over. */
  add(path: RelativePath): void {
    if (this.#handed.has(path)) return;
    this.#parked.delete(path);
    this.#ready.add(path);
  }

  /** At most `limit`, none that `waits`; each is this caller's until released or parked. */
  take(limit: number, waits: (path: RelativePath) => boolean): RelativePath[] {
    const taken: RelativePath[] = [];
    for (const path of this.#ready) {
      if (taken.length >= limit) break;
      if (!waits(path)) taken.push(path);
    }
    for (const path of taken) {
      this.#ready.delete(path);
      this.#handed.add(path);
    }
    return taken;
  }

  /** It was applied, or is to be fetched again: nothing is remembered of it. */
  release(path: RelativePath): void {
    this.#handed.delete(path);
    this.#parked.delete(path);
  }

  /** All that was handed over: it could not even be tried, and is handed over again. */
  releaseAll(): void {
    this.#handed.clear();
  }

  /** It cannot be applied before something else has happened. */
  park(path: RelativePath): void {
    this.#handed.delete(path);
    this.#parked.add(path);
  }

  /** Something has happened: what was parked is ready again. False when nothing was. */
  unpark(): boolean {
    const any = this.#parked.size > 0;
    for (const path of this.#parked) this.#ready.add(path);
    this.#parked.clear();
    return any;
  }

  drop(path: RelativePath): void {
    this.#ready.delete(path);
    this.release(path);
  }
}
