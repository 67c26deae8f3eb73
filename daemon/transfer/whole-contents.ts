// Contents that are whole and verified in staging, until they take their place: they need not come again.
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';

/** The oldest is forgotten first, and fetched again. */
const MAX_REMEMBERED = 10_000;

export class WholeContents {
  readonly #staged = new Map<RelativePath, Sha256>();

  add(path: RelativePath, sha256: Sha256): void {
    const [oldest] = this.#staged.keys();
    if (oldest !== undefined && this.#staged.size >= MAX_REMEMBERED) this.#staged.delete(oldest);
    this.#staged.set(path, sha256);
  }

  has(path: RelativePath, sha256: Sha256): boolean {
    return this.#staged.get(path) === sha256;
  }

  delete(path: RelativePath): void {
    this.#staged.delete(path);
  }
}
