// Looks at single paths: what is there, whole. A file that changes while it is read is not believed.
import { createHash } from 'node:crypto';
import type { Sha256 } from '../core/ids.ts';
import { type Observation, type SeenStat, looksSame } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Directory, OpenFile } from '../ports/file-system.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { codeOf, isAbsent, isOfAnotherKind } from './errno.ts';
import { type Tree, type TreeRef, seenOf, withTree } from './tree.ts';

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

const READ_BYTES = 1 << 20;

/** One observation a path, in their order. */
export const observe: Job<ObserveInput, Observation[]> = {
  name: 'observe',
  isPlain: true,
  isLong: ({ long }) => long === true,
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) =>
      items.map(({ path, known, growing }) => observePath(tree, path, known, growing === true)),
    );
  },
};

/** The same, but files from {@link LONG_BYTES} on are not read: what they look like is all that is told. */
export const glance: Job<ObserveInput, (Observation | Unread)[]> = {
  name: 'glance',
  isPlain: true,
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) =>
      items.map(({ path, known, growing }) => {
        const large = lookAtLarge(tree, path);
        if (large === undefined) return observePath(tree, path, known, growing === true);
        return known !== undefined && looksSame(known, large) ? { kind: 'same' } : { kind: 'unread', seen: large };
      }),
    );
  },
};

/** Undefined for everything that is not a large file, and where that cannot be told. */
function lookAtLarge(tree: Tree, path: RelativePath): SeenStat | undefined {
  try {
    const { dir, name } = tree.place(path);
    const seen = seenOf(dir.lstat(name));
    return seen?.kind === 'file' && seen.size >= LONG_BYTES ? seen : undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

export function observePath(
  tree: Tree,
  path: RelativePath,
  known: SeenStat | undefined,
  growing: boolean,
): Observation {
  try {
    const { dir, name } = tree.place(path);
    return observeName(dir, name, known, growing);
  } catch (error) {
    if (isAbsent(error)) return { kind: 'absent' };
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { kind: 'unknown', code };
  }
}

function observeName(dir: Directory, name: string, known: SeenStat | undefined, growing: boolean): Observation {
  const stat = dir.lstat(name);
  const seen = seenOf(stat);
  if (seen === undefined) return { kind: 'unknown', code: 'E_KIND' };
  if (known !== undefined && looksSame(known, seen)) return { kind: 'same' };
  const boundary = seen.kind === 'dir' && stat.dev !== dir.lstat().dev;
  switch (seen.kind) {
    case 'dir':
      return { kind: 'present', entry: { kind: 'dir', mode: stat.mode & 0o777 }, seen, boundary };
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
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.max(1, Math.min(size, READ_BYTES)));
  for (let at = 0; at < size;) {
    const length = file.read(buffer.subarray(0, Math.min(buffer.length, size - at)), at);
    if (length === 0) return undefined;
    hash.update(buffer.subarray(0, length));
    at += length;
  }
  return hash.digest('hex') as Sha256;
}

/** Rounded down, also before 1970: the same on every device. */
export function toMicroseconds(ns: bigint): bigint {
  const us = ns / 1000n;
  return ns < 0n && us * 1000n !== ns ? us - 1n : us;
}
