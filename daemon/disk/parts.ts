// A large file that arrives in chunks, in any order and over several connections: `NAME.part` in staging. What of it is
// there after a break is found by hashing it, never trusted.
import { createHash } from 'node:crypto';
import type { OpenFile } from '../ports/file-system.ts';
import { type Job, LONG_BYTES } from '../ports/workers.ts';
import { piecesWithData } from './holes.ts';
import { withPlain } from './pack.ts';
import { type PartGone, type PartProblem, inStaging, partOf, withPart } from './part-file.ts';
import { usableBytes } from './root.ts';
import { withScratch } from './scratch.ts';
import type { TreeRef } from './tree.ts';

/** A part of a file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** With the hash that it must have (as in a manifest: 32 hexadecimal digits). */
export interface Piece extends Extent {
  readonly hash: string;
}

export interface OpenPart {
  readonly tree: TreeRef;
  readonly staged: string;
  readonly size: number;
  readonly pieces: readonly Piece[];
  /** What others that are on their way have still to write. */
  readonly reservedBytes: number;
}

export type OpenedPart =
  | {
      readonly kind: 'open';
      readonly missing: readonly Piece[];
      /** Room for them, and for what others have still to write. */
      readonly usableBytes: number;
      /** Nothing of it was there before. */
      readonly isNew: boolean;
    }
  | PartProblem;

export function pieceHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Makes the part or finds the one from before, and says what is missing. */
export const openPart: Job<OpenPart, OpenedPart> = {
  name: 'openPart',
  isLong: ({ size }) => size > LONG_BYTES,
  run(fs, { tree, staged, size, pieces, reservedBytes }) {
    return inStaging(fs, tree, (staging): OpenedPart => {
      const name = partOf(staged);
      const existed = staging.list().some((one) => one.name === name);
      const part = staging.openFile(name, existed ? 'write' : 'create');
      try {
        part.truncate(size);
        const missing = existed
          ? withScratch(longest(pieces), (room) => new Set(pieces.filter((piece) => !holds(part, piece, room))))
          : piecesWithData(pieces);
        if (bytesOf(missing) + reservedBytes > usableBytes(fs, staging)) {
          if (!existed) staging.remove(name, 'file');
          return { kind: 'problem', code: 'E_DISK_FULL' };
        }
        return {
          kind: 'open',
          missing: pieces.filter((piece) => missing.has(piece)),
          usableBytes: usableBytes(fs, staging),
          isNew: !existed,
        };
      } finally {
        part.close();
      }
    });
  },
};

/** What has to be written of a file: not its holes, and not what is here from before. */
export function bytesOf(pieces: Iterable<Extent>): number {
  let bytes = 0;
  for (const { length } of pieces) bytes += length;
  return bytes;
}

export function longest(pieces: Iterable<Extent>): number {
  let bytes = 0;
  for (const { length } of pieces) bytes = Math.max(bytes, length);
  return bytes;
}

function holds(part: OpenFile, piece: Piece, room: Uint8Array): boolean {
  const bytes = room.subarray(0, piece.length);
  return readInto(part, piece.offset, bytes) && pieceHash(bytes) === piece.hash;
}

/** Not of the pool: it is given to another thread. What is in it is to be written before it is used. */
export function ownMemory(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

/** Undefined when the file ends before. */
export function readAll(file: OpenFile, offset: number, length: number): Uint8Array | undefined {
  const bytes = ownMemory(length);
  return readInto(file, offset, bytes) ? bytes : undefined;
}

export function readInto(file: OpenFile, offset: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const n = file.read(bytes.subarray(at), offset + at);
    if (n === 0) return false;
    at += n;
  }
  return true;
}

export interface WritePieces {
  readonly tree: TreeRef;
  readonly staged: string;
  /** Where the bytes begin in the file; they hold these pieces, one after the other. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** With zstd: unpacked they are as long as the pieces. */
  readonly packed?: boolean;
  readonly pieces: readonly Piece[];
}

export type WrittenPieces = { readonly kind: 'written'; readonly wrong: readonly Piece[] } | PartGone | PartProblem;

/** Verifies each piece and writes those that are right. */
export const writePieces: Job<WritePieces, WrittenPieces> = {
  name: 'writePieces',
  run(fs, { tree, staged, offset, pieces, ...content }) {
    return withPlain(content, bytesOf(pieces), (bytes): WrittenPieces => {
      if (bytes === undefined) return { kind: 'written', wrong: pieces };
      return withPart(fs, tree, staged, (part): WrittenPieces => {
        const wrong: Piece[] = [];
        for (const piece of pieces) {
          const at = piece.offset - offset;
          const own = bytes.subarray(at, at + piece.length);
          if (own.length === piece.length && pieceHash(own) === piece.hash) part.write(own, piece.offset);
          else wrong.push(piece);
        }
        return { kind: 'written', wrong };
      });
    });
  },
};
