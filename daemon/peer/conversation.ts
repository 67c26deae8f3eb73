// Drives protocol/session over a Link: bytes in, effects out, time from the Clock. What is said in one turn leaves
// together, in trains of at most 1 MiB. It knows nothing of folders: see peer.ts and join.ts.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { type Decoded, decodeMessage, encodeTrains } from '../../protocol/frame.ts';
import { MAX_ERROR_LENGTH } from '../../protocol/limits.ts';
import type { ErrorMessage, Frame, Join, Joined } from '../../protocol/messages.ts';
import {
  type Beginning,
  type Delivered,
  type EndReason,
  type Negotiated,
  type Now,
  type Session,
  type SessionEffect,
  type SessionEvent,
  type Step,
  begin,
  step,
  wakeAtMs,
} from '../../protocol/session.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Link } from '../ports/link.ts';
import { fillsAlone, free } from '../ports/workers.ts';

const TRAIN_BYTES = 1 << 20;
/** JSON of less than that is sent sooner than packed. */
const LEAST_PACKED_BYTES = 8 << 10;
/** JSON of a frame, about: only to know when a train is full. */
const FRAME_BYTES = 512;

export interface DeliveredFrame {
  readonly message: Delivered;
  readonly payload: Uint8Array | undefined;
}

/** What a JOIN is answered with. */
export interface JoinAnswer {
  readonly message: Joined | Omit<ErrorMessage, 'fatal'>;
  /** With JOINED: digests of its folders. */
  readonly payload?: Uint8Array;
}

/** How a conversation ended. `by` nobody: the connection broke. */
export type Ending =
  | Extract<EndReason, { kind: 'failed' }>
  | { readonly kind: 'done' }
  | { readonly kind: 'broken'; readonly code: ErrorCode | undefined; readonly message: string };

/** Who takes part on our side. What is not expected in a kind of conversation may be left out. */
export interface Party {
  negotiated?(peer: Negotiated): void;
  /** All that came in one WebSocket message. What it throws ends the session: a CodedError with its code. */
  delivered?(frames: readonly DeliveredFrame[]): void;
  judge?(join: Join): void;
  joined?(joined: Joined, payload: Uint8Array | undefined): void;
  drained?(): void;
  /** Once; nothing is received any more. */
  ended(ending: Ending): void;
  /** Once, and last: the connection is gone, too. */
  gone?(): void;
}

export class Conversation {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #party: Party;
  #state: Session = { kind: 'ended' };
  #outbox: Frame[] = [];
  #outboxBytes = 0;
  #flushing = false;
  #ending: Ending | undefined;
  #timer: Timer | undefined;
  #reading = true;
  /** How much had come, and when, at the last look: see #noticeLife. */
  #heardBytes = 0;
  #lookedMs = 0;
  #sent = 0;
  #received = 0;
  #rttMs: number | undefined;
  #leastRttMs: number | undefined;
  #probes: ((alive: boolean) => void)[] = [];

  constructor(link: Link, clock: Clock, party: Party) {
    this.#link = link;
    this.#clock = clock;
    this.#party = party;
    this.#heardBytes = link.receivedBytes;
  }

  /** Once, in the turn in which the link was handed over. The party may be called from here on. */
  start(how: Beginning): void {
    this.#take(begin(how, this.#now()));
    this.#link.onEnd((reason) => this.#onLinkEnd(reason));
    this.#link.onDrain(() => this.#party.drained?.());
    this.#link.onMessage((bytes) => this.#onMessage(bytes));
  }

  /** Bytes that wait to be sent, here and in the link. */
  get queuedBytes(): number {
    return this.#outboxBytes + this.#link.queuedBytes;
  }

  get sentBytes(): number {
    return this.#sent;
  }

  get receivedBytes(): number {
    return this.#received;
  }

  /** Of the last PING that was answered. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Of all of them: what the way itself takes, when nobody is at work. */
  get leastRttMs(): number | undefined {
    return this.#leastRttMs;
  }

