// From what a watcher read to hints. Pure: bounded collecting in the watcher process, checking in the daemon.
import { OWN_DIR, mayBeMangled, nearestSayable, parseRelativePath, ROOT_DIR, type DirPath } from '../core/path.ts';
import type { Hint } from '../ports/watch.ts';
import type { RawHints } from './watch-messages.ts';

/** More distinct paths than this are not worth naming: one look at everything is cheaper. */
export const MAX_PENDING_PATHS = 10_000;

/** Hints that wait to be sent, each once. */
export class PendingHints {
  #paths = new Set<string>();
  #trees = new Set<string>();
  #everything: string | undefined;

  path(path: string): void {
    if (this.#everything !== undefined) return;
    this.#paths.add(path);
    this.#bound();
  }

  tree(dir: string): void {
    if (this.#everything !== undefined) return;
    this.#trees.add(dir);
    this.#bound();
  }

  everything(why: string): void {
    this.#everything = why;
    this.#paths.clear();
    this.#trees.clear();
  }

  /** All that waits, which then waits no longer; undefined when nothing does. */
  take(): RawHints | undefined {
    if (this.#everything === undefined && this.#paths.size === 0 && this.#trees.size === 0) return undefined;
    const hints: RawHints = {
      paths: [...this.#paths],
      trees: [...this.#trees],
      ...(this.#everything === undefined ? {} : { everything: this.#everything }),
    };
    this.#paths = new Set();
    this.#trees = new Set();
    this.#everything = undefined;
    return hints;
  }

  #bound(): void {
    if (this.#paths.size + this.#trees.size > MAX_PENDING_PATHS) this.everything('many changes at once');
  }
}

/** Whether this is our own directory in the root, or below it. */
export function isOwn(path: string): boolean {
  return path === OWN_DIR || path.startsWith(`${OWN_DIR}/`);
}

/** Whether `path` is one of these, or lies below one. */
export function isAtOrBelow(path: string, dirs: ReadonlySet<string>): boolean {
  if (dirs.has(path)) return true;
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    if (dirs.has(path.slice(0, end))) return true;
  return false;
}

/** Checked hints, each once, and whether the root itself has to be listed because of a name that cannot be said. */
export interface CheckedHints {
  readonly hints: readonly Hint[];
  readonly listRoot: boolean;
}

/** Checks raw hints: what is ours is left out, a name that cannot be a path here becomes a hint for the directory it is in. */
export function checkHints(raw: RawHints): CheckedHints {
  if (raw.everything !== undefined) return { hints: [{ kind: 'everything', why: raw.everything }], listRoot: false };
  const hints = new Map<string, Hint>();
  let listRoot = false;
  const add = (hint: Hint) => {
    if (hint.kind !== 'everything') hints.set(`${hint.kind}:${hint.kind === 'path' ? hint.path : hint.dir}`, hint);
  };
  const addDirectory = (dir: DirPath) => {
    if (dir === ROOT_DIR) listRoot = true;
    else add({ kind: 'path', path: dir });
  };
  for (const text of raw.trees) {
    const parsed = parseRelativePath(text);
    if (parsed.ok) add({ kind: 'tree', dir: parsed.path });
    else if (text === ROOT_DIR) add({ kind: 'tree', dir: ROOT_DIR });
    if (mayBeMangled(text)) addDirectory(nearestSayable(text));
  }
  for (const text of raw.paths) {
    const parsed = parseRelativePath(text);
    if (parsed.ok) add({ kind: 'path', path: parsed.path });
    if (mayBeMangled(text) || (!parsed.ok && parsed.why !== 'ours')) addDirectory(nearestSayable(text));
  }
  return { hints: [...hints.values()], listRoot };
}
