// Contents on the wire, packed with zstd (RFC 8878). Who unpacks knows how long the content is: nothing longer is made of
// it, whatever a peer sends.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** The quickest: links for which packing pays are slower than that, and higher levels save little more. */
const LEVEL = 1;
/** Smaller ones hold nothing that repeats. */
export const LEAST_BYTES = 256;
/** What saves less is not worth unpacking. */
const LEAST_SAVED = 1 / 16;
/** A peer may not make us keep more than 8 MiB of what is unpacked in mind. */
const WINDOW_LOG = 23;

/** A content as it is read, or packed. */
export interface Packable {
  readonly bytes: Uint8Array;
  readonly packed: boolean;
}

export function pack(bytes: Uint8Array): Packable {
  if (bytes.length < LEAST_BYTES) return { bytes, packed: false };
  const packed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  if (packed.length > bytes.length * (1 - LEAST_SAVED)) return { bytes, packed: false };
  // In memory of its own, which can be handed over.
  return { bytes: new Uint8Array(packed), packed: true };
}

/** Undefined where it is not packed, or not a content of this length. */
export function unpack(bytes: Uint8Array, plainBytes: number): Uint8Array | undefined {
  try {
    const plain = zstdDecompressSync(bytes, {
      maxOutputLength: Math.max(1, plainBytes),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
    return plain.length === plainBytes ? plain : undefined;
  } catch {
    return undefined; // a peer may send anything
  }
}