  /** Queued; it leaves at the end of this turn, and its payload is given away. After the end it does nothing. */
  send(frame: Frame): void {
    if (this.#state.kind === 'ended') return;
    this.#enqueue(frame);
  }

  /** Tells the peer why, and ends. */
  refuse(code: ErrorCode, message: string): void {
    this.#event({ kind: 'refuse', code, message });
  }

  /** What a JOIN is answered with. Too late is nothing. */
  answer({ message, payload }: JoinAnswer): void {
    if (this.#state.kind !== 'judging') return;
    this.#event({ kind: 'answer', message, ...(payload !== undefined && { payload }) });
  }

  /** Ends without a word: another session takes its place. */
  close(message: string): void {
    if (this.#state.kind === 'ended') return;
    this.#flush();
    this.#event({ kind: 'ended' });
    this.#finish({ kind: 'broken', code: undefined, message });
  }

  /** At once; what is queued may be lost. */
  cut(): void {
    this.#link.terminate('cut');
  }

  setReading(on: boolean): void {
    this.#reading = on;
    if (this.#state.kind !== 'ended') this.#link.setReading(on);
  }

  /** Is anybody there? True as soon as anything comes, false when nothing has within `withinMs`, or at the end. */
  probe(withinMs: number, told: (alive: boolean) => void): void {
    if (this.#state.kind !== 'open') return told(false);
    let timer: Timer | undefined = undefined;
    const once = (alive: boolean): void => {
      timer?.cancel();
      this.#probes = this.#probes.filter((one) => one !== once);
      told(alive);
    };
    timer = this.#clock.after(withinMs, () => once(false));
    this.#probes.push(once);
    // Not one of the session's own PINGs, which count from 1.
    this.send({ message: { type: 'PING', id: 0 }, payload: undefined });
  }

  #onMessage(bytes: Uint8Array): void {
    this.#received += bytes.byteLength;
    this.#heardBytes = this.#link.receivedBytes;
    for (const told of this.#probes) told(true);
    const delivered: DeliveredFrame[] = [];
    for (const decoded of withOwnPayloads(decodeMessage(bytes), bytes)) this.#event(eventOf(decoded), delivered);
    this.#deliver(delivered);
  }

  #deliver(delivered: DeliveredFrame[]): void {
    const frames = delivered.splice(0);
    if (frames.length === 0) return;
    try {
      this.#party.delivered?.(frames);
    } catch (error) {
      // Whoever failed, it is this session that ends: others go on, and a new one begins from the index.
      this.refuse(
        error instanceof CodedError ? error.code : 'E_INTERNAL',
        error instanceof Error ? error.message : String(error),
      );
    }
  }

  #event(event: SessionEvent, delivered: DeliveredFrame[] = []): void {
    this.#take(step(this.#state, event, this.#now()), delivered);
  }

  #take(next: Step, delivered: DeliveredFrame[] = []): void {
    const began = next.state.kind !== this.#state.kind;
    this.#state = next.state;
    for (const effect of next.effects) this.#carryOut(effect, delivered);
    if (began) this.#arm();
  }

  #carryOut(effect: SessionEffect, delivered: DeliveredFrame[]): void {
    switch (effect.kind) {
      case 'send':
        return this.#enqueue({ message: effect.message, payload: effect.payload });
      case 'deliver':
        delivered.push({ message: effect.message, payload: effect.payload });
        return;
      case 'negotiated':
        return this.#party.negotiated?.(effect.peer);
      case 'judge':
        return this.#party.judge?.(effect.join);
      case 'joined':
        return this.#party.joined?.(effect.joined, effect.payload);
      case 'rtt':
        this.#rttMs = effect.ms;
        this.#leastRttMs = Math.min(effect.ms, this.#leastRttMs ?? Infinity);
        return this.#arm(); // the next PING may be due sooner
      case 'end':
        this.#deliver(delivered);
        this.#flush();
        return this.#finish(effect.why);
    }
  }

  #enqueue(frame: Frame): void {
    this.#outbox.push(frame);
    this.#outboxBytes += FRAME_BYTES + (frame.payload?.byteLength ?? 0);
    if (this.#outboxBytes >= TRAIN_BYTES) return this.#flush();
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const frames = this.#outbox;
    this.#outbox = [];
    this.#outboxBytes = 0;
    const payloadBytes = frames.reduce((sum, { payload }) => sum + (payload?.byteLength ?? 0), 0);
    let trains: readonly Uint8Array[];
    try {
      trains = encodeTrains(frames, TRAIN_BYTES);
    } catch (error) {
      // A frame that no peer would take is our own mistake: this session ends, the others go on.
      return this.refuse('E_INTERNAL', error instanceof Error ? error.message : String(error));
    }
    const jsonBytes = trains.reduce((sum, train) => sum + train.byteLength, 0) - payloadBytes;
    // Records are much alike; contents are packed by who reads them, where that pays.
    const packs = jsonBytes >= LEAST_PACKED_BYTES && jsonBytes > payloadBytes;
    // They are in the trains now.
    for (const { payload } of frames) if (payload !== undefined) free(payload);
    for (const train of trains) {
      this.#sent += train.byteLength;
      this.#link.send(train, packs);
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    const wake = wakeAtMs(this.#state);
    if (wake === undefined) return;
    this.#timer = this.#clock.after(Math.max(0, wake - this.#clock.monotonicMs()), () => {
      this.#noticeLife();
      this.#event({ kind: 'tick' });
      this.#arm();
    });
  }

  /**
   * A peer is not silent while a large message of its arrives slowly, nor while it is we who do not read. Bytes that
   * came since the last look came after that look: no later moment is certain, and a dead peer must not gain time.
   */
  #noticeLife(): void {
    const nowMs = this.#clock.monotonicMs();
    const arriving = this.#link.receivedBytes > this.#heardBytes;
    if (this.#state.kind === 'open' && (arriving || !this.#reading)) {
      const heardMs = Math.max(this.#state.heardMs, this.#reading ? this.#lookedMs : nowMs);
      this.#state = { ...this.#state, heardMs };
    }
    this.#heardBytes = this.#link.receivedBytes;
    this.#lookedMs = nowMs;
  }

  #onLinkEnd(reason: string): void {
    const [, code] = /^(E_PEER_SLOW|E_PROTOCOL): /.exec(reason) ?? [];
    this.#event({ kind: 'ended' });
    this.#finish({
      kind: 'broken',
      code: code === 'E_PEER_SLOW' || code === 'E_PROTOCOL' ? code : undefined,
      message: reason.slice(0, MAX_ERROR_LENGTH),
    });
    this.#party.gone?.();
  }

  #finish(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#timer?.cancel();
    this.#link.close(ending.kind === 'done' ? 'done' : ending.message);
    for (const told of this.#probes) told(false);
    this.#party.ended(ending);
  }

  #now(): Now {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.nowMs() };
  }
}

function eventOf(decoded: Decoded): SessionEvent {
  switch (decoded.kind) {
    case 'frame':
      return { kind: 'received', frame: decoded.frame };
    case 'unknown':
      return decoded;
    case 'refused':
      return { kind: 'refuse', code: decoded.code, message: decoded.what };
  }
}

/**
 * Payloads in memory of their own, which can be handed over to a worker, and the message's memory freed: left to the
 * collector, which sees small objects only, a fast transfer would keep some hundred MiB of it.
 */
function withOwnPayloads(frames: readonly Decoded[], bytes: Uint8Array): readonly Decoded[] {
  // A message that is one payload but for its JSON is that payload's own memory already.
  const [only, ...others] = frames;
  const payload = only?.kind === 'frame' ? only.frame.payload : undefined;
  if (others.length === 0 && payload !== undefined && fillsAlone(payload)) return frames;
  const own = frames.map((decoded): Decoded => {
    if (decoded.kind !== 'frame' || decoded.frame.payload === undefined) return decoded;
    return { kind: 'frame', frame: { ...decoded.frame, payload: new Uint8Array(decoded.frame.payload) } };
  });
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0);
  return own;
}
