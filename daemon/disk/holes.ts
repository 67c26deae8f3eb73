// Holes of sparse files stay holes: what a new file shows as zeros anyway is not written into it. A disk image of 20 GB
// with a megabyte of data takes a megabyte here too.
import { createHash } from 'node:crypto';
import type { OpenFile } from '../ports/file-system.ts';
import { STEP_BYTES, withScratch } from './scratch.ts';

/** The smallest that is kept of a file that comes in ranges. */
const LEAST_HOLE_BYTES = 256 << 10;
const ZEROS = Buffer.alloc(STEP_BYTES);
/** A hole is cut into pieces of one hash; others that come so often are few, and comparing takes time. */
const HASHES_COMPARED = 4;

interface Hashed {
  readonly length: number;
  /** The beginning of a SHA-256, in hexadecimal digits. */
  readonly hash: string;
}

/**
 * Copies into a file that is empty.
 * @param sizeBytes No more than so much of the source.
 * @param onBytes Is told of each step.
 */
export function copyWithHoles(
  from: OpenFile,
  to: OpenFile,
  sizeBytes = Infinity,
  onBytes?: (bytes: Uint8Array) => void,
): void {
  withScratch(STEP_BYTES, (room) => {
    let at = 0;
    let endsInHole = false;
    for (let n: number; at < sizeBytes && (n = from.read(room.subarray(0, sizeBytes - at), at)) > 0; at += n) {
      const bytes = room.subarray(0, n);
      onBytes?.(bytes);
      endsInHole = isZeros(bytes);
      if (!endsInHole) to.write(bytes, at);
    }
    if (endsInHole) to.truncate(at);
  });
}

/** Writes into a file that shows zeros there, and leaves out what is zeros. */
export function writeWithHoles(to: OpenFile, bytes: Uint8Array, offset: number): void {
  let from = 0; // of what is to be written and is not yet
  for (let at = 0; at < bytes.length; at += LEAST_HOLE_BYTES) {
    const end = Math.min(bytes.length, at + LEAST_HOLE_BYTES);
    if (!isZeros(bytes.subarray(at, end))) continue;
    if (from < at) to.write(bytes.subarray(from, at), offset + from);
    from = end;
  }
  if (from < bytes.length) to.write(bytes.subarray(from), offset + from);
}

export function isZeros(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    const n = Math.min(STEP_BYTES, bytes.length - at);
    if (ZEROS.compare(bytes, at, at + n, 0, n) !== 0) return false;
  }
  return true;
}

/** Those of a new file's pieces that have to be written. */
export function piecesWithData<P extends Hashed>(pieces: readonly P[]): Set<P> {
  const alike = Map.groupBy(pieces, ({ hash }) => hash);
  const often = [...alike.values()].filter((each) => each.length > 1).toSorted((a, b) => b.length - a.length);
  const holes = often.slice(0, HASHES_COMPARED).find(([piece]) => isOfZeros(piece))?.[0]?.hash;
  return new Set(pieces.filter(({ hash }) => hash !== holes));
}

function isOfZeros(piece: Hashed | undefined): boolean {
  if (piece === undefined) return false;
  const hash = createHash('sha256').update(new Uint8Array(piece.length)).digest('hex');
  return hash.startsWith(piece.hash);
}
