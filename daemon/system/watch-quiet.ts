// Directories in which nothing needs to be watched, as the watcher library and our own walks have to know them. Such a
// directory is watched itself (its name may be a file's as well); what is in it is not.
import type { QuietName } from '../core/quiet-directories.ts';

export class QuietDirectories {
  readonly #names: readonly QuietName[];
  readonly #inRoot: RegExp | undefined;

  constructor(names: readonly QuietName[]) {
    this.#names = names;
    this.#inRoot = this.patternIn('');
  }

  /** Nothing in this directory is watched. */
  has(dir: string): boolean {
    return this.#inRoot !== undefined && dir !== '' && this.#inRoot.test(`${dir}/`);
  }

  /**
   * What is in them, as one expression for paths relative to `dir`: the library asks it of every path, in time that grows
   * with the number of expressions.
   */
  patternIn(dir: string): RegExp | undefined {
    const ways = this.#names.flatMap((name) => wayFrom(dir, name) ?? []);
    return ways.length === 0 ? undefined : new RegExp(`(?:^|/)(?:${ways.join('|')})/`);
  }
}

/** Undefined where nothing below `dir` is meant. */
function wayFrom(dir: string, { within, name, anywhere }: QuietName): string | undefined {
  if (anywhere && (within === dir || within === '' || dir.startsWith(`${within}/`))) return name;
  if (dir !== '' && within !== dir && !within.startsWith(`${dir}/`)) return undefined;
  const between = dir === '' ? within : within.slice(dir.length + 1);
  const way = between === '' ? '' : `${between.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)}/`;
  return `^${way}${anywhere ? '(?:.*/)?' : ''}${name}`;
}
