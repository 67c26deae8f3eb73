// Makes a file's manifest: what its chunks are. The file must be as the index has it, before and after.
import { type SeenStat, sameFile } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { ManifestBuilder, encodeManifest } from './manifest.ts';
import { type TreeRef, seenOf, withTree } from './tree.ts';

export interface MakeManifest {
  readonly tree: TreeRef;
  readonly path: RelativePath;
  readonly seen: SeenStat;
  readonly size: number;
}

const READ_BYTES = 4 << 20;

/** The manifest as it goes over the wire; undefined when the file is no longer so, or cannot be read. */
export const makeManifest: Job<MakeManifest, Uint8Array | undefined> = {
  name: 'makeManifest',
  run(fs, { tree: ref, path, seen: known, size }) {
    return withTree(fs, ref, (tree) => {
      try {
        const { dir, name } = tree.place(path);
        const file = dir.openFile(name, 'read');
        try {
          const isSame = (): boolean => {
            const now = seenOf(file.stat());
            return now !== undefined && (sameFile(known, now) || (now.ino === known.ino && now.size > size));
          };
          if (!isSame()) return undefined;
          const builder = new ManifestBuilder(size);
          for (let at = 0; at < size;) {
            const buffer = new Uint8Array(Math.min(READ_BYTES, size - at));
            const length = file.read(buffer, at);
            if (length === 0) return undefined;
            builder.push(buffer.subarray(0, length));
            at += length;
          }
          return isSame() ? encodeManifest(builder.finish()) : undefined;
        } finally {
          file.close();
        }
      } catch (error) {
        if (codeOf(error) === undefined) throw error;
        return undefined;
      }
    });
  },
};
