// The side of a folder that its peers' sessions see: who is connected, what each has said, what each is told.
import { CodedError } from '../../protocol/errors.ts';
import { type DeviceId, type Epoch, type FolderName, NO_SEQUENCE, type Sequence } from '../core/ids.ts';
import {
  type Acknowledgement,
  type Announcement,
  type Backpressure,
  type ChunkAnswer,
  type ChunkRequest,
  type FolderDoor,
  type IndexOffer,
  type PeerLink,
  type RefusedAnnouncement,
  contentBytes,
} from '../ports/peers.ts';
import type { RelativePath } from '../core/path.ts';
import type { FolderSettings, Role } from '../core/settings.ts';
import type { Heard } from '../index/peers.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import { Packing } from '../transfer/packing.ts';
import { Server } from '../transfer/serve.ts';
import type { Agreed } from './agreed.ts';
import { Announcer } from './announce.ts';
import type { FolderContext } from './context.ts';
import { countAnew } from './count-anew.ts';
import { Inbox } from './inbox.ts';
import type { LinkState } from './links.ts';
import { Offers } from './offers.ts';
import { Receiver, type ReceiverParts } from './receive.ts';
import { isInSync } from './waiting.ts';

/** So long after a refusal that others may explain the peer is asked again; each time twice as long, up to an hour. */
const ASK_AGAIN_MS = 15_000;
const LONGEST_ASK_AGAIN_MS = 3_600_000;
/** More contents on their way than this, and the inbox waits. */
const MAX_STAGING = 512;

export interface TalkParts extends ReceiverParts {
  readonly agreed: Agreed;
  readonly fetcher: Fetcher;
  readonly backpressure: Backpressure;
  newEpoch(): Epoch;
  /** No content goes either way, and nothing is announced. */
  isSilent(): boolean;
  /** Our changes up to here may be told: later ones are gathered. */
  mayTell(): Sequence;
  /** A file that a peer asked for is not as the index has it. */
  onStale(path: RelativePath): void;
  /** A peer has said what it has. */
  onPeer(): void;
  /** Something else may be changed on this device from now on. */
  onRole(): void;
  wake(): void;
  onFailure(error: unknown): void;
}

export class Talk implements FolderDoor {
  readonly name: FolderName;
  readonly #context: FolderContext;
  readonly #parts: TalkParts;
  readonly #inbox: Inbox;
  readonly #receiver: Receiver;
  readonly #announcer: Announcer;
  readonly #server: Server;
  readonly #packing: Packing;
  readonly #offers: Offers;
  /** The epoch that the index was opened in: of a later one no older copy can be. */
  readonly #openedIn: Epoch;
  /** How often in a row each peer was asked again. */
  readonly #asked = new Map<DeviceId, number>();
  /** A peer has told something since the index was opened: not all that is new in it was made here. */
  #hasHeard = false;

  constructor(context: FolderContext, parts: TalkParts) {
    this.name = context.name;
    this.#context = context;
    this.#openedIn = context.index.epoch;
    this.#parts = parts;
    this.#inbox = new Inbox(parts.backpressure);
    this.#offers = new Offers(context, parts);
    this.#receiver = new Receiver(context, parts);
    this.#packing = new Packing(context, parts.links);
    const talk = { ...parts, packing: this.#packing };
    this.#announcer = new Announcer(context, talk);
    this.#server = new Server({ ...context, ...talk, receivers: parts.links });
  }

  /** Announcements that have not been taken in. */
  get waiting(): number {
    return this.#inbox.size;
  }

  /** Once the first scan is over: {@link Offers}. */
  open(): void {
    this.#offers.open();
  }

  attach(link: PeerLink): void {
    this.#parts.links.attach(link).heardMs = this.#context.clock.monotonicMs();
    this.#parts.fetcher.attach(link);
    if (this.#offers.isOpen) this.#contain(() => this.#offers.say(link));
    this.#parts.wake();
  }

  /** An index that cannot be asked is this folder's trouble; thrown on, it would end the session of all folders. */
  #contain(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#parts.onFailure(error);
    }
  }

  detach(link: PeerLink): void {
    const { links, fetcher, wake } = this.#parts;
    const state = links.of(link);
    if (state === undefined) return;
    this.#inbox.drop(state);
    links.detach(link);
    fetcher.detach(link);
    this.#server.detach(link);
    wake();
  }

