// One connected session between two folders in memory, at the level of ports/peers: values are cloned, arrive late, in
// their order, or not at all once the session is cut.
import type { DeviceId } from '../../daemon/core/ids.ts';
import type { Clock } from '../../daemon/ports/clock.ts';
import type {
  Acknowledgement,
  Announcement,
  ChunkAnswer,
  ChunkRequest,
  FolderDoor,
  IndexOffer,
  PeerLink,
  RefusedAnnouncement,
} from '../../daemon/ports/peers.ts';
import { copied } from './copied.ts';
import type { SeededRandom } from './random.ts';

const DRAIN_BYTES = 256 << 10;
/** What a message without content counts for in a queue. */
const MESSAGE_BYTES = 200;

export interface Party {
  readonly device: DeviceId;
  readonly name: string;
  readonly door: FolderDoor;
}

type Message =
  | { readonly kind: 'index'; readonly offer: IndexOffer }
  | { readonly kind: 'announce'; readonly announcements: readonly Announcement[] }
  | { readonly kind: 'ack'; readonly ack: Acknowledgement }
  | { readonly kind: 'request'; readonly request: ChunkRequest }
  | { readonly kind: 'answer'; readonly answer: ChunkAnswer }
  | { readonly kind: 'refused'; readonly refused: readonly RefusedAnnouncement[] };

/** Who sends what to whom, in words. */
type OnMessage = (
  kind: Message['kind'],
  what: { readonly from: string; readonly to: string; readonly text: () => string },
) => void;

export class SimulatedSession {
  readonly #ends: readonly [End, End];
  #open = true;

