// Names in staging at which jobs are at work, by path. Who gave a job may have given up since; it ends all the same, and may
// write until then: nothing else begins at its name, nor takes its place from there.
import type { RelativePath } from '../core/path.ts';

export interface Staging {
  readonly path: RelativePath;
  readonly staged: string;
}

export class AtWork {
  /** A name for each job. */
  readonly #byPath = new Map<RelativePath, readonly string[]>();

  begin({ path, staged }: Staging): void {
    this.#byPath.set(path, [...(this.#byPath.get(path) ?? []), staged]);
  }

  end({ path, staged }: Staging): void {
    const names = this.#byPath.get(path) ?? [];
    const left = names.toSpliced(names.indexOf(staged), 1);
    if (left.length > 0) this.#byPath.set(path, left);
    else this.#byPath.delete(path);
  }

  /** @param staged asked for only where something is at work for the path */
  isAt(path: RelativePath, staged: () => string | undefined): boolean {
    const names = this.#byPath.get(path);
    if (names === undefined) return false;
    const name = staged();
    return name !== undefined && names.includes(name);
  }
}
