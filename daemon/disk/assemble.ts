// A large file of which some is here: what has come lies in its part, the rest is copied from files of ours, in portions. Each
// is hashed from the part while the next is copied: that the sources are still what they were shows by the whole hash alone.
import type { OpenFile } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { writeWithHoles } from './holes.ts';
import type { LocalCopy } from './manifest.ts';
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
  /** Of one portion. */
  readonly copies: readonly Copies[];
}

export type Assembled =
  | { readonly kind: 'copied' }
  /** The part is not there, or a source not any more as long as it was. */
  | PartGone
  | PartProblem;

export const assemble: Job<Assemble, Assembled> = {
  name: 'assemble',
  isPlain: true,
  run(fs, { tree: ref, staged, copies }) {
    return withPart(fs, ref, staged, (part, tree): Assembled => {
      for (const { from, pieces } of copies) {
        const file = openPieceSource(tree, from);
        if (file === undefined) return { kind: 'gone' };
        try {
          if (!copyPieces(file, part, pieces)) return { kind: 'gone' };
        } finally {
          file.close();
        }
      }
      return { kind: 'copied' };
    });
  },
};

function copyPieces(from: OpenFile, part: OpenFile, pieces: readonly LocalCopy[]): boolean {
  return withScratch(longest(pieces.map(({ to }) => to)), (room) => {
    for (const { to, offset } of pieces) {
      const bytes = room.subarray(0, to.length);
      if (!isRead(from, offset, bytes)) return false;
      writeWithHoles(part, bytes, to.offset);
    }
    return true;
  });
}

/** A source that cannot be read is one that has changed: a problem of its disk is seen where the file itself is looked at. */
function isRead(file: OpenFile, offset: number, bytes: Uint8Array): boolean {
  try {
    return readInto(file, offset, bytes);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false;
  }
}
