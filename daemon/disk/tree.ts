// A folder's tree, opened for one job. Every directory is reached from the root component by component, never through a
// link; the marker is there before and after, or what the job found counts for nothing.
import { OWN_DIR, type DirPath, type RelativePath, nameOf, parentOf } from '../core/path.ts';
import { type Directory, type FileSystem, type Stat, errnoOf } from '../ports/file-system.ts';
import type { SeenStat } from '../core/observation.ts';
import { DiskRefusal, isAbsent } from './errno.ts';

/** Which tree: where it is, what its marker says, and which directories in it are mount points. */
export interface TreeRef {
  readonly root: string;
  readonly marker: string;
  readonly boundaries: readonly RelativePath[];
}

/** A path's place: the open directory that it is in, and its name there. */
export interface Place {
  readonly dir: Directory;
  readonly name: string;
}

/** One of the open directories on the way to one. */
interface Way {
  readonly name: string;
  readonly dir: Directory;
}

export const MARKER = 'id';
export const STAGING = 'staging';
export const VERSIONS = 'versions';
/** What a marker is read into; none is longer. */
const MARKER_BYTES = new Uint8Array(256);

export class Tree {
  readonly root: Directory;
  readonly fs: FileSystem;
  readonly #boundaries: ReadonlySet<RelativePath>;
  /** The open directories from the root down to the one used last: neighbours share most of the way. */
  readonly #way: (Way & { readonly dev: bigint })[] = [];
  readonly #rootDev: bigint;
  #beside: Tree | undefined;
  /** The same of the version store, its top first. */
  readonly #storeWay: Way[] = [];

  constructor(fs: FileSystem, root: Directory, boundaries: readonly RelativePath[]) {
    this.fs = fs;
    this.root = root;
    this.#boundaries = new Set(boundaries);
    this.#rootDev = root.lstat().dev;
  }

