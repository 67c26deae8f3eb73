// Content-defined chunks: where a file is cut depends on the bytes around the cut alone, so that an insertion changes the
// chunks around it and no others. A gear hash with normalised cuts (Xia et al., FastCDC, USENIX ATC 2016, without its
// two-byte rolling). Everything here is part of the protocol: two devices that cut differently share no chunk.
import { createHash } from 'node:crypto';

/** How one size of file is cut. Lengths in bytes. */
export interface ChunkBounds {
  /** No chunk but the last is shorter. */
  readonly min: number;
  /** Up to here a cut needs all bits of `hardMask` to be 0, from here on those of `easyMask`: lengths gather here. */
  readonly normal: number;
  readonly max: number;
  readonly hardMask: number;
  readonly easyMask: number;
}

/** Of the smallest files: 32 KiB at least, 128 KiB on the average (both phases together), 512 KiB at most. */
const MIN_BYTES = 32 << 10;
const NORMAL_BYTES = 104 << 10;
const MAX_BYTES = 512 << 10;
const HARD_BITS = 19;
const EASY_BITS = 15;

/** No chunk of any file is longer: one payload holds it (protocol/limits.ts, MAX_PAYLOAD_BYTES). */
export const MAX_CHUNK_BYTES = 4 << 20;
/** Chunks of one file: its manifest is then less than one payload, and takes some 20 MB of memory at most. */
export const MAX_CHUNKS = 200_000;
/** Beyond this a file has no manifest: even the longest chunks would be too many. */
export const MAX_CHUNKED_BYTES = MAX_CHUNKS * MAX_CHUNK_BYTES;

/**
 * How a file of this size is cut: each time that the shortest chunks would be too many, all lengths double, but for the
 * longest, which stays at {@link MAX_CHUNK_BYTES}. From 391 GiB on all chunks have that length.
 * @param sizeBytes at most {@link MAX_CHUNKED_BYTES}
 */
export function chunkBounds(sizeBytes: number): ChunkBounds {
  let scale = 0;
  while (MIN_BYTES * 2 ** scale < MAX_CHUNK_BYTES && MIN_BYTES * 2 ** scale * MAX_CHUNKS < sizeBytes) scale++;
  const scaled = (bytes: number): number => Math.min(bytes * 2 ** scale, MAX_CHUNK_BYTES);
  return {
    min: scaled(MIN_BYTES),
    normal: scaled(NORMAL_BYTES),
    max: scaled(MAX_BYTES),
    hardMask: highBits(HARD_BITS + scale),
    easyMask: highBits(EASY_BITS + scale),
  };
}

// Shifting left, a byte leaves the hash after 32 steps: the high bits know most of the bytes before a cut.
function highBits(n: number): number {
  return -1 << (32 - n);
}

/** For each byte the first four bytes, big-endian, of the SHA-256 of that one byte. */
export const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256').update(Uint8Array.of(byte)).digest().readInt32BE(0),
);

/** Cuts one file; fed its bytes in any portions, it cuts at the same places. */
export class Chunker {
  readonly #bounds: ChunkBounds;
  /** Of the present chunk, so far. */
  #length = 0;
  #hash = 0;

  constructor(bounds: ChunkBounds) {
    this.#bounds = bounds;
  }

  /**
   * Goes on at `from`, where the last call ended or at 0 of the next portion. Answers where in `bytes` the present chunk
   * ends and the next begins; undefined when it goes on beyond `bytes`. A file's end ends its last chunk.
   */
  next(bytes: Uint8Array, from: number): number | undefined {
    const { min, normal, max, hardMask, easyMask } = this.#bounds;
    const start = from - this.#length;
    const phaseEnd = (length: number): number => Math.min(bytes.length, start + length);
    // What is too short for a cut is not even looked at.
    let at = Math.max(from, phaseEnd(min));
    if (at < start + min) return this.#goOn(at - start, 0);
    let hash = this.#hash;
    // Indices are in range: a byte is one of 256, and `at` is below the length.
    for (const end = phaseEnd(normal); at < end;) {
      hash = ((hash << 1) + (GEAR[bytes[at++] as number] as number)) | 0;
      if ((hash & hardMask) === 0) return this.#cut(at);
    }
    for (const end = phaseEnd(max); at < end;) {
      hash = ((hash << 1) + (GEAR[bytes[at++] as number] as number)) | 0;
      if ((hash & easyMask) === 0) return this.#cut(at);
    }
    return at === start + max ? this.#cut(at) : this.#goOn(at - start, hash);
  }

  #cut(at: number): number {
    this.#length = 0;
    this.#hash = 0;
    return at;
  }

  #goOn(length: number, hash: number): undefined {
    this.#length = length;
    this.#hash = hash;
  }
}
