// Looks at single paths: what is there, whole. A file that changes while it is read is not believed.
import { createHash, hash } from 'node:crypto';
import type { Sha256 } from '../core/ids.ts';
import { type Observation, type SeenStat, looksSame } from '../core/observation.ts';
import { type DirPath, type RelativePath, parentOf } from '../core/path.ts';
import type { Directory, OpenFile } from '../ports/file-system.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { codeOf, isAbsent, isOfAnotherKind } from './errno.ts';
import { STEP_BYTES, withScratch } from './scratch.ts';
import { type Place, type Tree, type TreeRef, seenOf, withTree } from './tree.ts';

export interface ObserveInput {
  readonly tree: TreeRef;
  readonly items: readonly {
    readonly path: RelativePath;
    /** What is known of it: a file that still looks so is not read. */
    readonly known?: SeenStat;
    /** It has not rested for long: what is read up to the size at open counts, if it has only grown. */
    readonly growing?: boolean;
  }[];
  /** A large file is read. */
  readonly long?: boolean;
}

/** A file that was not read because it is large. */
export interface Unread {
  readonly kind: 'unread';
  readonly seen: SeenStat;
}

/** One observation a path, in their order. */
export const observe: Job<ObserveInput, Observation[]> = {
  name: 'observe',
  isPlain: true,
  isLong: ({ long }) => long === true,
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) => {
      const gone = new GoneDirectory();
      return items.map(({ path, known, growing }) =>
        lookAtPath(tree, path, gone, (dir, name, seen, boundary) =>
          readName(dir, name, { seen, known, boundary, growing: growing === true }),
        ),
      );
    });
  },
};

/** The same, but files from {@link LONG_BYTES} on are not read: what they look like is all that is told. */
export const glance: Job<ObserveInput, (Observation | Unread)[]> = {
  name: 'glance',
  isPlain: true,
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) => {
      const gone = new GoneDirectory();
      return items.map(({ path, known, growing }) =>
        lookAtPath<Unread>(tree, path, gone, (dir, name, seen, boundary) => {
          const isLarge = seen.kind === 'file' && seen.size >= LONG_BYTES;
          if (isLarge && !(known !== undefined && looksSame(known, seen))) return { kind: 'unread', seen };
          return readName(dir, name, { seen, known, boundary, growing: growing === true });
        }),
      );
    });
  },
};

/** A directory that a job has found missing: when a tree is removed, what was in it is not looked for one by one. */
class GoneDirectory {
  #dir: DirPath | undefined;

  covers(path: RelativePath): boolean {
    return this.#dir !== undefined && parentOf(path) === this.#dir;
  }

  /** Nothing leads to this path. */
  above(path: RelativePath): void {
    this.#dir = parentOf(path);
  }
}

/** What one look shows. */
interface Look {
  readonly seen: SeenStat;
  readonly known: SeenStat | undefined;
  readonly boundary: boolean;
  readonly growing: boolean;
}

export function observePath(
  tree: Tree,
  path: RelativePath,
  known: SeenStat | undefined,
  growing: boolean,
): Observation {
  return lookAtPath(tree, path, new GoneDirectory(), (dir, name, seen, boundary) =>
    readName(dir, name, { seen, known, boundary, growing }),
  );
}

function lookAtPath<Other = never>(
  tree: Tree,
  path: RelativePath,
  gone: GoneDirectory,
  read: (dir: Directory, name: string, seen: SeenStat, boundary: boolean) => Observation | Other,
): Observation | Other {
  if (gone.covers(path)) return { kind: 'absent' };
  let place: Place | undefined;
  try {
    place = tree.place(path);
    const { dir, name } = place;
    const stat = dir.lstat(name);
    const seen = seenOf(stat);
    if (seen === undefined) return { kind: 'unknown', code: 'E_KIND' };
    return read(dir, name, seen, seen.kind === 'dir' && stat.dev !== dir.lstat().dev);
  } catch (error) {
    if (isAbsent(error)) {
      if (place === undefined) gone.above(path);
      return { kind: 'absent' };
    }
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { kind: 'unknown', code };
  }
}

function readName(dir: Directory, name: string, { seen, known, boundary, growing }: Look): Observation {
  if (known !== undefined && looksSame(known, seen)) return { kind: 'same' };
  switch (seen.kind) {
    case 'dir':
      return { kind: 'present', entry: { kind: 'dir', mode: seen.mode & 0o777 }, seen, boundary };
    case 'symlink':
      return ifStillOfItsKind(() => observeLink(dir, name, seen));
    case 'file':
      return ifStillOfItsKind(() => observeFile(dir, name, seen, growing));
  }
}

/** A link or a directory may take a file's place after the look at it, and the other way round. */
function ifStillOfItsKind(look: () => Observation): Observation {
  try {
    return look();
  } catch (error) {
    if (isOfAnotherKind(error)) return { kind: 'changing' };
    throw error;
  }
}

function observeLink(dir: Directory, name: string, seen: SeenStat): Observation {
  return { kind: 'present', entry: { kind: 'symlink', target: dir.readlink(name) }, seen, boundary: false };
}

function observeFile(dir: Directory, name: string, before: SeenStat, growing: boolean): Observation {
  const file = dir.openFile(name, 'read');
  try {
    const opened = seenOf(file.stat());
    if (opened === undefined || !looksSame(before, opened)) return { kind: 'changing' };
    const sha256 = hashFile(file, opened.size);
    const after = seenOf(file.stat());
    const rested = after !== undefined && looksSame(opened, after);
    const grown = growing && after !== undefined && after.ino === opened.ino && after.size >= opened.size;
    if (sha256 === undefined || !(rested || grown)) return { kind: 'changing' };
    const { size, mode, mtimeNs } = opened;
    const entry = { kind: 'file', size, sha256, mode: mode & 0o777, mtimeUs: toMicroseconds(mtimeNs) } as const;
    return { kind: 'present', entry, seen: opened, boundary: false };
  } finally {
    file.close();
  }
}

/** The hash of the first `size` bytes; undefined when there are fewer. */
export function hashFile(file: OpenFile, size: number): Sha256 | undefined {
  return withScratch(Math.min(size, STEP_BYTES), (room) => {
    const begun = size === 0 ? 0 : file.read(room, 0);
    if (begun === size) return hash('sha256', room, 'hex') as Sha256;
    const all = createHash('sha256');
    for (let at = 0, length = begun; ; length = file.read(room.subarray(0, size - at), at)) {
      if (length === 0) return undefined;
      all.update(room.subarray(0, length));
      at += length;
      if (at === size) return all.digest('hex') as Sha256;
    }
  });
}

/** Rounded down, also before 1970: the same on every device. */
export function toMicroseconds(ns: bigint): bigint {
  const us = ns / 1000n;
  return ns < 0n && us * 1000n !== ns ? us - 1n : us;
}
