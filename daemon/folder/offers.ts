// INDEX: what this folder says of itself to each peer, and when. Before the first scan is over it would look as if we had
// nothing. Only a peer that never had anything, and so can say nothing of what is not scanned yet, hears INDEX before, and
// with it all that the scan finds, as it finds it: a first sync does not wait for the scan.
import { type CommonSetting, sameSetting } from '../core/common-setting.ts';
import { type DeviceId, NO_SEQUENCE, type Sequence } from '../core/ids.ts';
import type { IndexOffer, PeerLink } from '../ports/peers.ts';
import type { Agreed } from './agreed.ts';
import type { FolderContext } from './context.ts';
import type { LinkState, Links } from './links.ts';
import type { Roles } from './roles.ts';

export interface OffersParts {
  readonly links: Links;
  readonly roles: Roles;
  readonly agreed: Agreed;
}

export class Offers {
  readonly #context: FolderContext;
  readonly #parts: OffersParts;
  #isOpen = false;

  constructor(context: FolderContext, parts: OffersParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** The first scan is over. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  isHeardBy(state: LinkState): boolean {
    return this.#isOpen || state.hearsScan;
  }

  /** From now on to all that are connected and to all that come. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const state of this.#parts.links.all) {
      // What the first scan has found was there before: a peer that has said what it holds may have it too.
      state.liveFrom = this.#context.index.seq;
      this.say(state.link);
    }
  }

  /** A peer has said its own, for the first time in this epoch of it. */
  heard(state: LinkState, { entries, seq }: IndexOffer): void {
    if (this.#isOpen || entries > 0 || seq !== NO_SEQUENCE) return;
    state.hearsScan = true;
    // Contents go along with all that is found, as into any empty folder.
    state.liveFrom = Number.MAX_SAFE_INTEGER as Sequence;
    this.say(state.link);
  }

  say(link: PeerLink): void {
    const offer = this.#offerTo(link);
    const state = this.#parts.links.of(link);
    if (state !== undefined) {
      state.said = { asks: offer.asks === true, common: offer.common };
      // Who hears INDEX may forget what we have confirmed.
      state.lastAck = undefined;
    }
    link.sendIndex(offer);
  }

  /**
   * Limits or the common setting may be others: then INDEX is said again, to who has said its own. To who has not, ours asks
   * for a reply, and a second one would be taken for a beginning.
   */
  sayAgain(): void {
    const { links, agreed } = this.#parts;
    for (const { link, theirs, said } of links.all) {
      if (theirs === undefined || said === undefined) continue;
      if (said.asks !== this.#asks(link.device) || !sameSetting(said.common, agreed.now)) this.say(link);
    }
  }

  #offerTo(link: PeerLink): IndexOffer & { readonly common: CommonSetting } {
    const { index } = this.#context;
    const role = this.#parts.roles.granted(link.device);
    const { entries } = index.counts();
    const common = this.#parts.agreed.now;
    const have = index.have(link.device);
    const { epoch, seq } = index;
    const offer = { epoch, seq, run: index.run.name, entries, have, role, common, zstd: true, parts: true };
    return {
      ...offer,
      ...(this.#asks(link.device) ? { asks: true } : {}),
      // Whatever is found in the end, it is not to be sent what an empty folder is sent.
      ...(this.#isOpen ? {} : { scanning: true, entries: Math.max(1, entries) }),
    };
  }

  /** What comes is limited: contents are asked for one by one. */
  #asks(device: DeviceId): boolean {
    return this.#context.traffic.down.isLimited(this.#context.name, device);
  }
}
