// Contents on the wire, packed with zstd (RFC 8878). Who unpacks knows how long the content is: nothing longer is made of
// it, whatever a peer sends.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** The quickest: links for which packing pays are slower than that, and higher levels save little more. */
const LEVEL = 1;
/** Smaller ones hold nothing that repeats. */
export const LEAST_BYTES = 256;
/** What saves less is not worth unpacking. */
const LEAST_SAVED = 1 / 16;
/** zlib makes its output in chunks of 16 KiB unless it is told how long it will be; it takes nothing below this. */
const LEAST_CHUNK_BYTES = 64;
/** Twice what Node keeps for several small Buffers together. */
const LARGE_BYTES = 128 << 10;
/** A peer may not make us keep more than 8 MiB of what is unpacked in mind. */
const WINDOW_LOG = 23;

/** A content as it is read, or packed. */
export interface Packable {
  readonly bytes: Uint8Array;
  readonly packed: boolean;
}

export function pack(bytes: Uint8Array): Packable {
  if (bytes.length < LEAST_BYTES) return { bytes, packed: false };
  const packed = zstdCompressSync(bytes, {
    chunkSize: Math.max(LEAST_CHUNK_BYTES, bytes.length),
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  });
  const pays = packed.length <= bytes.length * (1 - LEAST_SAVED);
  // In memory of its own, which can be handed over.
  const own = pays ? new Uint8Array(packed) : bytes;
  freeLarge(packed);
  return { bytes: own, packed: pays };
}

/**
 * Calls with the content as it is when it is unpacked: what was made for that is gone afterwards. With undefined where it
 * was to be packed and is no zstd, or not of this length.
 * @param plainBytes no more than is asked for at a time
 */
export function withPlain<R>(
  { bytes, packed }: { readonly bytes: Uint8Array; readonly packed?: boolean | undefined },
  plainBytes: number,
  use: (plain: Uint8Array | undefined) => R,
): R {
  if (packed !== true) return use(bytes);
  const plain = unpack(bytes, plainBytes);
  try {
    return use(plain?.length === plainBytes ? plain : undefined);
  } finally {
    if (plain !== undefined) freeLarge(plain);
  }
}

function unpack(bytes: Uint8Array, plainBytes: number): Buffer | undefined {
  try {
    return zstdDecompressSync(bytes, {
      // A byte more, or zlib would make another chunk to see that nothing more comes.
      chunkSize: Math.max(LEAST_CHUNK_BYTES, plainBytes + 1),
      maxOutputLength: Math.max(1, plainBytes),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
  } catch {
    return undefined; // a peer may send anything
  }
}

/** Left to the collector, large memory of a thread whose own heap is small would pile up to 64 MB. */
function freeLarge({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= LARGE_BYTES) buffer.transfer(0);
}
