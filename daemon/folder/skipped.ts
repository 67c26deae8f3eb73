// What this folder leaves alone, and why: told in status until it is over.
import type { ErrorCode } from '../../protocol/errors.ts';
import { isBelow, mayBeMangled, type DirPath, type RelativePath } from '../core/path.ts';
import type { Skipped } from './view.ts';

/** More are counted, and named when others have gone. */
const MAX_NAMED = 10_000;

export class SkippedPaths {
  readonly #codes = new Map<string, ErrorCode>();
  readonly #onOver: (path: string) => void;

  /** `onOver`: this may not stand in the way any more of what was to be written there, or below. */
  constructor(onOver: (path: string) => void) {
    this.#onOver = onOver;
  }

  get size(): number {
    return this.#codes.size;
  }

  /** True when it was not known with this code. */
  set(path: string, code: ErrorCode): boolean {
    if (this.#codes.get(path) === code) return false;
    if (this.#codes.size >= MAX_NAMED && !this.#codes.has(path)) return false;
    this.#codes.set(path, code);
    return true;
  }

  code(path: string): ErrorCode | undefined {
    return this.#codes.get(path);
  }

  /** It could not be read or written, which may be over when it can be read. */
  isOutOfReach(path: string): boolean {
    const code = this.#codes.get(path);
    return code !== undefined && code !== 'E_DIR_KEPT' && code !== 'E_ROLE';
  }

  clear(path: string): void {
    if (this.#codes.delete(path)) this.#onOver(path);
  }

  /** A look shows nothing wrong with it. A name that is not UTF-8 only reads like it: the listing of its directory tells. */
  looksWell(path: string): void {
    if (this.#codes.get(path) !== 'E_NAME' || !mayBeMangled(path)) this.clear(path);
  }

  /** It stays named, for what is to be written there; but it can be read and written now. */
  comesIntoReach(path: string): void {
    if (this.isOutOfReach(path)) this.#onOver(path);
  }

  clearCode(code: ErrorCode): void {
    for (const [path, its] of this.#codes) if (its === code) this.clear(path);
  }

  /**
   * A directory was listed whole: of its own entries only these are skipped, and nothing below what is not a directory
   * `there`; but all that `waits` says. Returns what is new.
   */
  replaceIn(
    dir: DirPath,
    found: readonly Skipped[],
    there: ReadonlySet<string>,
    waits: (path: RelativePath) => boolean,
  ): readonly Skipped[] {
    const now = new Set(found.map(({ path }) => path));
    for (const path of this.#codes.keys()) {
      const entry = entryIn(dir, path);
      if (entry === undefined || now.has(entry) || (entry !== path && there.has(entry))) continue;
      if (!waits(path as RelativePath)) this.clear(path);
    }
    return found.filter(({ path, code }) => this.set(path, code));
  }

  clearWhere(isOver: (path: string) => boolean): void {
    for (const path of this.#codes.keys()) if (isOver(path)) this.clear(path);
  }

  /** A directory is gone, with all that was skipped in it, but for what `waits` to be written there. */
  clearBelow(dir: RelativePath, waits: (path: RelativePath) => boolean): void {
    for (const path of this.#codes.keys()) {
      if (!isBelow(path as RelativePath, dir)) continue;
      if (waits(path as RelativePath)) this.comesIntoReach(path);
      else this.clear(path);
    }
  }

  list(limit: number): Skipped[] {
    return [...this.#codes].slice(0, limit).map(([path, code]) => ({ path, code }));
  }
}

/** The entry of a directory that a path is, or is below. */
function entryIn(dir: DirPath, path: string): string | undefined {
  if (dir !== '' && !path.startsWith(`${dir}/`)) return undefined;
  const end = path.indexOf('/', dir === '' ? 0 : dir.length + 1);
  return end < 0 ? path : path.slice(0, end);
}
