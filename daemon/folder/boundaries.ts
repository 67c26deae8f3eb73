// Mount points inside a folder, as they were when they were first seen. One that comes or goes makes what is below it
// unknown, never deleted.
import type { RelativePath } from '../core/path.ts';
import type { FolderContext } from './context.ts';

const BOUNDARIES = 'boundaries';

export class Boundaries {
  readonly #paths: Set<RelativePath>;

  constructor(context: Pick<FolderContext, 'index'>) {
    const text = context.index.meta(BOUNDARIES);
    this.#paths = new Set(text === undefined ? [] : (JSON.parse(text) as RelativePath[]));
  }

  get list(): readonly RelativePath[] {
    return [...this.#paths];
  }

  has(path: RelativePath): boolean {
    return this.#paths.has(path);
  }

  /** A new mount point, or a directory that is none any more after it was looked at anew. What the index is to note. */
  note(path: RelativePath, boundary: boolean): readonly (readonly [string, string])[] {
    if (this.#paths.has(path) === boundary) return [];
    if (boundary) this.#paths.add(path);
    else this.#paths.delete(path);
    return [[BOUNDARIES, JSON.stringify([...this.#paths])]];
  }
}
