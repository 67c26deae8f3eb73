// What a bind mount hides: the directories above what it shows. Where the same file system is mounted with more of it, the
// same directory has a path with all above it.
import { isWithin, mountOf, parseMountinfo, readMountinfo } from './mountinfo.ts';

/**
 * Paths of what lies at `path`, a real path, below mounts that show more of its file system. They may be hidden by later
 * mounts.
 */
export function pathsElsewhere(path: string): string[] {
  return pathsIn(readMountinfo(), path);
}

export function pathsIn(mountinfo: string, path: string): string[] {
  const mounts = parseMountinfo(mountinfo);
  const own = mountOf(mounts, path);
  if (own === undefined) return [];
  const inside = below(own.root, rest(path, own.point));
  return mounts
    .filter(({ device, root }) => device === own.device && root !== own.root && isWithin(own.root, root))
    .map(({ point, root }) => below(point, rest(inside, root)));
}

/** What follows `dir` in a path that is in it: empty, or from a slash on. */
const rest = (path: string, dir: string): string => (dir === '/' ? path : path.slice(dir.length)).replace(/^\/$/, '');

const below = (dir: string, following: string): string => (dir === '/' ? following || '/' : dir + following);