  onIndex(link: PeerLink, offer: IndexOffer): void {
    const { have } = offer;
    const { index } = this.#context;
    if (have?.epoch === index.epoch && have.seq > index.seq && index.epoch !== this.#openedIn)
      throw new CodedError('E_PROTOCOL', 'INDEX: it claims to have what was never announced');
    const state = this.#parts.links.of(link);
    if (state !== undefined) this.#inbox.push(state, { kind: 'index', offer });
    this.#parts.wake();
  }

  #takeIndex(state: LinkState, offer: IndexOffer): void {
    const { index, clock } = this.#context;
    const { link } = state;
    if (offer.have?.epoch === index.epoch && this.#isOlderThan(offer.have)) this.#beginEpoch(link.name);
    const have = index.have(link.device);
    if (have?.epoch !== offer.epoch)
      index.commit({ nowUs: clock.nowUs(), have: [{ peer: link.device, epoch: offer.epoch, seq: NO_SEQUENCE }] });
    // Said again, all that either has told comes in its order all the same: nothing of it is told twice.
    const isAgain = state.theirs?.epoch === offer.epoch;
    state.theirs = offer;
    this.#hearRole(link.device, offer.role ?? 'two-way');
    this.#takeSetting(link, offer);
    if (!isAgain) {
      state.received = have?.epoch === offer.epoch ? have.seq : NO_SEQUENCE;
      state.restart(offer.have?.epoch === index.epoch ? offer.have.seq : NO_SEQUENCE);
      state.liveFrom = index.seq;
      state.wasEmpty = offer.entries === 0;
      this.#offers.heard(state, offer);
    }
    this.#parts.onPeer();
  }

  /** A later epoch than the one that was opened is of this process: nobody knows more of it. */
  #isOlderThan(heard: Heard): boolean {
    const { index } = this.#context;
    return heard.seq > index.seq || (index.epoch === this.#openedIn && !index.hasSaid(heard));
  }

  #hearRole(device: DeviceId, role: Role): void {
    const { roles, refused, onRole } = this.#parts;
    const { here } = roles;
    if (!roles.hear(device, role)) return;
    refused.clear();
    if (roles.here !== here) onRole();
  }

