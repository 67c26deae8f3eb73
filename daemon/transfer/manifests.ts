// Manifests of files that are here: each is made once for a content, one at a time and in portions, so that nobody waits long
// for a thread. The last ones are kept: who changes a file changes it again.
import type { Sha256 } from '../core/ids.ts';
import { makeManifest } from '../disk/manifest-job.ts';
import type { PieceSource } from '../disk/piece-source.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { Workers } from '../ports/workers.ts';
import { OneByOne } from './one-by-one.ts';

export interface ManifestsContext {
  readonly workers: Workers;
  tree(): TreeRef;
}

/** What is kept of all together: manifests of 50 GiB of content, or of the largest file of all. */
const MAX_KEPT_BYTES = 8 << 20;

/** As it goes over the wire; undefined: the file is not any more as it was, or cannot be read. */
export type Made = Promise<Uint8Array | undefined>;

export class Manifests {
  readonly #context: ManifestsContext;
  /** For all long work on large files of this folder. */
  readonly inTurn = new OneByOne();
  /** The one used last is the last. */
  readonly #kept = new Map<Sha256, Uint8Array>();
  #keptBytes = 0;
  readonly #coming = new Map<Sha256, Made>();

  constructor(context: ManifestsContext) {
    this.#context = context;
  }

  /** Nothing has to be read for it. */
  isKnown(sha256: Sha256 | undefined): boolean {
    return sha256 !== undefined && (this.#kept.has(sha256) || this.#coming.has(sha256));
  }

  /** @param sha256 of the whole file, where it is sure that this is its content */
  of(source: PieceSource, sha256: Sha256 | undefined): Made {
    if (sha256 === undefined) return this.make(source);
    const kept = this.#kept.get(sha256);
    if (kept !== undefined) {
      this.keep(sha256, kept);
      return Promise.resolve(kept);
    }
    const coming = this.#coming.get(sha256) ?? this.make(source);
    this.comes(sha256, coming);
    return coming;
  }

  /** Of a file of which it is not known yet what its content is called. */
  make(source: PieceSource): Made {
    return this.inTurn.run(() => this.#inPortions(source));
  }

  /** This one will be the manifest of that content. */
  comes(sha256: Sha256, made: Made): void {
    if (this.#coming.has(sha256)) return;
    this.#coming.set(sha256, made);
    const has = (manifest?: Uint8Array): void => {
      this.#coming.delete(sha256);
      if (manifest !== undefined) this.keep(sha256, manifest);
    };
    // Whoever waits for it hears why there is none.
    made.then(has, () => has());
  }

  keep(sha256: Sha256, manifest: Uint8Array): void {
    this.#drop(sha256);
    this.#kept.set(sha256, manifest);
    this.#keptBytes += manifest.length;
    for (const [oldest] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break;
      this.#drop(oldest);
    }
  }

  #drop(sha256: Sha256): void {
    this.#keptBytes -= this.#kept.get(sha256)?.length ?? 0;
    this.#kept.delete(sha256);
  }

  async #inPortions(of: PieceSource): Made {
    const { workers, tree } = this.#context;
    const { size } = of.seen;
    const portions: Uint8Array[] = [];
    for (let from = 0; from < size;) {
      const portion = await workers.run(makeManifest, { tree: tree(), of, size, from });
      if (portion === undefined) return undefined;
      portions.push(portion.manifest);
      from = portion.end;
    }
    return Buffer.concat(portions);
  }
}
