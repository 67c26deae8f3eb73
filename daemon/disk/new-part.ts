// A large file of which nothing is here. It is written from its beginning to its end and hashed on the way: nobody has to
// make a manifest of it, and nobody reads it once more. What is left of it after a break is looked at with one (parts.ts).
import { type Hash, createHash } from 'node:crypto';
import type { Sha256 } from '../core/ids.ts';
import { errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { writeWithHoles } from './holes.ts';
import { withPlain } from './pack.ts';
import { type PartGone, type PartProblem, inStaging, partOf, withPart } from './part-file.ts';
import { readInto } from './parts.ts';
import { usableBytes } from './root.ts';
import { STEP_BYTES, withScratch } from './scratch.ts';
import type { TreeRef } from './tree.ts';

export interface BeginPart {
  readonly tree: TreeRef;
  readonly staged: string;
  readonly size: number;
  /** What others that are on their way have still to write. */
  readonly reservedBytes: number;
}

export type BegunPart =
  | { readonly kind: 'new'; readonly usableBytes: number }
  /** Some of it is here from before, or there is room for it at best if it has holes: its manifest shows. */
  | { readonly kind: 'needs manifest' }
  | PartProblem;

export const beginPart: Job<BeginPart, BegunPart> = {
  name: 'beginPart',
  isPlain: true,
  run(fs, { tree, staged, size, reservedBytes }) {
    return inStaging(fs, tree, (staging): BegunPart => {
      const usable = usableBytes(fs, staging);
      if (size + reservedBytes > usable) return { kind: 'needs manifest' };
      try {
        const part = staging.openFile(partOf(staged), 'create');
        try {
          part.truncate(size);
        } finally {
          part.close();
        }
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return { kind: 'needs manifest' };
        throw error;
      }
      return { kind: 'new', usableBytes: usable };
    });
  },
};

export interface WriteNext {
  readonly tree: TreeRef;
  readonly staged: string;
  /** Of the whole file. */
  readonly size: number;
  /** One for each time that a file is begun, in the whole process. */
  readonly begun: number;
  readonly offset: number;
  /** Of what is written. */
  readonly length: number;
  readonly bytes: Uint8Array;
  /** With zstd: unpacked they are so many. */
  readonly packed?: boolean;
}

export type WrittenNext =
  /** With the last bytes the hash of all, if each came after the one before it, and here: else it has to be read again. */
  | { readonly kind: 'written'; readonly sha256: Sha256 | undefined }
  | { readonly kind: 'wrong' }
  | PartGone
  | PartProblem;

/** Of this process: what a thread has hashed of one file is never taken for another's. */
let lastBegun = 0;

/** A number for a file that is begun now. */
export function newBegun(): number {
  return (lastBegun += 1);
}

interface SoFar {
  readonly hash: Hash;
  readonly bytes: number;
}

/** What this thread has hashed of files that are being written. The oldest is forgotten first: that file is read again. */
const soFar = new Map<number, SoFar>();
const MAX_FILES = 256;

export const writeNext: Job<WriteNext, WrittenNext> = {
  name: 'writeNext',
  follows: ({ begun }) => begun,
  run(fs, { tree, staged, size, begun, offset, length, ...content }) {
    return withPlain(content, length, (bytes): WrittenNext => {
      if (bytes?.length !== length) return { kind: 'wrong' };
      return withPart(fs, tree, staged, (part): WrittenNext => {
        writeWithHoles(part, bytes, offset);
        return { kind: 'written', sha256: addToHash(begun, size, offset, bytes) };
      });
    });
  },
};

export interface HashNext extends Pick<WriteNext, 'tree' | 'staged' | 'size' | 'begun' | 'offset'> {
  /** Of what is hashed. */
  readonly length: number;
}

export type HashedNext =
  /** With the last bytes the hash of all, as with {@link WrittenNext}. */
  { readonly kind: 'hashed'; readonly sha256: Sha256 | undefined } | PartGone | PartProblem;

/** The same for what has been written by others: from its beginning to its end. */
export const hashNext: Job<HashNext, HashedNext> = {
  name: 'hashNext',
  isPlain: true,
  follows: ({ begun }) => begun,
  run(fs, { tree, staged, size, begun, offset, length }) {
    return withPart(fs, tree, staged, (part) =>
      withScratch(Math.min(length, STEP_BYTES), (room): HashedNext => {
        const end = offset + length;
        let sha256: Sha256 | undefined;
        for (let at = offset; at < end; at += STEP_BYTES) {
          const bytes = room.subarray(0, end - at);
          if (!readInto(part, at, bytes)) return { kind: 'gone' };
          sha256 = addToHash(begun, size, at, bytes);
        }
        return { kind: 'hashed', sha256 };
      }),
    );
  },
};

/** The hash of the whole file, with its last bytes. */
function addToHash(begun: number, size: number, offset: number, bytes: Uint8Array): Sha256 | undefined {
  const before = offset === 0 ? { hash: createHash('sha256'), bytes: 0 } : soFar.get(begun);
  soFar.delete(begun);
  if (before?.bytes !== offset) return undefined;
  before.hash.update(bytes);
  const end = offset + bytes.length;
  if (end === size) return before.hash.digest('hex') as Sha256;
  const [oldest] = soFar.keys();
  if (oldest !== undefined && soFar.size >= MAX_FILES) soFar.delete(oldest);
  soFar.set(begun, { hash: before.hash, bytes: end });
  return undefined;
}
