// What a bind mount hides: the directories above what it shows. mountinfo (proc(5)) says which part of its file system a
// mount shows, so where the same file system is mounted with more of it, the same directory has a path with all above it.
import { readFileSync } from 'node:fs';

interface Mount {
  /** major:minor of the file system. */
  readonly device: string;
  /** The directory of the file system that is shown. */
  readonly shown: string;
  /** Where it is shown. */
  readonly at: string;
}

/** Paths of what lies at `path`, a real path, below mounts that show more of its file system. They may be hidden by later mounts. */
export function pathsElsewhere(path: string): string[] {
  try {
    return pathsIn(readFileSync('/proc/self/mountinfo', 'utf8'), path);
  } catch {
    return []; // a machine without it
  }
}

export function pathsIn(mountinfo: string, path: string): string[] {
  const mounts = mountinfo.split('\n').flatMap(readLine);
  // Of two on one directory the later one is seen.
  const own = mounts
    .filter(({ at }) => isIn(path, at))
    .reduce<Mount | undefined>((best, one) => (best && best.at.length > one.at.length ? best : one), undefined);
  if (own === undefined) return [];
  const inside = below(own.shown, rest(path, own.at));
  return mounts
    .filter(({ device, shown }) => device === own.device && shown !== own.shown && isIn(own.shown, shown))
    .map(({ at, shown }) => below(at, rest(inside, shown)));
}

function readLine(line: string): Mount[] {
  const [, , device, shown, at] = line.split(' ', 5);
  if (device === undefined || shown === undefined || at === undefined) return [];
  return [{ device, shown: unescaped(shown), at: unescaped(at) }];
}

/** Spaces, tabs, line ends and backslashes are written as three octal digits. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

const isIn = (path: string, dir: string): boolean => dir === '/' || path === dir || path.startsWith(`${dir}/`);

/** What follows `dir` in a path that is in it: empty, or from a slash on. */
const rest = (path: string, dir: string): string => (dir === '/' ? path : path.slice(dir.length)).replace(/^\/$/, '');

const below = (dir: string, following: string): string => (dir === '/' ? following || '/' : dir + following);
