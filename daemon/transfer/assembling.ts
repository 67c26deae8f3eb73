// Puts a large file together, when all that no file of ours holds has come: portion by portion, and each is hashed by another
// thread while the next is copied.
import { type Assembled, type Copies, assemble } from '../disk/assemble.ts';
import type { LocalCopy, Manifest } from '../disk/manifest.ts';
import { type HashedNext, hashNext, newBegun } from '../disk/new-part.ts';
import type { PieceSource } from '../disk/piece-source.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { Workers } from '../ports/workers.ts';

export interface AssemblingContext {
  readonly workers: Workers;
  tree(): TreeRef;
}

/** The whole file, and what of it is in files of ours. */
export interface Assembly {
  readonly pieces: Manifest;
  readonly copies: readonly Copies[];
  /** To be copied. */
  readonly bytes: number;
}

/** What one job copies, or hashes: some 20 ms. */
const PORTION_BYTES = 16 << 20;

/** As the last portion: with its hash, if that is known. Undefined: it was given up. */
export async function putTogether(
  { workers, tree }: AssemblingContext,
  staged: string,
  { pieces, copies }: Assembly,
  isWanted: () => boolean,
): Promise<HashedNext | Exclude<Assembled, { kind: 'copied' }> | undefined> {
  const [begun, size] = [newBegun(), endOf(pieces)];
  let hashing: Promise<HashedNext> = Promise.resolve({ kind: 'hashed', sha256: undefined });
  for (const { offset, length, ...portion } of portionsOf(pieces, copies)) {
    const copying = workers.run(assemble, { tree: tree(), staged, ...portion });
    // However one of them ends, the other is not left behind: it may write into the part.
    await Promise.allSettled([copying, hashing]);
    const [copied, hashed] = await Promise.all([copying, hashing]);
    if (!isWanted()) return undefined;
    if (copied.kind !== 'copied') return copied;
    if (hashed.kind !== 'hashed') return hashed;
    hashing = workers.run(hashNext, { tree: tree(), staged, size, begun, offset, length });
    // Whoever waits for it hears of it.
    hashing.catch(() => undefined);
  }
  return hashing;
}

interface Portion {
  readonly offset: number;
  readonly length: number;
  readonly copies: readonly Copies[];
}

function* portionsOf(pieces: Manifest, copies: readonly Copies[]): Generator<Portion> {
  const from = new Map(copies.flatMap((one) => one.pieces.map((piece) => [piece.to.offset, { piece, of: one.from }])));
  let portion: { readonly from: PieceSource; readonly pieces: LocalCopy[] }[] = [];
  let offset = 0;
  for (const { offset: at, length } of pieces) {
    const found = from.get(at);
    if (found !== undefined) {
      const source = portion.find((one) => one.from === found.of);
      if (source === undefined) portion.push({ from: found.of, pieces: [found.piece] });
      else source.pieces.push(found.piece);
    }
    const end = at + length;
    if (end - offset < PORTION_BYTES && end < endOf(pieces)) continue;
    yield { offset, length: end - offset, copies: portion };
    portion = [];
    offset = end;
  }
}

function endOf(pieces: Manifest): number {
  const last = pieces.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}