  /** Who may not change every file may not change what holds for all of them: it has what it is told. */
  #takeSetting(link: PeerLink, { common, role = 'two-way' }: IndexOffer): void {
    const { agreed, roles } = this.#parts;
    if (common === undefined) return;
    if (role !== 'two-way') agreed.obey(common);
    else if (roles.granted(link.device) === 'two-way') agreed.hear(common);
  }

  /** A peer has heard of changes of ours that we do not know: our index is an older copy. No number is given twice. */
  #beginEpoch(peer: string): void {
    const { index, log } = this.#context;
    log.warn('the index is older than what a peer knows of it; begins a new epoch', { peer });
    const epoch = this.#parts.newEpoch();
    if (!this.#hasHeard) countAnew(this.#context, epoch);
    index.beginEpoch(epoch);
    for (const state of this.#parts.links.all) {
      state.restart(NO_SEQUENCE);
      if (this.#offers.isHeardBy(state)) this.#offers.say(state.link);
    }
  }

  onAnnounce(link: PeerLink, announcements: readonly Announcement[]): void {
    const state = this.#parts.links.of(link);
    if (state === undefined) return;
    this.#inbox.push(state, { kind: 'announcements', announcements });
    this.#parts.wake();
  }

  onAcknowledge(link: PeerLink, ack: Acknowledgement): void {
    const state = this.#parts.links.of(link);
    if (state !== undefined) this.#inbox.push(state, { kind: 'ack', ack });
    this.#parts.wake();
  }

  onRequest(link: PeerLink, request: ChunkRequest): void {
    if (this.#parts.isSilent()) link.answer({ request: request.request, kind: 'later' });
    else this.#contain(() => this.#server.onRequest(link, request));
  }

  onAnswer(link: PeerLink, answer: ChunkAnswer): void {
    this.#parts.fetcher.onAnswer(link, answer);
  }

  onRefused(link: PeerLink, refused: readonly RefusedAnnouncement[]): void {
    const state = this.#parts.links.of(link);
    if (state !== undefined && refused.length > 0) this.#inbox.push(state, { kind: 'refused', refused });
    this.#parts.wake();
  }

  onDrain(link: PeerLink): void {
    this.#packing.look(link);
    this.#server.pump(link);
    const state = this.#parts.links.of(link);
    // Before INDEX the peer passes over what it is told.
    if (state !== undefined && this.#offers.isHeardBy(state)) this.#announcer.pump(state);
  }

  /** Takes in what one peer said next. False when nobody has said anything. It stays in the inbox until it is in the index. */
  receive(): boolean {
    const { fetcher, isSilent } = this.#parts;
    if (fetcher.active > MAX_STAGING || fetcher.isFull) return false;
    const next = this.#inbox.peek();
    if (next === undefined) return false;
    const { state, item } = next;
    if (item.kind === 'index') this.#takeIndex(state, item.offer);
    else if (item.kind === 'ack') this.#takeAck(state, item.ack);
    else if (item.kind === 'refused') this.#parts.refused.hear(item.refused);
    else if (state.theirs !== undefined) {
      state.heardMs = this.#context.clock.monotonicMs();
      this.#hasHeard = true;
      this.#countContents(state, item.announcements);
      const { wants, contents, changedWants } = this.#receiver.receive(state, item.announcements);
      for (const path of changedWants) fetcher.drop(path);
      for (const want of wants) fetcher.wanted(want);
      for (const { record } of item.announcements) fetcher.announced(state.link, record);
      if (!isSilent()) for (const { record, bytes, packed } of contents) fetcher.offer(record, bytes, packed);
    }
    this.#inbox.done(state);
    return true;
  }

  /**
   * While the disk is at work on `busy` paths, what a peer says next of others is decided on: it changes nothing of them, and
   * nothing that was decided for them.
   */
  receiveBeside(busy: ReadonlySet<RelativePath>): void {
    const next = this.#inbox.peek();
    if (next?.item.kind !== 'announcements') return;
    const isOfThem = next.item.announcements.some(
      ({ record, movedFrom }) => busy.has(record.path) || (movedFrom !== undefined && busy.has(movedFrom)),
    );
    if (!isOfThem) this.#contain(() => this.receive());
  }

  #countContents({ link }: LinkState, announcements: readonly Announcement[]): void {
    const bytes = contentBytes(announcements);
    if (bytes > 0) this.#context.traffic.down.spent(this.name, link.device, bytes);
  }

  #takeAck(state: LinkState, ack: Acknowledgement): void {
    const { index, clock } = this.#context;
    const { theirs } = state;
    const peer = state.link.device;
    const isOfThis = ack.epoch === index.epoch;
    if (isOfThis) state.onAcknowledge(ack);
    const isNew = theirs !== undefined && ack.announced > state.received;
    // Most of them say nothing new, and a commit waits for the disk.
    const before = index.holds(peer);
    const isHeld = before?.epoch === ack.epoch && before.seq === ack.held;
    const peerHolds = isOfThis && !isHeld ? [{ peer, epoch: ack.epoch, seq: ack.held }] : [];
    const have = isNew ? [{ peer, epoch: theirs.epoch, seq: state.lastingOf(ack.announced), run: theirs.run }] : [];
    if (peerHolds.length > 0 || isNew) index.commit({ nowUs: clock.nowUs(), peerHolds, have });
    if (isNew) state.received = ack.announced;
  }

  /** What is new for each peer, and how far we have got with what it said. True when one of them is in sync with us. */
  tell(): boolean {
    const { index } = this.#context;
    let inSync = false;
    this.#offers.sayAgain();
    for (const state of this.#parts.links.all) {
      if (state.theirs === undefined || !this.#offers.isHeardBy(state)) continue;
      this.#acknowledge(state, state.theirs.epoch);
      inSync ||= this.#offers.isOpen && isInSync(state, index);
      this.#announcer.pump(state);
      this.#askAgain(state);
    }
    return inSync;
  }

  /** Once others have had time to tell what it was made over, what was refused for that is judged again. */
  #askAgain({ unsure, link, caughtUp }: LinkState): void {
    const asked = this.#asked.get(link.device) ?? 0;
    if (unsure === undefined) {
      if (caughtUp) this.#asked.delete(link.device);
      return;
    }
    const waitMs = Math.min(ASK_AGAIN_MS * 2 ** asked, LONGEST_ASK_AGAIN_MS);
    if (this.#context.clock.monotonicMs() - unsure.sinceMs < waitMs) return;
    this.#asked.set(link.device, asked + 1);
    link.reopen();
  }

  settingsChanged(before: FolderSettings): void {
    const { agreed, roles } = this.#parts;
    const { peers } = this.#context.settings();
    agreed.takeProposal(new Set());
    for (const device of before.peers.keys()) if (!peers.has(device)) this.#context.index.forgetPeer(device);
    for (const device of peers.keys())
      if (roles.granted(device, before) !== roles.granted(device)) this.#roleHasChanged(device);
  }

  /** A peer may do something else from now on: it tells all that it has again, and that is judged anew. */
  #roleHasChanged(device: DeviceId): void {
    const { index, clock } = this.#context;
    const { links, fetcher, litter } = this.#parts;
    // What it alone wanted here it announces again, and it may not be wanted any more.
    const unwant: RelativePath[] = [];
    for (const { record, sources } of index.wantedAll()) {
      if (sources.length === 0 || sources.some(({ peer }) => peer !== device)) continue;
      unwant.push(record.path);
      litter.add(record);
    }
    index.commit({ nowUs: clock.nowUs(), unwant });
    for (const path of unwant) fetcher.drop(path);
    index.forgetPeer(device);
    this.#parts.refused.clear();
    this.#asked.delete(device);
    links.byDevice(device)?.link.reopen();
  }

  #acknowledge(state: LinkState, epoch: Epoch): void {
    const { index } = this.#context;
    const { link, received, cursor: announced, lastAck: last } = state;
    const all = Math.min(received, (index.lowestWanted(link.device) ?? Infinity) - 1) as Sequence;
    // What is ignored counts as held: while that is being decided, no more is said than was.
    const isSure = this.#parts.filtering.isSettled;
    const held = isSure ? state.confirmable(all, index.seq) : (Math.min(all, last?.held ?? NO_SEQUENCE) as Sequence);
    const { skipped } = index.wantedCounts();
    const isSame = last?.received === received && last.held === held && last.announced === announced;
    if (isSame && last.skipped === skipped && last.epoch === epoch) return;
    state.lastAck = { epoch, received, held, skipped, announced };
    link.acknowledge(state.lastAck);
  }
}
