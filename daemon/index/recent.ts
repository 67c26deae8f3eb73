// Rows that were read or written lately: a turn of a folder's loop asks for the same few paths again and again. It holds
// what the tables say, no more: who writes to a path says here what is there now, and a rollback forgets all.
import type { RelativePath } from '../core/path.ts';

/** Paths of one half; some hundred bytes each. The older half is forgotten when the younger one is full. */
const MAX_HALF = 768;

export class Recent<Value> {
  #younger = new Map<RelativePath, Value>();
  #older = new Map<RelativePath, Value>();

  /** What is kept of the path, or what `read` finds there. */
  get(path: RelativePath, read: (path: RelativePath) => Value): Value {
    for (const half of [this.#younger, this.#older]) {
      const kept = half.get(path);
      if (kept !== undefined || half.has(path)) return kept as Value;
    }
    const value = read(path);
    this.set(path, value);
    return value;
  }

  set(path: RelativePath, value: Value): void {
    if (this.#younger.size >= MAX_HALF) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(path, value);
  }

  forgetAll(): void {
    this.#younger.clear();
    this.#older.clear();
  }
}
