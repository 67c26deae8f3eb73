// What peers have said and the folder has not taken in yet, in the order of each peer. Beyond a bound the peer is not read
// any more until there is room: it waits in the network, and its queue with it.
import {
  type Acknowledgement,
  type Announcement,
  type Backpressure,
  type IndexOffer,
  type RefusedAnnouncement,
  contentBytes,
} from '../ports/peers.ts';
import type { LinkState } from './links.ts';

const MAX_RECORDS = 8192;
const MAX_BYTES = 8 << 20;
/** As many as are carried out together; and no more contents than go along in one round of who announces. */
const MAX_TOGETHER = 512;
const MAX_CONTENT_TOGETHER = 2 << 20;

/** What an item takes in memory, about, beside what of it can be long. */
const ITEM_BYTES = 256;
const VECTOR_ENTRY_BYTES = 96;
const REFUSED_BYTES = 48;

interface Announced {
  readonly kind: 'announcements';
  readonly announcements: readonly Announcement[];
}

export type InboxItem =
  | Announced
  | { readonly kind: 'ack'; readonly ack: Acknowledgement }
  | { readonly kind: 'index'; readonly offer: IndexOffer }
  | { readonly kind: 'refused'; readonly refused: readonly RefusedAnnouncement[] };

export class Inbox {
  readonly #items = new Map<LinkState, InboxItem[]>();
  readonly #backpressure: Backpressure;
  #records = 0;
  #bytes = 0;
  readonly #stopped = new Set<LinkState>();

  constructor(backpressure: Backpressure) {
    this.#backpressure = backpressure;
  }

  get size(): number {
    return this.#records;
  }

  push(state: LinkState, item: InboxItem): void {
    const items = this.#items.get(state) ?? [];
    this.#items.set(state, items);
    // A later one says all that an earlier one did.
    const last = items.at(-1);
    if (last !== undefined && last.kind === item.kind && (item.kind === 'ack' || item.kind === 'index')) {
      items.pop();
      this.#count(last, -1);
    }
    const together = last?.kind === 'announcements' ? withMore(last, item) : undefined;
    if (together === undefined) items.push(item);
    else items.splice(-1, 1, together);
    this.#count(item, 1);
    if ((this.#records > MAX_RECORDS || this.#bytes > MAX_BYTES) && !this.#stopped.has(state)) {
      this.#stopped.add(state);
      this.#backpressure.setReading(state.link.device, false);
    }
  }

  /** The next of any peer, which stays until it is done with. */
  peek(): { readonly state: LinkState; readonly item: InboxItem } | undefined {
    for (const [state, [item]] of this.#items) if (item !== undefined) return { state, item };
    return undefined;
  }

  /** The item of the last peek has been taken in; the next peer's turn comes. */
  done(state: LinkState): void {
    const items = this.#items.get(state);
    const item = items?.shift();
    if (item !== undefined) this.#count(item, -1);
    this.#items.delete(state);
    if (items !== undefined && items.length > 0) this.#items.set(state, items);
    this.#readOn();
  }

  drop(state: LinkState): void {
    for (const item of this.#items.get(state) ?? []) this.#count(item, -1);
    this.#items.delete(state);
    if (this.#stopped.delete(state)) this.#backpressure.setReading(state.link.device, true);
    this.#readOn();
  }

  #readOn(): void {
    if (this.#records > MAX_RECORDS / 2 || this.#bytes > MAX_BYTES / 2) return;
    for (const state of this.#stopped) this.#backpressure.setReading(state.link.device, true);
    this.#stopped.clear();
  }

  #count(item: InboxItem, sign: 1 | -1): void {
    this.#bytes += sign * bytesOf(item);
    if (item.kind === 'announcements') this.#records += sign * item.announcements.length;
  }
}

/** Few records are taken in together with what comes behind them: each taking in is a transaction, which waits for the disk. */
function withMore(before: Announced, item: InboxItem): Announced | undefined {
  if (item.kind !== 'announcements' || before.announcements.length + item.announcements.length > MAX_TOGETHER)
    return undefined;
  const announcements = [...before.announcements, ...item.announcements];
  return contentBytes(announcements) > MAX_CONTENT_TOGETHER ? undefined : { kind: 'announcements', announcements };
}

/** Everything counts: who says INDEX and ACK in turn, or sends records with hundreds of makers, fills memory too. */
function bytesOf(item: InboxItem): number {
  if (item.kind === 'refused') return ITEM_BYTES + REFUSED_BYTES * item.refused.length;
  if (item.kind !== 'announcements') return ITEM_BYTES;
  return item.announcements.reduce((sum, one) => sum + ITEM_BYTES + bytesOfAnnouncement(one), 0);
}

function bytesOfAnnouncement({ record, content }: Announcement): number {
  const { path, entry, vector, lost } = record;
  const texts = path.length + (entry.kind === 'symlink' ? entry.target.length : 0);
  return (content?.length ?? 0) + 2 * texts + VECTOR_ENTRY_BYTES * vector.length + ITEM_BYTES * lost.length;
}
