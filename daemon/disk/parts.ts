// A large file that arrives in chunks, in any order and over several connections: `NAME.part` in staging. What of it is
// there after a break is found by hashing it, never trusted.
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../protocol/errors.ts';
import { type SeenStat, looksSame } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { OpenFile } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';
import { STAGING, type TreeRef, seenOf, withTree } from './tree.ts';

/** A piece of a file with the hash that it must have (as in a manifest: 32 hexadecimal digits). */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly hash: string;
}

export interface OpenPart {
  readonly tree: TreeRef;
  readonly staged: string;
  readonly size: number;
  readonly pieces: readonly Piece[];
  /** Pieces that a file of ours holds, at another offset perhaps. */
  readonly copies: readonly { readonly to: Piece; readonly offset: number }[];
  readonly from: { readonly path: RelativePath; readonly seen: SeenStat } | undefined;
}

export type OpenedPart =
  | { readonly kind: 'open'; readonly missing: readonly Piece[] }
  | { readonly kind: 'problem'; readonly code: ErrorCode };

export function pieceHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Makes the part or finds the one from before, fills in what our own file has, and says what is missing. */
export const openPart: Job<OpenPart, OpenedPart> = {
  name: 'openPart',
  run(fs, { tree: ref, staged, size, pieces, copies, from }) {
    return withTree(fs, ref, (tree): OpenedPart => {
      const staging = tree.own(STAGING);
      const name = `${staged}.part`;
      try {
        const existed = staging.list().some((one) => one.name === name);
        const part = staging.openFile(name, existed ? 'write' : 'create');
        try {
          part.truncate(size);
          const missing = new Set(existed ? pieces.filter((piece) => !holds(part, piece)) : pieces);
          if (from !== undefined) {
            const { dir, name: source } = tree.place(from.path);
            copyPieces(dir.openFile(source, 'read'), part, copies, from.seen, missing);
          }
          return { kind: 'open', missing: pieces.filter((piece) => missing.has(piece)) };
        } finally {
          part.close();
        }
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined) throw error;
        return { kind: 'problem', code };
      } finally {
        staging.close();
      }
    });
  },
};

function holds(part: OpenFile, piece: Piece): boolean {
  const bytes = readAll(part, piece.offset, piece.length);
  return bytes !== undefined && pieceHash(bytes) === piece.hash;
}

function copyPieces(
  source: OpenFile,
  part: OpenFile,
  copies: OpenPart['copies'],
  known: SeenStat,
  missing: Set<Piece>,
): void {
  try {
    const seen = seenOf(source.stat());
    if (seen === undefined || !looksSame(known, seen)) return;
    const byOffset = new Map([...missing].map((piece) => [piece.offset, piece]));
    for (const { to, offset } of copies) {
      const piece = byOffset.get(to.offset);
      if (piece === undefined) continue;
      const bytes = readAll(source, offset, to.length);
      if (bytes === undefined || pieceHash(bytes) !== to.hash) continue;
      part.write(bytes, to.offset);
      missing.delete(piece);
    }
  } finally {
    source.close();
  }
}

export function readAll(file: OpenFile, offset: number, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const n = file.read(bytes.subarray(at), offset + at);
    if (n === 0) return undefined;
    at += n;
  }
  return bytes;
}

export interface WritePieces {
  readonly tree: TreeRef;
  readonly staged: string;
  /** Where the bytes begin in the file; they hold these pieces, one after the other. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly pieces: readonly Piece[];
}

export type WrittenPieces =
  | { readonly kind: 'written'; readonly wrong: readonly Piece[] }
  | { readonly kind: 'gone' }
  | { readonly kind: 'problem'; readonly code: ErrorCode };

/** Verifies each piece and writes those that are right. */
export const writePieces: Job<WritePieces, WrittenPieces> = {
  name: 'writePieces',
  run(fs, { tree: ref, staged, offset, bytes, pieces }) {
    return withTree(fs, ref, (tree): WrittenPieces => {
      const staging = tree.own(STAGING);
      try {
        const part = staging.openFile(`${staged}.part`, 'write');
        try {
          const wrong: Piece[] = [];
          for (const piece of pieces) {
            const at = piece.offset - offset;
            const content = bytes.subarray(at, at + piece.length);
            if (content.length === piece.length && pieceHash(content) === piece.hash) part.write(content, piece.offset);
            else wrong.push(piece);
          }
          return { kind: 'written', wrong };
        } finally {
          part.close();
        }
      } catch (error) {
        if (isAbsent(error)) return { kind: 'gone' };
        const code = codeOf(error);
        if (code === undefined) throw error;
        return { kind: 'problem', code };
      } finally {
        staging.close();
      }
    });
  },
};
