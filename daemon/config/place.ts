// Paths of this machine as written in a configuration. By their text alone: what links make of them is seen when a
// folder is opened.
import { posix } from 'node:path';

/** `~` expanded, without `.`, `..`, doubled slashes and a slash at the end. */
export function expandPath(path: string, home: string): string {
  const expanded = path.startsWith('~') ? `${home}/${path.slice(1)}` : path;
  const normal = posix.normalize(expanded);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

export function isAtOrBelow(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === '/' ? dir : `${dir}/`);
}
