// What of a large file that is wanted our own files hold: the present one at the path, and the last ones that it replaced.
import type { DeviceId, Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { isUnsynced } from '../core/record.ts';
import type { Copies } from '../disk/assemble.ts';
import { MAX_CHUNKED_BYTES } from '../disk/chunker.ts';
import { type Manifest, decodeManifest, planPieces } from '../disk/manifest.ts';
import type { PieceSource } from '../disk/piece-source.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { Made, Manifests } from './manifests.ts';

export interface OwnPiecesContext {
  readonly self: DeviceId;
  readonly index: FolderIndex;
  readonly manifests: Manifests;
}

/** Older versions of the path that are looked through: a file that is written anew in place leaves its content there. */
const VERSIONS_LOOKED_AT = 2;
/** Smaller ones hold nothing worth looking for. */
const LEAST_SOURCE_BYTES = 64 << 10;
/** Where less than this part of a file is missing, it is brought sooner than one more is read through for it. */
const WORTH_READING = 1 / 256;

interface Own {
  readonly of: PieceSource;
  /** Of all of it, where that is known. */
  readonly sha256: Sha256 | undefined;
}

export class OwnPieces {
  readonly #context: OwnPiecesContext;
  readonly #own: readonly Own[];
  /** The manifest of the first of them, as it is on the wire. Undefined: there is none. */
  readonly first: Made | undefined;

  constructor(context: OwnPiecesContext, path: RelativePath) {
    this.#context = context;
    this.#own = ownOf(context, path);
    const [first] = this.#own;
    this.first = first && context.manifests.of(first.of, first.sha256);
    this.first?.catch(() => undefined); // whoever needs it hears of it
  }

  /** Which of the wanted pieces are here, each once. */
  async copies(wanted: Manifest, sizeBytes: number): Promise<Copies[]> {
    const { manifests } = this.#context;
    const copies: Copies[] = [];
    const found = new Set<number>();
    let missingBytes = sizeBytes;
    for (const [i, { of, sha256 }] of this.#own.entries()) {
      if (i > 0 && missingBytes < sizeBytes * WORTH_READING && !manifests.isKnown(sha256)) break;
      const payload = await (i === 0 ? this.first : manifests.of(of, sha256));
      const decoded = payload === undefined ? undefined : decodeManifest(payload, of.seen.size);
      // It is not there any more, or not as it was.
      if (decoded?.ok !== true) continue;
      const pieces = planPieces(wanted, decoded.manifest).filter(({ to }) => !found.has(to.offset));
      for (const { to } of pieces) {
        found.add(to.offset);
        missingBytes -= to.length;
      }
      copies.push({ from: of, pieces });
      if (missingBytes === 0) break;
    }
    return copies;
  }
}

function ownOf({ self, index }: OwnPiecesContext, path: RelativePath): Own[] {
  const own: Own[] = [];
  const row = index.row(path);
  if (row?.seen?.kind === 'file') {
    const { record, seen } = row;
    // Against the role anything may lie there.
    const isSo = record.entry.kind === 'file' && record.entry.size === seen.size && !isUnsynced(record, self);
    const sha256 = isSo && record.entry.kind === 'file' ? record.entry.sha256 : undefined;
    own.push({ of: { kind: 'file', path, seen }, sha256 });
  }
  for (const { storedAs, stat, kind, sha256 } of index.versions(path, VERSIONS_LOOKED_AT))
    if (stat !== undefined && kind === 'file') own.push({ of: { kind: 'version', storedAs, seen: stat }, sha256 });
  return own.filter(({ of: { seen } }) => seen.size >= LEAST_SOURCE_BYTES && seen.size <= MAX_CHUNKED_BYTES);
}
