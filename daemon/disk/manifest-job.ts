// Makes a file's manifest: what its chunks are. The file must be as the index has it, before and after.
import { sameFile } from '../core/observation.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { ManifestBuilder, encodeManifest } from './manifest.ts';
import { type PieceSource, openPieceSource } from './piece-source.ts';
import { STEP_BYTES, withScratch } from './scratch.ts';
import { type TreeRef, seenOf, withTree } from './tree.ts';

export interface MakeManifest {
  readonly tree: TreeRef;
  readonly of: PieceSource;
  readonly size: number;
}

/** The manifest as it goes over the wire; undefined when the file is no longer so, or cannot be read. */
export const makeManifest: Job<MakeManifest, Uint8Array | undefined> = {
  name: 'makeManifest',
  isLong: ({ size }) => size > LONG_BYTES,
  run(fs, { tree: ref, of, size }) {
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
        const builder = new ManifestBuilder(size);
        const isRead = withScratch(Math.min(size, STEP_BYTES), (room) => {
          for (let at = 0; at < size;) {
            const length = file.read(room.subarray(0, size - at), at);
            if (length === 0) return false;
            builder.push(room.subarray(0, length));
            at += length;
          }
          return true;
        });
        return isRead && isSame() ? encodeManifest(builder.finish()) : undefined;
      } catch (error) {
        if (codeOf(error) === undefined) throw error;
        return undefined;
      } finally {
        file.close();
      }
    });
  },
};