  /**
   * Attaches both sides, one a little after the other. `onMessage` is told of every message that is sent. One
   * announcement in `doubledOneIn` is taken in twice.
   */
  constructor(
    a: Party,
    b: Party,
    clock: Clock,
    random: SeededRandom,
    { maxDelayMs, doubledOneIn }: { readonly maxDelayMs: number; readonly doubledOneIn?: number | undefined },
    onMessage: OnMessage,
  ) {
    const doubles = (): boolean => doubledOneIn !== undefined && random.oneIn(doubledOneIn);
    const delay = (): number => random.below(maxDelayMs + 1);
    const toB = new End(b, a, clock, { delay, doubles }, onMessage);
    const toA = new End(a, b, clock, { delay, doubles }, onMessage);
    toB.other = toA;
    toA.other = toB;
    this.#ends = [toA, toB];
    for (const end of this.#ends) clock.after(delay(), () => end.attach());
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Messages on their way. */
  get inFlight(): number {
    return this.#ends.reduce((sum, end) => sum + end.inFlight, 0);
  }

  cut(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const end of this.#ends) end.end();
  }

  /** ports/peers, Backpressure: what goes to this device waits, or arrives again. */
  setReading(device: DeviceId, on: boolean): void {
    for (const end of this.#ends) if (end.reader === device) end.setReading(on);
  }
}

interface Chance {
  readonly delay: () => number;
  /** Whether what is said is taken in twice. */
  readonly doubles: () => boolean;
}

/** The way from one side to the other. It is the PeerLink of the side that sends. */
class End implements PeerLink {
  readonly device: DeviceId;
  readonly name: string;
  readonly leastRttMs = undefined;
  readonly #to: Party;
  readonly #from: Party;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #onMessage: OnMessage;
  readonly #queue: { readonly message: Message; readonly bytes: number; arrived: boolean }[] = [];
  /** The way back. */
  other: End | undefined;
  #queuedBytes = 0;
  #lastDueMs = 0;
  #attached = false;
  #ended = false;
  #reading = true;

  constructor(to: Party, from: Party, clock: Clock, chance: Chance, onMessage: OnMessage) {
    this.device = to.device;
    this.name = to.name;
    this.#to = to;
    this.#from = from;
    this.#clock = clock;
    this.#chance = chance;
    this.#onMessage = onMessage;
  }

  /** Who receives what is sent here. */
  get reader(): DeviceId {
    return this.#to.device;
  }

  get inFlight(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The sender's side learns of the session; what came for it meanwhile arrives. */
  attach(): void {
    if (this.#ended) return;
    this.#attached = true;
    this.#from.door.attach(this);
    this.other?.deliver();
  }

  end(): void {
    this.#ended = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    if (this.#attached) this.#from.door.detach(this);
    this.#attached = false;
  }

  setReading(on: boolean): void {
    this.#reading = on;
    if (on) this.deliver();
  }

  sendIndex(offer: IndexOffer): void {
    this.#send({ kind: 'index', offer }, 0);
  }

  announce(announcements: readonly Announcement[]): void {
    const bytes = announcements.reduce((sum, { content }) => sum + (content?.length ?? 0) + MESSAGE_BYTES, 0);
    this.#send({ kind: 'announce', announcements }, bytes);
  }

  acknowledge(ack: Acknowledgement): void {
    this.#send({ kind: 'ack', ack }, 0);
  }

  request(request: ChunkRequest): void {
    this.#send({ kind: 'request', request }, 0);
  }

  answer(answer: ChunkAnswer): void {
    this.#send({ kind: 'answer', answer }, 'payload' in answer ? answer.payload.length : 0);
  }

  refuse(refused: readonly RefusedAnnouncement[]): void {
    this.#send({ kind: 'refused', refused }, 0);
  }

  /** What is on its way is about something older, and is lost: both sides say INDEX again. */
  reopen(): void {
    const back = this.other;
    if (back === undefined || this.#ended) return;
    for (const end of [this, back]) {
      end.#queue.length = 0;
      end.#queuedBytes = 0;
      if (end.#attached) end.#from.door.detach(end);
      if (end.#attached) end.#from.door.attach(end);
    }
  }

  #send(message: Message, bytes: number): void {
    if (this.#ended) return;
    this.#onMessage(message.kind, { from: this.#from.name, to: this.#to.name, text: () => tellMessage(message) });
    const queued = { message: copied(message), bytes: bytes + MESSAGE_BYTES, arrived: false };
    this.#queue.push(queued);
    this.#queuedBytes += queued.bytes;
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#clock.monotonicMs() + this.#chance.delay());
    this.#clock.after(this.#lastDueMs - this.#clock.monotonicMs(), () => {
      queued.arrived = true;
      this.deliver();
    });
  }

  /** Hands over what has arrived, as far as the other side is there and reads. */
  deliver(): void {
    const back = this.other;
    if (back === undefined) return;
    while (!this.#ended && this.#reading && back.#attached) {
      const next = this.#queue[0];
      if (next?.arrived !== true) return;
      this.#queue.shift();
      const before = this.#queuedBytes;
      this.#queuedBytes -= next.bytes;
      this.#hand(next.message, back);
      if (before >= DRAIN_BYTES && this.#queuedBytes < DRAIN_BYTES && !this.#ended) this.#from.door.onDrain(this);
    }
  }

  #hand(message: Message, link: End): void {
    const { door } = this.#to;
    switch (message.kind) {
      case 'index':
        door.onIndex(link, message.offer);
        return;
      case 'announce':
        if (this.#chance.doubles()) door.onAnnounce(link, copied(message.announcements));
        door.onAnnounce(link, message.announcements);
        return;
      case 'ack':
        door.onAcknowledge(link, message.ack);
        return;
      case 'request':
        door.onRequest(link, message.request);
        return;
      case 'answer':
        door.onAnswer(link, message.answer);
        return;
      case 'refused':
        door.onRefused(link, message.refused);
        return;
    }
  }
}

function tellMessage(message: Message): string {
  switch (message.kind) {
    case 'index':
      return `at ${message.offer.seq} of ${message.offer.epoch}, has ${message.offer.have?.seq ?? 'nothing'}`;
    case 'announce':
      return message.announcements
        .map(({ seq, record, content }) => {
          const { path, entry, vector, stamp } = record;
          const counts = vector.map(([epoch, count]) => `${epoch.slice(0, 3)}${count % 1e7}`).join(',');
          return `${seq % 1e9} ${path} ${entry.kind} {${counts}} ${stamp % 1e7}${content === undefined ? '' : ' with content'}`;
        })
        .join('; ');
    case 'ack':
      return `received ${message.ack.received % 1e9}, held ${message.ack.held % 1e9}, announced ${message.ack.announced % 1e9}`;
    case 'request':
      return `${message.request.request} ${message.request.path}`;
    case 'answer':
      return `${message.answer.request} ${message.answer.kind}`;
    case 'refused':
      return message.refused.map(({ seq, held }) => `${seq % 1e9}${held ? ' held' : ''}`).join(', ');
  }
}
