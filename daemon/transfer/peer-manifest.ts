// The manifest of a file that a peer has. Who has a file of which most is the same asks for the outline first, and then for
// the groups of chunks that its own manifest has not.
import { type Group, chunksOfLength, decodeOutline, groupHash, groupsOf } from '../disk/outline.ts';
import { type Manifest, decodeManifest } from '../disk/manifest.ts';
import type { ChunkAnswer, ChunkWant, GroupRange } from '../ports/peers.ts';

/** Of groups, in one request: with more, all of it is hardly more. */
const MAX_RANGES = 128;

export type ManifestAnswer = Extract<ChunkAnswer, { kind: 'manifest' }>;

export type TakenManifest =
  | { readonly kind: 'whole'; readonly manifest: Manifest }
  /** The rest of it has been asked for. */
  | { readonly kind: 'more' }
  /** It cannot be right. */
  | { readonly kind: 'refused' };

type Asked =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'whole' }
  /** `own`: the manifest of what is here. */
  | { readonly kind: 'outline'; readonly own: Promise<Uint8Array | undefined> }
  | { readonly kind: 'groups'; readonly outline: readonly Group[]; readonly own: ReadonlyMap<string, Uint8Array> };

const REFUSED: TakenManifest = { kind: 'refused' };

export class PeerManifest {
  readonly #sizeBytes: number;
  readonly #ask: (want: ChunkWant) => void;
  #asked: Asked = { kind: 'nothing' };

  constructor(sizeBytes: number, ask: (want: ChunkWant) => void) {
    this.#sizeBytes = sizeBytes;
    this.#ask = ask;
  }

  /** @param own the manifest of what is here, as it is on the wire; it need not be made yet */
  ask(own?: Promise<Uint8Array | undefined>): void {
    if (own === undefined) return this.#askWhole();
    this.#asked = { kind: 'outline', own };
    this.#ask({ kind: 'manifest', outline: true });
  }

  #askWhole(): void {
    this.#asked = { kind: 'whole' };
    this.#ask({ kind: 'manifest' });
  }

  async take({ payload, outline }: ManifestAnswer): Promise<TakenManifest> {
    const asked = this.#asked;
    this.#asked = { kind: 'nothing' }; // each is answered once
    switch (asked.kind) {
      case 'nothing':
        return REFUSED;
      case 'whole':
        return this.#whole(payload);
      case 'outline':
        // A peer that knows of no outlines answers with it all.
        return outline === true ? this.#takeOutline(payload, await asked.own) : this.#whole(payload);
      case 'groups':
        return this.#join(asked.outline, asked.own, payload);
    }
  }

  #whole(payload: Uint8Array): TakenManifest {
    const decoded = decodeManifest(payload, this.#sizeBytes);
    return decoded.ok ? { kind: 'whole', manifest: decoded.manifest } : REFUSED;
  }

  #takeOutline(payload: Uint8Array, manifest: Uint8Array | undefined): TakenManifest {
    const outline = decodeOutline(payload, this.#sizeBytes);
    if (outline === undefined) return REFUSED;
    const own = new Map(groupsOf(manifest ?? new Uint8Array()).map((group) => [groupHash(group), group]));
    const groups = rangesOf(outline, ({ hash }) => !own.has(hash));
    if (groups.length === 0) return this.#join(outline, own, new Uint8Array());
    if (groups.length > MAX_RANGES) this.#askWhole();
    else {
      this.#asked = { kind: 'groups', outline, own };
      this.#ask({ kind: 'manifest', groups });
    }
    return { kind: 'more' };
  }

  #join(outline: readonly Group[], own: ReadonlyMap<string, Uint8Array>, rest: Uint8Array): TakenManifest {
    const groups: Uint8Array[] = [];
    let at = 0;
    for (const { length, hash } of outline) {
      let group = own.get(hash);
      if (group === undefined) {
        group = chunksOfLength(rest.subarray(at), length);
        if (group === undefined || groupHash(group) !== hash) return REFUSED;
        at += group.length;
      }
      groups.push(group);
    }
    return at === rest.length ? this.#whole(Buffer.concat(groups)) : REFUSED;
  }
}

/** Those that are wanted, neighbours in one. */
function rangesOf(outline: readonly Group[], isWanted: (group: Group) => boolean): GroupRange[] {
  const ranges: GroupRange[] = [];
  for (const [i, group] of outline.entries()) {
    if (!isWanted(group)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.first + last.count === i)
      ranges[ranges.length - 1] = { ...last, count: last.count + 1 };
    else ranges.push({ first: i, count: 1 });
  }
  return ranges;
}
