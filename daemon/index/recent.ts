// Rows that were read lately: a turn of a folder's loop asks for the same few paths again and again. It holds what the
// tables say, no more: who writes to a path forgets it here, and a rollback forgets all.
import type { RelativePath } from '../core/path.ts';

/** Paths; some hundred bytes each. Beyond it all are forgotten: a full scan asks for every path once. */
const MAX_RECENT = 512;

export class Recent<Value> {
  readonly #values = new Map<RelativePath, Value>();

  /** What is kept of the path, or what `read` finds there. */
  get(path: RelativePath, read: (path: RelativePath) => Value): Value {
    const kept = this.#values.get(path);
    if (kept !== undefined || this.#values.has(path)) return kept as Value;
    const value = read(path);
    if (this.#values.size >= MAX_RECENT) this.#values.clear();
    this.#values.set(path, value);
    return value;
  }

  forget(path: RelativePath): void {
    this.#values.delete(path);
  }

  forgetAll(): void {
    this.#values.clear();
  }
}
