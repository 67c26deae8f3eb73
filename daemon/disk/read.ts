// Reads content for peers: only of files that are as the index has them, and never half of two versions.
import { hash } from 'node:crypto';
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { type SeenStat, sameFile } from '../core/observation.ts';
import type { Directory } from '../ports/file-system.ts';
import { type Job, free } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { isZeros } from './holes.ts';
import { LEAST_BYTES, type Packable, pack } from './pack.ts';
import { ownMemory, readInto } from './parts.ts';
import { type Tree, type TreeRef, seenOf, withTree } from './tree.ts';
import { atVersion } from './versions.ts';

export interface ReadWhole {
  readonly tree: TreeRef;
  readonly files: readonly {
    readonly path: RelativePath;
    readonly size: number;
    readonly sha256: Sha256;
    /** If that makes it smaller. */
    readonly packs?: boolean;
  }[];
  /** Tries to pack each that may be, however many before it have not become smaller. */
  readonly triesAll?: boolean;
}

/** After so many in a row that do not become smaller the others are not tried: neighbours are of one kind. */
const IN_VAIN = 8;

export interface Whole {
  /** Undefined for a file that is no longer so. */
  readonly contents: readonly (Packable | undefined)[];
  /** In which those lie that are not packed: one memory is moved to the thread that asked, instead of one for each. */
  readonly memory: Uint8Array;
}

/** The whole contents of small files, each compared with its hash. */
export const readWhole: Job<ReadWhole, Whole> = {
  name: 'readWhole',
  run(fs, { tree: ref, files, triesAll = false }) {
    const memory = ownMemory(files.reduce((sum, { size }) => sum + size, 0));
    let at = 0;
    let inVain = 0;
    const contents = withTree(fs, ref, (tree) =>
      files.map(({ path, size, sha256, packs }): Packable | undefined => {
        const bytes = memory.subarray(at, at + size);
        if (!readRange(tree, { path }, 0, bytes, undefined)) return undefined;
        if (hash('sha256', bytes, 'hex') !== sha256) return undefined;
        if (packs === true && size >= LEAST_BYTES && (inVain < IN_VAIN || triesAll)) {
          const packed = pack(bytes);
          inVain = packed.packed ? 0 : inVain + 1;
          if (packed.packed) return packed;
        }
        at += size;
        return { bytes, packed: false };
      }),
    );
    return { contents, memory };
  },
};

export interface ReadRanges {
  readonly tree: TreeRef;
  readonly items: readonly {
    readonly path: RelativePath;
    /** The file as the index has seen it; another one is not read. Growing at its end is allowed: what arrives is verified. */
    readonly seen: SeenStat;
    /** In the version store, instead of at its path. */
    readonly storedAs?: string | undefined;
    readonly offset: number;
    readonly length: number;
    /** If that makes it smaller. */
    readonly packs?: boolean;
  }[];
}

/** Ranges of files, in their order; undefined for those that cannot be read any more. */
export const readRanges: Job<ReadRanges, (Packable | undefined)[]> = {
  name: 'readRanges',
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) =>
      items.map(({ path, storedAs, offset, length, seen, packs }) => {
        const bytes = ownMemory(length);
        if (!readRange(tree, { path, storedAs }, offset, bytes, seen)) return undefined;
        // A hole is nothing that has to travel, on whatever link.
        if (packs !== true && !isZeros(bytes)) return { bytes, packed: false };
        const content = pack(bytes);
        if (content.packed) free(bytes);
        return content;
      }),
    );
  },
};

/** Fills `bytes`. False where the file cannot be read any more, or is another one than `known`. */
function readRange(
  tree: Tree,
  { path, storedAs }: { readonly path: RelativePath; readonly storedAs?: string | undefined },
  offset: number,
  bytes: Uint8Array,
  known: SeenStat | undefined,
): boolean {
  const read = (dir: Directory, name: string): boolean => {
    const file = dir.openFile(name, 'read');
    try {
      if (known !== undefined) {
        const seen = seenOf(file.stat());
        if (seen === undefined || !(sameFile(known, seen) || isGrown(known, seen))) return false;
      }
      return readInto(file, offset, bytes);
    } finally {
      file.close();
    }
  };
  try {
    if (storedAs !== undefined) return atVersion(tree, storedAs, read) === true;
    const { dir, name } = tree.place(path);
    return read(dir, name);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false;
  }
}

function isGrown(known: SeenStat, now: SeenStat): boolean {
  return known.ino === now.ino && now.size > known.size;
}
