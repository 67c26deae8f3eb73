// A folder's root: made once, with its marker; afterwards it is only looked at.
import { OWN_DIR } from '../core/path.ts';
import { type Directory, type FileSystem, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { isAbsent } from './errno.ts';
import { identityOf, stateIn, statesBelow } from './homes.ts';
import { MARKER, STAGING, VERSIONS, openOrMake, readMarker } from './tree.ts';

export interface PrepareRoot {
  readonly root: string;
  /** Written if there is no marker. Undefined: a marker must be there already. */
  readonly marker: string | undefined;
  /** What a root that is made may be read by; without: as any directory. */
  readonly mode?: number;
}

export interface PreparedRoot {
  /** What the marker says; undefined: there is none, and none was to be made. */
  readonly marker: string | undefined;
  /** Identity of the root, to find two folders on one directory. */
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Makes the root, `.syncd/` and the marker where they are missing and may be made. */
export const prepareRoot: Job<PrepareRoot, PreparedRoot> = {
  name: 'prepareRoot',
  run(fs, { root, marker, mode = 0o755 }) {
    if (marker !== undefined) fs.makeRoot(root, mode);
    const dir = fs.openRoot(root);
    try {
      const { dev, ino } = dir.lstat();
      let found = readMarker(dir);
      if (found === undefined && marker !== undefined) {
        writeMarker(dir, marker);
        found = marker;
        makeOwnDirectories(dir);
        // The index will know this marker: after a power loss it must not be missed.
        fs.sync(dir);
      } else if (found !== undefined) makeOwnDirectories(dir);
      return { marker: found, dev, ino };
    } finally {
      dir.close();
    }
  },
};

function makeOwnDirectories(root: Directory): void {
  const own = root.openDir(OWN_DIR);
  try {
    for (const name of [STAGING, VERSIONS]) openOrMake(own, name, 0o700).close();
  } finally {
    own.close();
  }
}

/** The marker has its name only when it is whole: a marker of no bytes would be another folder's. */
function writeMarker(root: Directory, marker: string): void {
  const own = openOrMake(root, OWN_DIR, 0o700);
  try {
    const unfinished = `${MARKER}.new`;
    const left = own.list().some(({ name }) => name === unfinished);
    if (left) own.remove(unfinished, 'file');
    const file = own.openFile(unfinished, 'create');
    try {
      file.write(new TextEncoder().encode(`${marker}\n`), 0);
    } finally {
      file.close();
    }
    own.rename(unfinished, own, MARKER, 'replace');
  } finally {
    own.close();
  }
}

/** The least that must be free: what would fill the disk beyond it is not received. */
const RESERVE_SHARE = 0.05;

export interface Room {
  /** Bytes beyond the least; negative where there is less. */
  readonly spareBytes: number;
  readonly totalBytes: number;
}

/** How full the folder's file system is. */
export const lookAtRoom: Job<{ root: string }, Room> = {
  name: 'lookAtRoom',
  run(fs: FileSystem, { root }) {
    const dir = fs.openRoot(root);
    try {
      return roomOn(fs, dir);
    } finally {
      dir.close();
    }
  },
};

function roomOn(fs: FileSystem, dir: Directory): Room {
  const { freeBytes, totalBytes } = fs.space(dir);
  return { spareBytes: freeBytes - Math.min(totalBytes * RESERVE_SHARE, 1 << 30), totalBytes };
}

/** Bytes that may still be written to the file system of this directory. */
export function usableBytes(fs: FileSystem, dir: Directory): number {
  return Math.max(0, roomOn(fs, dir).spareBytes);
}

export interface RootChain {
  /** The root's own identity; undefined: there is nothing there yet. */
  readonly own: string | undefined;
  /** Of every directory above it. */
  readonly above: readonly string[];
  /** Paths of those above it that are roots of folders, of whichever daemon. */
  readonly roots: readonly string[];
  /** Identities of the state directories of daemons, this one's too, in whose home it lies, or that it or a child of its is. */
  readonly homes: readonly string[];
}

/** Where a root really lies, whatever links and bind mounts its path goes through: two roots of which one is above the other are nested. */
export const rootChain: Job<{ root: string }, RootChain> = {
  name: 'rootChain',
  run(fs, { root }) {
    let lowest = root;
    while (lowest !== '/' && !isThere(fs, lowest)) lowest = lowest.slice(0, lowest.lastIndexOf('/')) || '/';
    const { own, elsewhere, homes: found } = lookAtLowest(fs, lowest, lowest === root);
    const homes = new Set(found);
    const above = new Set<string>();
    const roots = new Set<string>();
    const climb = (from: string): void => {
      let below = own;
      for (let path = `${from}/..`; ; path = `${path}/..`) {
        const at = lookAt(fs, path);
        // The topmost directory is above itself.
        if (at.identity === below) break;
        below = at.identity;
        above.add(at.identity);
        if (at.isRoot) roots.add(path);
        if (at.state !== undefined) homes.add(at.state);
      }
    };
    climb(lowest);
    for (const path of elsewhere) climb(path);
    if (lowest === root) return { own, above: [...above], roots: [...roots], homes: [...homes] };
    if (lookAt(fs, lowest).isRoot) roots.add(lowest);
    return { own: undefined, above: [own, ...above], roots: [...roots], homes: [...homes] };
  },
};

interface Above {
  readonly identity: string;
  readonly isRoot: boolean;
  readonly state: string | undefined;
}

function lookAt(fs: FileSystem, path: string): Above {
  return inRoot(fs, path, (dir) => ({
    identity: identityOf(dir),
    isRoot: readMarker(dir) !== undefined,
    state: stateIn(dir),
  }));
}

interface Lowest {
  readonly own: string;
  readonly elsewhere: readonly string[];
  readonly homes: readonly string[];
}

function lookAtLowest(fs: FileSystem, path: string, isWhole: boolean): Lowest {
  return inRoot(fs, path, (dir) => {
    const own = identityOf(dir);
    const homes = [stateIn(dir) ?? [], isWhole ? statesBelow(dir) : []].flat();
    // A mount of later days may hide what lay there.
    return { own, homes, elsewhere: fs.alsoAt(dir).filter((other) => isAt(fs, other, own)) };
  });
}

/** False also for what cannot be opened: it is only another way to what is looked at. */
function isAt(fs: FileSystem, path: string, identity: string): boolean {
  try {
    return inRoot(fs, path, identityOf) === identity;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function inRoot<T>(fs: FileSystem, path: string, use: (dir: Directory) => T): T {
  const dir = fs.openRoot(path);
  try {
    return use(dir);
  } finally {
    dir.close();
  }
}

function isThere(fs: FileSystem, path: string): boolean {
  try {
    fs.openRoot(path).close();
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
