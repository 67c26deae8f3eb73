// A large file of which some is here: what has come lies in its part, the rest is copied from files of ours. In one pass
// over the whole, which is hashed on the way: that the sources are still what they were shows by that hash alone.
import { createHash } from 'node:crypto';
import type { Sha256 } from '../core/ids.ts';
import type { OpenFile } from '../ports/file-system.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { writeWithHoles } from './holes.ts';
import type { LocalCopy, Manifest } from './manifest.ts';
import { type PartGone, type PartProblem, withPart } from './part-file.ts';
import { longest, readInto } from './parts.ts';
import { type PieceSource, openPieceSource } from './piece-source.ts';
import { withScratch } from './scratch.ts';
import type { TreeRef } from './tree.ts';

export interface Copies {
  readonly from: PieceSource;
  readonly pieces: readonly LocalCopy[];
}

export interface Assemble {
  readonly tree: TreeRef;
  readonly staged: string;
  /** Of the whole file. */
  readonly pieces: Manifest;
  readonly copies: readonly Copies[];
}

export type Assembled =
  | { readonly kind: 'assembled'; readonly sha256: Sha256 }
  /** The part is not there, or a source not any more as long as it was. */
  | PartGone
  | PartProblem;

export const assemble: Job<Assemble, Assembled> = {
  name: 'assemble',
  isPlain: true,
  isLong: ({ pieces }) => sizeOf(pieces) > LONG_BYTES,
  run(fs, { tree: ref, staged, pieces, copies }) {
    return withPart(fs, ref, staged, (part, tree): Assembled => {
      const sources: OpenFile[] = [];
      try {
        const from = new Map<number, { readonly file: OpenFile | undefined; readonly offset: number }>();
        for (const copy of copies) {
          const file = openPieceSource(tree, copy.from);
          if (file !== undefined) sources.push(file);
          for (const { to, offset } of copy.pieces) from.set(to.offset, { file, offset });
        }
        const hash = createHash('sha256');
        return withScratch(longest(pieces), (room): Assembled => {
          for (const { offset, length } of pieces) {
            const source = from.get(offset) ?? { file: part, offset };
            const bytes = room.subarray(0, length);
            if (!isRead(source.file, source.offset, bytes)) return { kind: 'gone' };
            if (source.file !== part) writeWithHoles(part, bytes, offset);
            hash.update(bytes);
          }
          return { kind: 'assembled', sha256: hash.digest('hex') as Sha256 };
        });
      } finally {
        for (const file of sources) file.close();
      }
    });
  },
};

/** A source that cannot be read is one that has changed: a problem of its disk is seen where the file itself is looked at. */
function isRead(file: OpenFile | undefined, offset: number, bytes: Uint8Array): boolean {
  try {
    return file !== undefined && readInto(file, offset, bytes);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false;
  }
}

function sizeOf(pieces: Manifest): number {
  const last = pieces.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}
