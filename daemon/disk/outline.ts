// A manifest in short, for who has most of it: its chunks in groups, and of each group what it is as one. Where a group ends
// depends on its last chunk alone, so that a change shows in the groups around it and in no others.
import { hash } from 'node:crypto';
import { MAX_CHUNKS } from './chunker.ts';
import { CHUNK_BYTES } from './manifest.ts';

/** A group of a manifest, as the manifest is on the wire. */
export interface Group {
  /** Bytes of the file. */
  readonly length: number;
  /** The first 16 bytes of the SHA-256 of its chunks as they are on the wire, 32 hexadecimal digits. */
  readonly hash: string;
}

/** A chunk whose hash ends with so many bits of 0 ends a group: of 64 chunks one does. */
const END_MASK = 0x3f;
/** No group has more chunks: they are less than 2 GiB of the file, and the length fits. */
const MAX_GROUP_CHUNKS = 500;

/** The groups of a manifest, each as it is on the wire; nothing is copied. */
export function groupsOf(manifest: Uint8Array): Uint8Array[] {
  const groups: Uint8Array[] = [];
  let from = 0;
  for (let end = CHUNK_BYTES; end <= manifest.length; end += CHUNK_BYTES) {
    const isFull = end - from === MAX_GROUP_CHUNKS * CHUNK_BYTES;
    const ends = ((manifest[end - 1] ?? 0) & END_MASK) === 0;
    if (!ends && !isFull && end < manifest.length) continue;
    groups.push(manifest.subarray(from, end));
    from = end;
  }
  return groups;
}

export function groupHash(chunks: Uint8Array): string {
  return hash('sha256', chunks, 'hex').slice(0, 32);
}

/** Of each group its length (32 bits, big-endian) and its hash: the form of a manifest. */
export function encodeOutline(manifest: Uint8Array): Uint8Array {
  const groups = groupsOf(manifest);
  const bytes = Buffer.alloc(groups.length * CHUNK_BYTES);
  for (const [i, group] of groups.entries()) {
    bytes.writeUInt32BE(lengthOf(group), i * CHUNK_BYTES);
    bytes.write(groupHash(group), i * CHUNK_BYTES + 4, 'hex');
  }
  return bytes;
}

/** Reads a peer's outline; undefined where it is none of a file of this size. */
export function decodeOutline(payload: Uint8Array, sizeBytes: number): Group[] | undefined {
  if (payload.length % CHUNK_BYTES !== 0 || payload.length > MAX_CHUNKS * CHUNK_BYTES) return undefined;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const groups: Group[] = [];
  let sum = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const length = bytes.readUInt32BE(at);
    if (length === 0) return undefined;
    groups.push({ length, hash: bytes.toString('hex', at + 4, at + CHUNK_BYTES) });
    sum += length;
  }
  return sum === sizeBytes ? groups : undefined;
}

/** The first chunks that are as long as this together; undefined where no chunk ends there. */
export function chunksOfLength(chunks: Uint8Array, length: number): Uint8Array | undefined {
  const view = new DataView(chunks.buffer, chunks.byteOffset, chunks.byteLength);
  let at = 0;
  for (let sum = 0; sum < length; at += CHUNK_BYTES) {
    if (at + CHUNK_BYTES > chunks.length) return undefined;
    sum += view.getUint32(at);
    if (sum > length) return undefined;
  }
  return chunks.subarray(0, at);
}

function lengthOf(group: Uint8Array): number {
  const view = new DataView(group.buffer, group.byteOffset, group.byteLength);
  let sum = 0;
  for (let at = 0; at < group.length; at += CHUNK_BYTES) sum += view.getUint32(at);
  return sum;
}