  /** Opens a directory of the folder; it stays open until another one is asked for. ENOENT, ENOTDIR, ELOOP as they come. */
  open(path: DirPath): Directory {
    const names = path === '' ? [] : path.split('/');
    let depth = 0;
    while (depth < names.length && depth < this.#way.length && this.#way[depth]?.name === names[depth]) depth++;
    this.#closeFrom(depth);
    for (; depth < names.length; depth++) {
      const above = this.#way[depth - 1];
      const name = names[depth] as string;
      const dir = (above?.dir ?? this.root).openDir(name);
      const dev = deviceOf(dir);
      this.#way.push({ name, dir, dev });
      const here = names.slice(0, depth + 1).join('/') as RelativePath;
      if ((dev !== (above?.dev ?? this.#rootDev)) !== this.#boundaries.has(here))
        throw new DiskRefusal('E_CROSS_DEVICE', `a mount point has come or gone at ${here}`);
    }
    return this.#way.at(-1)?.dir ?? this.root;
  }

  place(path: RelativePath): Place {
    return { dir: this.open(parentOf(path)), name: nameOf(path) };
  }

  /** What is at a path now; undefined where nothing is, or no directory leads to it. */
  look(path: RelativePath): Stat | undefined {
    try {
      const { dir, name } = this.place(path);
      return dir.lstat(name);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Our own directory of this name below `.syncd`, made if it is not there. The caller closes it. */
  own(name: string): Directory {
    const own = this.root.openDir(OWN_DIR);
    try {
      return openOrMake(own, name, 0o700);
    } finally {
      own.close();
    }
  }

  /** The version store's directory for what was in `dir`, made with all above it; it stays open until another one is asked for. */
  store(dir: DirPath): Directory {
    const names = [VERSIONS, ...(dir === '' ? [] : dir.split('/'))];
    const way = this.#storeWay;
    let depth = 0;
    while (depth < names.length && depth < way.length && way[depth]?.name === names[depth]) depth++;
    for (const { dir: left } of way.splice(depth)) left.close();
    for (; depth < names.length; depth++) {
      const above = way.at(-1)?.dir;
      const name = names[depth] as string;
      way.push({ name, dir: above === undefined ? this.own(name) : openOrMake(above, name, 0o700) });
    }
    return (way.at(-1) as Way).dir;
  }

  /** The same tree with a way of its own: for work in two directories at once. */
  beside(): Tree {
    this.#beside ??= new Tree(this.fs, this.root, [...this.#boundaries]);
    return this.#beside;
  }

  /** Closes what is open, so that the next look goes the whole way again. */
  forget(): void {
    this.#closeFrom(0);
    for (const { dir } of this.#storeWay.splice(0)) dir.close();
    this.#beside?.forget();
  }

  #closeFrom(depth: number): void {
    for (const { dir } of this.#way.splice(depth)) dir.close();
  }
}

/** Which file system an open directory is on; it is closed where that cannot be told. */
function deviceOf(dir: Directory): bigint {
  try {
    return dir.lstat().dev;
  } catch (error) {
    dir.close();
    throw error;
  }
}

export function openOrMake(parent: Directory, name: string, mode: number): Directory {
  try {
    return parent.openDir(name);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  try {
    parent.mkdir(name, mode);
  } catch (error) {
    // Somebody was quicker; what is there is opened, or refuses to be.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  return parent.openDir(name);
}

/** Does the work between two looks at the marker. E_ROOT_MISSING, E_ROOT_FOREIGN: nothing of it may be believed. */
export function withTree<T>(fs: FileSystem, ref: TreeRef, work: (tree: Tree) => T): T {
  let root: Directory;
  try {
    root = fs.openRoot(ref.root);
  } catch (error) {
    throw isAbsent(error) ? new DiskRefusal('E_ROOT_MISSING', `${ref.root} is not there`) : error;
  }
  try {
    checkMarker(root, ref);
    const before = root.lstat();
    const tree = new Tree(fs, root, ref.boundaries);
    try {
      const result = work(tree);
      checkMarker(root, ref);
      checkStillThere(fs, ref.root, before);
      return result;
    } finally {
      tree.forget();
    }
  } finally {
    root.close();
  }
}

function checkStillThere(fs: FileSystem, path: string, before: Stat): void {
  let again: Directory | undefined;
  try {
    again = fs.openRoot(path);
    const now = again.lstat();
    if (now.ino !== before.ino || now.dev !== before.dev)
      throw new DiskRefusal('E_ROOT_MISSING', `${path} was replaced`);
  } catch (error) {
    throw isAbsent(error) ? new DiskRefusal('E_ROOT_MISSING', `${path} is not there`) : error;
  } finally {
    again?.close();
  }
}

function checkMarker(root: Directory, ref: TreeRef): void {
  const marker = readMarker(root);
  if (marker === undefined) throw new DiskRefusal('E_ROOT_MISSING', `${ref.root}/${OWN_DIR}/${MARKER} is not there`);
  if (marker !== ref.marker)
    throw new DiskRefusal('E_ROOT_FOREIGN', `${ref.root} carries the marker of another folder`);
}

const DECODER = new TextDecoder();

/** What the marker says, or undefined where there is none. */
export function readMarker(root: Directory): string | undefined {
  try {
    const own = root.openDir(OWN_DIR);
    try {
      const file = own.openFile(MARKER, 'read');
      try {
        const length = file.read(MARKER_BYTES, 0);
        return DECODER.decode(MARKER_BYTES.subarray(0, length)).trim();
      } finally {
        file.close();
      }
    } finally {
      own.close();
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export function kindOf(stat: Stat): SeenStat['kind'] | undefined {
  return stat.kind === 'other' ? undefined : stat.kind;
}

/** What the index keeps of a stat. Undefined for what cannot be synced. */
export function seenOf(stat: Stat): SeenStat | undefined {
  const kind = kindOf(stat);
  if (kind === undefined) return undefined;
  const { size, mtimeNs, ctimeNs, ino, mode, nlink } = stat;
  return { kind, size, mtimeNs, ctimeNs, ino, mode, nlink };
}
