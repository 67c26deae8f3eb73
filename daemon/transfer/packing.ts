// Which contents go packed to whom. By itself only what can become smaller, and only where the link is what takes time.
import { isPackedAlready } from '../core/packed-already.ts';
import type { FolderName } from '../core/ids.ts';
import type { FolderSettings } from '../core/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { PeerLink } from '../ports/peers.ts';
import type { Receivers } from './receivers.ts';
import type { Traffic } from './traffic.ts';

export interface PackingContext {
  readonly name: FolderName;
  readonly clock: Clock;
  readonly traffic: Traffic;
  settings(): Pick<FolderSettings, 'compression'>;
}

/** Bytes in a second: what a faster link takes is sent sooner than packed. */
const FAST_LINK = 50_000_000;
/** A peer that answers within so many ms is on this network or in this town, and links there are mostly fast. */
const NEAR_MS = 5;
/** What such a link is held for until it has been seen to be slower five times in a row: the peer may have been at work. */
const NEAR_LINK = 1_000_000_000;
/** Less that has left says nothing of a link: the kernel takes so much at once. */
const LEAST_SEEN_BYTES = 256 << 10;
/** Contents that turned out not to become smaller. */
const MAX_KNOWN = 256;

export class Packing {
  readonly #context: PackingContext;
  readonly #receivers: Receivers;
  /** What was queued after the last that was given to it, and when: monotonic ms. */
  readonly #given = new WeakMap<PeerLink, { readonly bytes: number; readonly atMs: number }>();
  /** Bytes in a second. */
  readonly #speed = new WeakMap<PeerLink, number>();
  readonly #incompressible = new Set<string>();

  constructor(context: PackingContext, receivers: Receivers) {
    this.#context = context;
    this.#receivers = receivers;
  }

  /** @param content what it is known by while it is the same */
  packs(link: PeerLink, path: string, content: string): boolean {
    if (this.#receivers.of(link)?.takesPacked !== true) return false;
    switch (this.#context.settings().compression) {
      case 'never':
        return false;
      case 'always':
        return true;
      case 'auto':
        return !isPackedAlready(path) && !this.#incompressible.has(content) && this.#pays(link);
    }
  }

  /** It was tried, and is no smaller. */
  inVain(content: string): void {
    const [oldest] = this.#incompressible;
    if (oldest !== undefined && this.#incompressible.size >= MAX_KNOWN) this.#incompressible.delete(oldest);
    this.#incompressible.add(content);
  }

  /** The link has been given something, which is queued now. */
  gave(link: PeerLink): void {
    this.#given.set(link, { bytes: link.queuedBytes, atMs: this.#context.clock.monotonicMs() });
  }

  /** The link has taken of it what is not queued any more: so quick it is. To be called before it is given more. */
  look(link: PeerLink): void {
    const given = this.#given.get(link);
    this.#given.delete(link);
    const taken = (given?.bytes ?? 0) - link.queuedBytes;
    if (given === undefined || taken < LEAST_SEEN_BYTES) return;
    const speed = (taken * 1000) / Math.max(1, this.#context.clock.monotonicMs() - given.atMs);
    const before = this.#speed.get(link) ?? (isNear(link) ? NEAR_LINK : speed);
    // It may have taken it long ago, or the peer have had other work: what it was once seen to take it can take.
    this.#speed.set(link, Math.max(speed, (speed + before) / 2));
  }

  /** A link to somewhere far of which nothing is known yet may be slow. */
  #pays(link: PeerLink): boolean {
    const { name, traffic } = this.#context;
    const speed = this.#speed.get(link) ?? (isNear(link) ? NEAR_LINK : 0);
    return Math.min(traffic.up.rateOf(name, link.device), speed) < FAST_LINK;
  }
}

function isNear({ leastRttMs = Infinity }: PeerLink): boolean {
  return leastRttMs < NEAR_MS;
}
