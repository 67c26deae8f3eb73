// Wants that were skipped and are fetched once more, to see whether they can be had by now. In the table they are skipped as
// before: nothing has changed yet, so nothing is written, and what was acknowledged stays.
import type { RelativePath } from '../core/path.ts';
import type { FileRecord } from '../core/record.ts';
import type { WantedCounts } from './wanted-counts.ts';

export class TriedAgain {
  /** How large each is. */
  readonly #sizes = new Map<RelativePath, number>();
  #bytes = 0;

  add({ path, entry }: FileRecord): void {
    if (this.#sizes.has(path)) return;
    const size = entry.kind === 'file' ? entry.size : 0;
    this.#sizes.set(path, size);
    this.#bytes += size;
  }

  /** It is known what becomes of it, or something else is wanted there. */
  end(path: RelativePath): void {
    this.#bytes -= this.#sizes.get(path) ?? 0;
    this.#sizes.delete(path);
  }

  clear(): void {
    this.#sizes.clear();
    this.#bytes = 0;
  }

  paths(): Iterable<RelativePath> {
    return this.#sizes.keys();
  }

  has(path: RelativePath): boolean {
    return this.#sizes.has(path);
  }

  /** They are to be fetched, and are skipped ones too. */
  counts(counts: WantedCounts): WantedCounts {
    if (this.#sizes.size === 0) return counts;
    return { ...counts, fetch: counts.fetch + this.#sizes.size, bytes: counts.bytes + this.#bytes };
  }
}
