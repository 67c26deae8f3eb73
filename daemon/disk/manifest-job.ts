// Makes a file's manifest: what its chunks are. The file must be as the index has it, before and after. In portions, each of
// which begins where a chunk does and needs nothing of the one before: none keeps a thread for long.
import { sameFile } from '../core/observation.ts';
import type { OpenFile } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { ManifestBuilder, encodeManifest } from './manifest.ts';
import { type PieceSource, openPieceSource } from './piece-source.ts';
import { STEP_BYTES, withScratch } from './scratch.ts';
import { type TreeRef, seenOf, withTree } from './tree.ts';

/** What one job reads: some 20 ms, and several of the longest chunks. */
export const PORTION_BYTES = 16 << 20;

export interface MakeManifest {
  readonly tree: TreeRef;
  readonly of: PieceSource;
  /** Of the file, as far as it counts. */
  readonly size: number;
  /** Where the portion before has ended, or 0. */
  readonly from: number;
}

export interface ManifestPortion {
  /** As it goes over the wire; portions one after the other are the manifest. */
  readonly manifest: Uint8Array;
  /** Where its last chunk ends. */
  readonly end: number;
}

/** Undefined when the file is no longer so, or cannot be read. */
export const makeManifest: Job<MakeManifest, ManifestPortion | undefined> = {
  name: 'makeManifest',
  run(fs, { tree: ref, of, size, from }) {
    return withTree(fs, ref, (tree) => {
      const file = openPieceSource(tree, of);
      if (file === undefined) return undefined;
      try {
        const isSame = (): boolean => {
          const now = seenOf(file.stat());
          // A file that only grows still has these bytes; each chunk is verified where it arrives.
          return now !== undefined && (sameFile(of.seen, now) || (now.ino === of.seen.ino && now.size > size));
        };
        if (!isSame()) return undefined;
        const portion = readPortion(file, size, from);
        return isSame() ? portion : undefined;
      } catch (error) {
        if (codeOf(error) === undefined) throw error;
        return undefined;
      } finally {
        file.close();
      }
    });
  },
};

function readPortion(file: OpenFile, size: number, from: number): ManifestPortion | undefined {
  const builder = new ManifestBuilder(size, from);
  const until = Math.min(size, from + PORTION_BYTES);
  return withScratch(Math.min(size - from, STEP_BYTES), (room) => {
    let at = from;
    while (at < size && builder.end < until) {
      const length = file.read(room.subarray(0, size - at), at);
      if (length === 0) return undefined;
      builder.push(room.subarray(0, length));
      at += length;
    }
    const chunks = at === size ? builder.finish() : builder.whole;
    return { manifest: encodeManifest(chunks), end: builder.end };
  });
}
