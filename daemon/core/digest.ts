// What a folder holds, in 16 bytes a path: two devices that are not paired yet can so tell what pairing would do, and
// what one of them holds is told to the other in hashes only. Directories are left out: they lose nothing by a merge.
//
// An entry is the first 8 bytes of the SHA-256 of the path, then the first 8 of that of kind and content. Entries are
// sorted. Two paths whose hashes begin alike are one to it: of folders with 260,000 paths, one in 500 million has such.
import type { Sha256 } from './ids.ts';
import type { RelativePath } from './path.ts';
import type { Entry } from './record.ts';

declare const brand: unique symbol;
/** Checked: see {@link parseDigest}. */
export type FolderDigest = Uint8Array & { readonly [brand]: 'FolderDigest' };

export const DIGEST_ENTRY_BYTES = 16;

/** A file or a link. */
export type Content = Extract<Entry, { kind: 'file' | 'symlink' }>;
/** SHA-256 of a text, as UTF-8. */
export type HashText = (text: string) => Sha256;

const FIRST_BYTES = 1024 * DIGEST_ENTRY_BYTES;
const HALF_BYTES = DIGEST_ENTRY_BYTES / 2;

/** Makes a digest of contents that are given in any order, each path once. */
export class DigestMaker {
  readonly #hash: HashText;
  #bytes = new Uint8Array(FIRST_BYTES);
  #entries = 0;

  constructor(hash: HashText) {
    this.#hash = hash;
  }

  get entries(): number {
    return this.#entries;
  }

  add(path: RelativePath, content: Content): void {
    const at = this.#entries++ * DIGEST_ENTRY_BYTES;
    if (at === this.#bytes.byteLength) {
      const larger = new Uint8Array(2 * at);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const view = viewOf(this.#bytes);
    write(view, at, keyOfPath(this.#hash, path));
    write(view, at + HALF_BYTES, keyOfContent(this.#hash, content));
  }

  finish(): FolderDigest {
    const view = viewOf(this.#bytes);
    const order = Uint32Array.from({ length: this.#entries }, (_, i) => i * DIGEST_ENTRY_BYTES);
    order.sort((a, b) => compareKeys(read(view, a), read(view, b)));
    const sorted = new Uint8Array(this.#entries * DIGEST_ENTRY_BYTES);
    order.forEach((from, i) => {
      sorted.set(this.#bytes.subarray(from, from + DIGEST_ENTRY_BYTES), i * DIGEST_ENTRY_BYTES);
    });
    return sorted as FolderDigest;
  }
}

/** Makes the brand. Undefined where it is no digest: cut short, or not sorted. */
export function parseDigest(bytes: Uint8Array): FolderDigest | undefined {
  if (bytes.byteLength % DIGEST_ENTRY_BYTES !== 0) return undefined;
  const view = viewOf(bytes);
  for (let at = DIGEST_ENTRY_BYTES; at < bytes.byteLength; at += DIGEST_ENTRY_BYTES)
    if (compareKeys(read(view, at - DIGEST_ENTRY_BYTES), read(view, at)) > 0) return undefined;
  return bytes as FolderDigest;
}

/** What a merge of their tree with ours would find: files and links. */
export interface Compared {
  /** Only there. */
  readonly receive: number;
  /** Only here. */
  readonly send: number;
  /** On both sides, with different contents. */
  readonly differ: number;
  readonly same: number;
  /** Of the files that are the same. */
  readonly sameBytes: number;
}

/** Compares their digest with what we hold, a path at a time. What is only here need not be read. */
export class Comparison {
  readonly #theirs: DataView;
  readonly #hash: HashText;
  #send = 0;
  #differ = 0;
  #same = 0;
  #sameBytes = 0;
  #ignored = 0;

  constructor(theirs: FolderDigest, hash: HashText) {
    this.#theirs = viewOf(theirs);
    this.#hash = hash;
  }

  /** Is there a file or link at this path over there? */
  has(path: RelativePath): boolean {
    return this.#find(path) !== undefined;
  }

  /** We hold something that they do not. */
  addOnlyHere(): void {
    this.#send++;
  }

  /** What we have at this path is not synced here: whatever they have there does not come. */
  addIgnored(path: RelativePath): void {
    if (this.has(path)) this.#ignored++;
  }

  /** They have something at this path, and what we have there could not be read: it is taken for another content. */
  addUnread(): void {
    this.#differ++;
  }

  /** We hold this. */
  add(path: RelativePath, ours: Content): void {
    const at = this.#find(path);
    if (at === undefined) return this.addOnlyHere();
    const same = compareKeys(read(this.#theirs, at + HALF_BYTES), keyOfContent(this.#hash, ours)) === 0;
    if (!same) {
      this.#differ++;
      return;
    }
    this.#same++;
    if (ours.kind === 'file') this.#sameBytes += ours.size;
  }

  get result(): Compared {
    const theirs = this.#theirs.byteLength / DIGEST_ENTRY_BYTES;
    return {
      receive: Math.max(0, theirs - this.#same - this.#differ - this.#ignored),
      send: this.#send,
      differ: this.#differ,
      same: this.#same,
      sameBytes: this.#sameBytes,
    };
  }

  /** Where the path's entry begins. */
  #find(path: RelativePath): number | undefined {
    const key = keyOfPath(this.#hash, path);
    let [from, to] = [0, this.#theirs.byteLength / DIGEST_ENTRY_BYTES];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = compareKeys(read(this.#theirs, middle * DIGEST_ENTRY_BYTES), key);
      if (order === 0) return middle * DIGEST_ENTRY_BYTES;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return undefined;
  }
}

/** 64 bits, as two halves: the higher one first. */
type Key = readonly [high: number, low: number];

function keyOfPath(hash: HashText, path: RelativePath): Key {
  return keyOf(hash(path));
}

function keyOfContent(hash: HashText, content: Content): Key {
  return keyOf(hash(content.kind === 'file' ? `file\0${content.sha256}` : `symlink\0${content.target}`));
}

function keyOf(sha256: Sha256): Key {
  return [Number.parseInt(sha256.slice(0, 8), 16), Number.parseInt(sha256.slice(8, 16), 16)];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function read(view: DataView, at: number): Key {
  return [view.getUint32(at), view.getUint32(at + 4)];
}

function write(view: DataView, at: number, [high, low]: Key): void {
  view.setUint32(at, high);
  view.setUint32(at + 4, low);
}

function compareKeys(a: Key, b: Key): number {
  return a[0] - b[0] || a[1] - b[1];
}
