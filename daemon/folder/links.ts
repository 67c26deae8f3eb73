// What one folder knows of one connected peer, for as long as the connection lasts.
import type { CommonSetting } from '../core/common-setting.ts';
import { type DeviceId, NO_SEQUENCE, type Sequence } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Acknowledgement, IndexOffer, PeerLink } from '../ports/peers.ts';

/** Announced and not yet confirmed as received: bounds what the other side has to keep in mind. */
const WINDOW_RECORDS = 4096;
const WINDOW_BYTES = 16 << 20;
/** Sequences that the peer need not be told; more are told all the same. */
const MAX_KNOWN = 100_000;
/** Of more, those that were refused later are not announced again. */
const MAX_REFUSED = 10_000;
/** A peer that has more to tell, and tells nothing for so long, is not waited for. */
const SILENT_MS = 30_000;

export class LinkState {
  readonly link: PeerLink;
  /** The peer's INDEX; undefined until it has come: before that nothing is announced. */
  theirs: IndexOffer | undefined;
  /** Ours up to here has been announced, or is known to be there. */
  cursor: Sequence = NO_SEQUENCE;
  /** Ours that came over this very link, or that the peer has announced itself. */
  readonly known = new Set<Sequence>();
  /** The peer's own: received up to here, of its present epoch. */
  received: Sequence = NO_SEQUENCE;
  /** What was announced from here on is to be heard again: see {@link LinkState.askAgainFrom}. */
  unsure: { readonly seq: Sequence; readonly sinceMs: number } | undefined;
  /** When it has told something last, or connected: monotonic ms. */
  heardMs = Number.NEGATIVE_INFINITY;
  /** What the peer has confirmed of ours. */
  acked: { received: Sequence; held: Sequence } = { received: NO_SEQUENCE, held: NO_SEQUENCE };
  /** Our sequence when the peer's INDEX came: what is newer happened since, and its content may go along. */
  liveFrom: Sequence = NO_SEQUENCE;
  /** It held nothing then. */
  wasEmpty = false;
  /** It is told what our first scan has found so far. */
  hearsScan = false;
  /** The last ACK sent: the same is not sent twice. */
  lastAck: Acknowledgement | undefined;
  pumping = false;
  /** What our last INDEX has said of us that may change. */
  said: { readonly asks: boolean; readonly common: CommonSetting } | undefined;
  /** What we hold of the peer's may be said up to here … */
  #sayable: Sequence = NO_SEQUENCE;
  /** … and up to there, once ours up to `after` is announced. */
  #due: { readonly held: Sequence; readonly after: Sequence } | undefined;
  readonly #refused = new Map<RelativePath, Sequence>();
  readonly #sent: { readonly seq: Sequence; readonly records: number; readonly bytes: number }[] = [];
  #sentRecords = 0;
  #sentBytes = 0;

  constructor(link: PeerLink) {
    this.link = link;
  }

  /** It may be sent contents that are packed. */
  get takesPacked(): boolean {
    return this.theirs?.zstd === true;
  }

  /** It may be sent one range as several answers. */
  get takesParts(): boolean {
    return this.theirs?.parts === true;
  }

  /** All that the peer had when it connected has come. */
  get caughtUp(): boolean {
    return this.theirs !== undefined && this.theirs.scanning !== true && this.received >= this.theirs.seq;
  }

  /** Received for good: what is before it need never be announced again. */
  get lasting(): Sequence {
    return this.lastingOf(this.received);
  }

  /** The same, were this what has been received. */
  lastingOf(received: Sequence): Sequence {
    const again = [this.unsure?.seq ?? Infinity, ...this.#refused.values()].reduce((a, b) => Math.min(a, b));
    return Math.min(received, again - 1) as Sequence;
  }

  /** It is announced again in the next connection, and refused again: in this one the refusal may never have come. */
  refused(path: RelativePath, seq: Sequence): void {
    if (this.#refused.size < MAX_REFUSED) this.#refused.set(path, seq);
  }

  /** The peer has said something else of it since. */
  notRefused(path: RelativePath): void {
    this.#refused.delete(path);
  }

  /** Something was refused that was made over what others have not told us yet: once they have, it is judged again. */
  askAgainFrom(seq: Sequence, nowMs: number): void {
    this.unsure = { seq: Math.min(seq, this.unsure?.seq ?? seq) as Sequence, sinceMs: this.unsure?.sinceMs ?? nowMs };
  }

  get hasRoom(): boolean {
    return this.#sentRecords < WINDOW_RECORDS && this.#sentBytes < WINDOW_BYTES;
  }

  /** Whether contents may go along with announcements now. */
  get hasRoomForContent(): boolean {
    return this.#sentBytes < WINDOW_BYTES;
  }

  sent(seq: Sequence, records: number, bytes: number): void {
    this.#sent.push({ seq, records, bytes });
    this.#sentRecords += records;
    this.#sentBytes += bytes;
  }

  onAcknowledge(ack: Acknowledgement): void {
    this.acked = { received: ack.received, held: ack.held };
    for (let first = this.#sent[0]; first !== undefined && first.seq <= ack.received; first = this.#sent[0]) {
      this.#sent.shift();
      this.#sentRecords -= first.records;
      this.#sentBytes -= first.bytes;
    }
  }

  /**
   * How much of what we hold of the peer's may be confirmed now. What it has sent may have made us change something: it
   * must hear of that first, or it would believe that all is as it left it.
   * @param held what we hold of the peer's sequences
   * @param ours our own latest sequence
   */
  confirmable(held: Sequence, ours: Sequence): Sequence {
    if (this.#due !== undefined && this.cursor >= this.#due.after) {
      this.#sayable = this.#due.held;
      this.#due = undefined;
    }
    if (this.cursor >= ours) this.#sayable = held;
    else this.#due ??= { held, after: ours };
    return Math.min(held, this.#sayable) as Sequence;
  }

  /** The peer has this one already. */
  knows(seq: Sequence): void {
    if (this.known.size < MAX_KNOWN) this.known.add(seq);
  }

  /** Begins anew after either side's INDEX. */
  restart(from: Sequence): void {
    this.cursor = from;
    this.acked = { received: NO_SEQUENCE, held: NO_SEQUENCE };
    this.lastAck = undefined;
    this.#sayable = NO_SEQUENCE;
    this.#due = undefined;
    this.#sent.length = 0;
    this.#sentRecords = 0;
    this.#sentBytes = 0;
  }
}

/** All connected peers of one folder. */
export class Links {
  readonly #states = new Map<PeerLink, LinkState>();
  #all: readonly LinkState[] = [];

  attach(link: PeerLink): LinkState {
    const state = new LinkState(link);
    this.#states.set(link, state);
    this.#all = [...this.#states.values()];
    return state;
  }

  detach(link: PeerLink): void {
    this.#states.delete(link);
    this.#all = [...this.#states.values()];
  }

  of(link: PeerLink): LinkState | undefined {
    return this.#states.get(link);
  }

  byDevice(device: DeviceId): LinkState | undefined {
    for (const state of this.#states.values()) if (state.link.device === device) return state;
    return undefined;
  }

  get all(): readonly LinkState[] {
    return this.#all;
  }

  /** Every peer that is connected has told all that it had, or says nothing more: nobody is waited for for ever. */
  areCaughtUp(nowMs: number): boolean {
    return this.all.every((state) => state.caughtUp || nowMs - state.heardMs > SILENT_MS);
  }
}
