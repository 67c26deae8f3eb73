// Who can be asked for a content: the connected peers, less those that said they have it no longer; and which of our own
// files and versions turned out not to have what the index says.
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Source } from '../disk/stage.ts';
import type { WantedRow } from '../index/wanted.ts';
import type { PeerLink } from '../ports/peers.ts';

/** Refusals that are remembered; the oldest goes first, and is asked once more. */
const MAX_REFUSED = 10_000;
/** After this a peer that refused is asked again: it may have it by now. */
const REFUSED_MS = 30_000;

/** What one file is to get from a peer. */
export interface Asking {
  link: PeerLink | undefined;
  /** Who sent what has come. */
  from: PeerLink | undefined;
  /** Which of our own it is copied from. */
  local: Source | undefined;
  /** Asked and not answered. */
  askedBytes: number;
}

/** What may be on its way at once: bytes of one peer, files of all together. */
export interface AskLimits {
  readonly bytes: number;
  readonly files: number;
}

/** A peer that leaves a request without an answer so long is asked no more for that file. */
const ANSWER_TIMEOUT_MS = 60_000;
/** After this a peer that answers at another time is asked again. */
const REST_MS = 5_000;

const key = (path: RelativePath, sha256: Sha256): string => `${sha256}${path}`;

export class Sources {
  readonly #askedBytes = new Map<PeerLink, number>();
  readonly #askedFiles = new Map<PeerLink, number>();
  readonly #refused = new Map<PeerLink, Set<string>>();
  readonly #wrong = new Set<string>();
  /** When each has answered something last: monotonic ms. */
  readonly #heardMs = new Map<PeerLink, number>();
  /** Paused, or outside of their schedule: since when they said so. */
  readonly #resting = new Map<PeerLink, number>();
  #clearedMs = 0;
  /** Rises whenever somebody may have more time, or more to give, than before. */
  changes = 0;

  attach(link: PeerLink): void {
    this.changes++;
    this.#askedBytes.set(link, 0);
    this.#askedFiles.set(link, 0);
  }

  detach(link: PeerLink): void {
    this.#askedBytes.delete(link);
    this.#askedFiles.delete(link);
    this.#refused.delete(link);
    this.#resting.delete(link);
    this.#heardMs.delete(link);
  }

  heard(link: PeerLink, nowMs: number): void {
    if (this.#askedBytes.has(link)) this.#heardMs.set(link, nowMs);
  }

  /**
   * It leaves without an answer what it has been asked for since this time. A peer answers in its order: while it answers
   * others, this one is still to come.
   */
  isSilent(link: PeerLink, sinceMs: number, nowMs: number): boolean {
    return nowMs - Math.max(sinceMs, this.#heardMs.get(link) ?? sinceMs) >= ANSWER_TIMEOUT_MS;
  }

  /** Nothing is to be had of this peer at this time. */
  rest(link: PeerLink, nowMs: number): void {
    if (this.#askedBytes.has(link)) this.#resting.set(link, nowMs);
  }

  get isAnyResting(): boolean {
    return this.#resting.size > 0;
  }

  /** This link is asked for a file. */
  begin(asking: Asking, link: PeerLink): void {
    asking.link = link;
    add(this.#askedFiles, link, 1);
  }

  asked(asking: Asking, bytes: number): void {
    if (asking.link === undefined) return;
    asking.askedBytes += bytes;
    add(this.#askedBytes, asking.link, bytes);
  }

  answered(asking: Asking, bytes: number): void {
    if (asking.link === undefined) return;
    const counted = Math.min(bytes, asking.askedBytes);
    asking.askedBytes -= counted;
    this.changes++;
    add(this.#askedBytes, asking.link, -counted);
  }

  /** The link owes nothing of this file any more. */
  end(asking: Asking): void {
    this.answered(asking, asking.askedBytes);
    if (asking.link !== undefined) add(this.#askedFiles, asking.link, -1);
    this.changes++;
    asking.from = asking.link;
    asking.link = undefined;
  }

  /** Files that one peer may have on their way: the others get their share. */
  #hasRoom(link: PeerLink, { bytes, files }: AskLimits): boolean {
    if ((this.#askedBytes.get(link) ?? 0) >= bytes) return false;
    return (this.#askedFiles.get(link) ?? 0) < Math.ceil(files / Math.max(1, this.#askedFiles.size));
  }

  isAnyIdle(most: AskLimits): boolean {
    return [...this.#askedBytes.keys()].some((link) => this.#hasRoom(link, most));
  }

  /** That peer has not, or no longer, what it announced. */
  refuse(link: PeerLink, path: RelativePath, sha256: Sha256): void {
    const refused = this.#refused.get(link) ?? new Set();
    this.#refused.set(link, refused);
    remember(refused, key(path, sha256));
  }

  /** It has announced this anew, and so has it again: a file may be changed and changed back. */
  announced(link: PeerLink, path: RelativePath, sha256: Sha256): void {
    if (this.#refused.get(link)?.delete(key(path, sha256)) === true) this.changes++;
  }

  /** What a peer sent was not what it announced, or what our own disk was to give not what the index says. */
  wrong({ from, local }: Asking, path: RelativePath, sha256: Sha256): void {
    if (from !== undefined) this.refuse(from, path, sha256);
    else if (local !== undefined) remember(this.#wrong, placeOf(local, sha256));
  }

  isWrongHere(source: Source, sha256: Sha256): boolean {
    return this.#wrong.has(placeOf(source, sha256));
  }

  forgetOld(nowMs: number): void {
    for (const [link, sinceMs] of this.#resting) {
      if (nowMs - sinceMs < REST_MS) continue;
      this.#resting.delete(link);
      this.changes++;
    }
    if (nowMs - this.#clearedMs < REFUSED_MS) return;
    this.#clearedMs = nowMs;
    this.changes++;
    this.#refused.clear();
    this.#wrong.clear();
  }

  /**
   * The peer with the least on its way, first of those that announced this very content, then of all. none: nobody who is
   * connected can have it. busy: who can has enough on its way.
   */
  choose(want: WantedRow, most: AskLimits): PeerLink | 'none' | 'busy' {
    const { record } = want;
    if (record.entry.kind !== 'file') return 'none';
    const what = key(record.path, record.entry.sha256);
    const possible = [...this.#askedBytes].filter(
      ([link]) => this.#refused.get(link)?.has(what) !== true && !this.#resting.has(link),
    );
    const announced = new Set(want.sources.filter(({ has }) => has).map(({ peer }) => peer));
    const having = possible.filter(([link]) => announced.has(link.device));
    // While one that surely has it is connected, others are not bothered.
    const candidates = having.length > 0 ? having : possible;
    if (candidates.length === 0) return 'none';
    const [best] = candidates.filter(([link]) => this.#hasRoom(link, most)).sort(([, a], [, b]) => a - b);
    return best?.[0] ?? 'busy';
  }
}

function placeOf(source: Source, sha256: Sha256): string {
  switch (source.kind) {
    case 'copy':
      return `${sha256}copy ${source.from}`;
    case 'version':
      return `${sha256}version ${source.storedAs}`;
    case 'bytes':
    case 'part':
      return sha256;
  }
}

function remember(set: Set<string>, what: string): void {
  const [oldest] = set;
  if (oldest !== undefined && set.size >= MAX_REFUSED) set.delete(oldest);
  set.add(what);
}

/** Of a link that is gone nothing is counted. */
function add(counts: Map<PeerLink, number>, link: PeerLink, n: number): void {
  const before = counts.get(link);
  if (before !== undefined) counts.set(link, before + n);
}
