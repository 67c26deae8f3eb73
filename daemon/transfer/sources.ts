// Who can be asked for a content: the connected peers, less those that said they have it no longer.
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { WantedRow } from '../index/wanted.ts';
import type { PeerLink } from '../ports/peers.ts';

/** Refusals that are remembered; the oldest goes first, and is asked once more. */
const MAX_REFUSED = 10_000;
/** After this a peer that refused is asked again: it may have it by now. */
const REFUSED_MS = 30_000;

const key = (path: RelativePath, sha256: Sha256): string => `${sha256}${path}`;

export class Sources {
  readonly #askedBytes = new Map<PeerLink, number>();
  readonly #refused = new Map<PeerLink, Set<string>>();
  readonly #wrong = new Set<string>();
  #clearedMs = 0;

  attach(link: PeerLink): void {
    this.#askedBytes.set(link, 0);
  }

  detach(link: PeerLink): void {
    this.#askedBytes.delete(link);
    this.#refused.delete(link);
  }

  asked(link: PeerLink, bytes: number): void {
    this.#askedBytes.set(link, (this.#askedBytes.get(link) ?? 0) + bytes);
  }

  answered(link: PeerLink, bytes: number): void {
    const left = (this.#askedBytes.get(link) ?? 0) - bytes;
    if (this.#askedBytes.has(link)) this.#askedBytes.set(link, Math.max(0, left));
  }

  /** That peer has not, or no longer, what it announced. */
  refuse(link: PeerLink, path: RelativePath, sha256: Sha256): void {
    const refused = this.#refused.get(link) ?? new Set();
    this.#refused.set(link, refused);
    remember(refused, key(path, sha256));
  }

  /** What our own disk was to give was not what the index says. */
  wrong(path: RelativePath, sha256: Sha256): void {
    remember(this.#wrong, key(path, sha256));
  }

  isWrongHere(path: RelativePath, sha256: Sha256): boolean {
    return this.#wrong.has(key(path, sha256));
  }

  forgetOld(nowMs: number): void {
    if (nowMs - this.#clearedMs < REFUSED_MS) return;
    this.#clearedMs = nowMs;
    this.#refused.clear();
    this.#wrong.clear();
    // What was asked and never answered shall not count for ever.
    for (const [link, bytes] of this.#askedBytes) if (bytes > 0) this.#askedBytes.set(link, Math.floor(bytes / 2));
  }

  /**
   * The peer with the least on its way, first of those that announced this very content, then of all. none: nobody who is
   * connected can have it. busy: who can has enough on its way.
   */
  choose(want: WantedRow, maxAskedBytes: number): PeerLink | 'none' | 'busy' {
    const { record } = want;
    if (record.entry.kind !== 'file') return 'none';
    const what = key(record.path, record.entry.sha256);
    const possible = [...this.#askedBytes].filter(([link]) => this.#refused.get(link)?.has(what) !== true);
    const announced = new Set(want.sources.filter(({ has }) => has).map(({ peer }) => peer));
    const having = possible.filter(([link]) => announced.has(link.device));
    // While one that surely has it is connected, others are not bothered.
    const candidates = having.length > 0 ? having : possible;
    if (candidates.length === 0) return 'none';
    const [best] = candidates.filter(([, asked]) => asked < maxAskedBytes).sort(([, a], [, b]) => a - b);
    return best?.[0] ?? 'busy';
  }
}

function remember(set: Set<string>, what: string): void {
  const [oldest] = set;
  if (oldest !== undefined && set.size >= MAX_REFUSED) set.delete(oldest);
  set.add(what);
}
