// A manifest: the chunks of one file, in order. It says which parts of a file another file has already.
import { createHash } from 'node:crypto';
import { Chunker, MAX_CHUNKED_BYTES, MAX_CHUNKS, chunkBounds } from './chunker.ts';

export interface Chunk {
  readonly offset: number;
  readonly length: number;
  /** The first 16 bytes of the SHA-256 of its bytes, 32 hexadecimal digits. The whole file is verified by its own hash. */
  readonly hash: string;
}

/** Without gaps, from 0 to the file's size; an empty file has no chunks. */
export type Manifest = readonly Chunk[];

const HASH_BYTES = 16;
/** A chunk in bytes: its length (32 bits, big-endian) and its hash. Offsets follow from the lengths. */
export const CHUNK_BYTES = 4 + HASH_BYTES;

export function chunkHash(bytes: Uint8Array): string {
  return createHash('sha256')
    .update(bytes)
    .digest('hex')
    .slice(0, 2 * HASH_BYTES);
}

/** Makes the manifest of a file from its bytes, given in portions of any length. */
export class ManifestBuilder {
  readonly #chunker: Chunker;
  readonly #chunks: Chunk[] = [];
  #hash = createHash('sha256');
  #offset: number;
  #length = 0;

  /**
   * @param sizeBytes of the file, at most {@link MAX_CHUNKED_BYTES}: it says how long the chunks are
   * @param from where the first byte given is in the file: at the beginning of a chunk
   */
  constructor(sizeBytes: number, from = 0) {
    this.#chunker = new Chunker(chunkBounds(sizeBytes));
    this.#offset = from;
  }

  /** Where the last whole chunk ends. */
  get end(): number {
    return this.#offset;
  }

  /** The chunks that are whole. */
  get whole(): Manifest {
    return this.#chunks;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    for (let cut = this.#chunker.next(bytes, 0); cut !== undefined; cut = this.#chunker.next(bytes, from)) {
      this.#take(bytes.subarray(from, cut));
      this.#endChunk();
      from = cut;
    }
    this.#take(bytes.subarray(from));
  }

  /** The last chunk ends with the file. */
  finish(): Manifest {
    if (this.#length > 0) this.#endChunk();
    return this.#chunks;
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  #endChunk(): void {
    const hash = this.#hash.digest('hex').slice(0, 2 * HASH_BYTES);
    this.#chunks.push({ offset: this.#offset, length: this.#length, hash });
    this.#offset += this.#length;
    this.#length = 0;
    this.#hash = createHash('sha256');
  }
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const bytes = Buffer.alloc(manifest.length * CHUNK_BYTES);
  for (const [i, { length, hash }] of manifest.entries()) {
    bytes.writeUInt32BE(length, i * CHUNK_BYTES);
    bytes.write(hash, i * CHUNK_BYTES + 4, 'hex');
  }
  return bytes;
}

export type ManifestRefused = 'too large' | 'not whole' | 'too many chunks' | 'chunk length' | 'sum';

export type DecodedManifest =
  { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly why: ManifestRefused };

/**
 * Reads a peer's manifest. What it says of lengths is as a chunker would cut a file of this size; what it says of
 * contents is only believed when the bytes have come.
 */
export function decodeManifest(payload: Uint8Array, sizeBytes: number): DecodedManifest {
  if (sizeBytes > MAX_CHUNKED_BYTES) return { ok: false, why: 'too large' };
  if (payload.length % CHUNK_BYTES !== 0) return { ok: false, why: 'not whole' };
  const count = payload.length / CHUNK_BYTES;
  const { min, max } = chunkBounds(sizeBytes);
  if (count > MAX_CHUNKS || count > Math.ceil(sizeBytes / min)) return { ok: false, why: 'too many chunks' };
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const manifest: Chunk[] = [];
  let offset = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const length = bytes.readUInt32BE(at);
    const isLast = at + CHUNK_BYTES === bytes.length;
    if (length === 0 || length > max || (length < min && !isLast)) return { ok: false, why: 'chunk length' };
    manifest.push({ offset, length, hash: bytes.toString('hex', at + 4, at + CHUNK_BYTES) });
    offset += length;
  }
  return offset === sizeBytes ? { ok: true, manifest } : { ok: false, why: 'sum' };
}

/** A chunk that is wanted, and where in our own file its bytes are. */
export interface LocalCopy {
  readonly to: Chunk;
  readonly offset: number;
}

/** Which of the wanted chunks our own file has: at the same place where it can be, else anywhere. The rest is to be asked for. */
export function planPieces(wanted: Manifest, own: Manifest): LocalCopy[] {
  const anywhere = new Map<string, Chunk>();
  const inPlace = new Set<string>();
  for (const chunk of own) {
    if (!anywhere.has(chunk.hash)) anywhere.set(chunk.hash, chunk);
    inPlace.add(`${chunk.offset} ${chunk.hash}`);
  }
  const copies: LocalCopy[] = [];
  for (const to of wanted) {
    const found = anywhere.get(to.hash);
    if (found === undefined || found.length !== to.length) continue;
    copies.push({ to, offset: inPlace.has(`${to.offset} ${to.hash}`) ? to.offset : found.offset });
  }
  return copies;
}
