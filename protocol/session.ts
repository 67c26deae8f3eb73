// One session as a state machine: what may be said when, who is alive, when it is over. It sends nothing and waits for
// nothing; daemon/peer/peer.ts carries its effects out, in their order, and gives it what happens.
//
//   begin: dial ──► greeting ── HELLO ──► open ── fatal ERROR, silence, refusal, end of the link ──► ended
//                                          ▲                                                           ▲
//   begin: accept ► accepting ── HELLO ────┘                                                           │
//                       └─────── JOIN ──► judging ── answer ───────────────────────────────────────────┤
//                                            └── answer with digests ──► answered ── end of the link ──┤
//   begin: join ──► joining ── JOINED or ERROR ────────────────────────────────────────────────────────┘
//
// The device that dialled speaks first, so that a stranger is told nothing. A message that a state does not name ends
// the session with E_PROTOCOL; before `open` so does an unknown type, and silence ends it at a deadline.
import type { ErrorCode } from './errors.ts';
import { isErrorCode } from './errors.ts';
import {
  DIGEST_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_ERROR_LENGTH,
  EARLY_PINGS,
  EARLY_PING_INTERVAL_MS,
  PING_INTERVAL_MS,
  SILENCE_TIMEOUT_MS,
} from './limits.ts';
import type { ErrorMessage, Frame, Hello, Join, Joined, Message } from './messages.ts';

/** The versions of the protocol that this program speaks. */
export const PROTOCOL: Hello['protocol'] = { min: 1, max: 1 };

/** What we say of ourselves in HELLO; the time is put in when it is sent. */
export type Greeting = Omit<Hello, 'type' | 'nowMs'>;

export type Session =
  /** We dialled a peer and said HELLO. */
  | { readonly kind: 'greeting'; readonly self: Greeting; readonly deadlineMs: number }
  /** We dialled an inviter and said JOIN. */
  | { readonly kind: 'joining'; readonly deadlineMs: number }
  /** We were dialled. `paired`: by a device that we know; it may also JOIN, for one more folder. */
  | { readonly kind: 'accepting'; readonly self: Greeting; readonly paired: boolean; readonly deadlineMs: number }
  /** A JOIN waits for the event `answer`. */
  | { readonly kind: 'judging'; readonly deadlineMs: number }
  /** Digests are on their way, over a slow link perhaps: the joining device ends the link when it has them. */
  | { readonly kind: 'answered'; readonly deadlineMs: number }
  | {
      readonly kind: 'open';
      /** When something last came. */
      readonly heardMs: number;
      readonly nextPingMs: number;
      /** The last PING, until its PONG comes. */
      readonly ping: { readonly id: number; readonly sentMs: number } | undefined;
      readonly pings: number;
    }
  | { readonly kind: 'ended' };

/** How a session begins, over a link that is there. `startedMs` (monotonic): when the connection was begun or accepted. */
export type Beginning =
  | { readonly kind: 'dial'; readonly self: Greeting; readonly startedMs: number }
  | { readonly kind: 'join'; readonly join: Omit<Join, 'type'>; readonly startedMs: number }
  | { readonly kind: 'accept'; readonly self: Greeting; readonly paired: boolean; readonly startedMs: number };

export type SessionEvent =
  | { readonly kind: 'received'; readonly frame: Frame }
  /** The decoder found a type that it does not know. */
  | { readonly kind: 'unknown'; readonly what: string }
  /** We end it: the decoder refused what came, or the peer was removed. The peer is told. */
  | { readonly kind: 'refuse'; readonly code: ErrorCode; readonly message: string }
  /** What a JOIN is answered with; the session is over then, or when what it carries has arrived. */
  | { readonly kind: 'answer'; readonly message: Joined | Omit<ErrorMessage, 'fatal'>; readonly payload?: Uint8Array }
  /** Time has passed: see {@link wakeAtMs}. */
  | { readonly kind: 'tick' }
  /** The link is gone. */
  | { readonly kind: 'ended' };

/** The messages that belong to the layer above. */
export type Delivered = Exclude<Message, { type: 'HELLO' | 'JOIN' | 'JOINED' | 'PING' | 'PONG' }>;

export type SessionEffect =
  | { readonly kind: 'send'; readonly message: Message; readonly payload?: Uint8Array }
  /** The session is open: from here on the layer above may send. */
  | { readonly kind: 'negotiated'; readonly peer: Negotiated }
  | { readonly kind: 'deliver'; readonly message: Delivered; readonly payload: Uint8Array | undefined }
  /** Give an `answer` to it. */
  | { readonly kind: 'judge'; readonly join: Join }
  | { readonly kind: 'joined'; readonly joined: Joined; readonly payload: Uint8Array | undefined }
  | { readonly kind: 'rtt'; readonly ms: number }
  /** Send what is queued, then end the link. Always the last effect, and once. Not given when the link ended by itself. */
  | { readonly kind: 'end'; readonly why: EndReason };

export interface Negotiated {
  readonly version: number;
  readonly program: string;
  readonly name: string;
  readonly boot: string;
  /** The peer's wall clock minus ours; too small by the time that HELLO travelled. */
  readonly clockOffsetMs: number;
}

export type EndReason =
  /** A JOIN was answered. */
  | { readonly kind: 'done' }
  /** `by` tells who found the fault. */
  | { readonly kind: 'failed'; readonly by: 'us' | 'peer'; readonly code: ErrorCode; readonly message: string };

export interface Step {
  readonly state: Session;
  readonly effects: readonly SessionEffect[];
}

/** Both clocks of ports/clock.ts: durations go by the monotonic one, HELLO tells the other. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function begin(how: Beginning, now: Now): Step {
  const deadlineMs = how.startedMs + (how.kind === 'join' ? timeToAnswerMs(how.join) : HANDSHAKE_TIMEOUT_MS);
  switch (how.kind) {
    case 'dial':
      return { state: { kind: 'greeting', self: how.self, deadlineMs }, effects: [send(hello(how.self, now))] };
    case 'join':
      return { state: { kind: 'joining', deadlineMs }, effects: [send({ type: 'JOIN', ...how.join })] };
    case 'accept':
      return { state: { kind: 'accepting', self: how.self, paired: how.paired, deadlineMs }, effects: [] };
  }
}

/** What follows from one event. After `ended` nothing does. */
export function step(state: Session, event: SessionEvent, now: Now): Step {
  if (state.kind === 'ended') return { state, effects: [] };
  switch (event.kind) {
    case 'received':
      return receive(state, event.frame, now);
    case 'unknown':
      if (state.kind !== 'open') return fail('E_PROTOCOL', `${event.what} before the session was open`);
      return {
        state: { ...state, heardMs: now.monotonicMs },
        effects: [send({ type: 'ERROR', code: 'E_UNKNOWN_TYPE', message: event.what, fatal: false })],
      };
    case 'refuse':
      return fail(event.code, event.message);
    case 'answer':
      return answer(state, event.message, event.payload, now);
    case 'tick':
      return tick(state, now.monotonicMs);
    case 'ended':
      return { state: { kind: 'ended' }, effects: [] };
  }
}

/** Monotonic time at which the next tick has something to do; undefined: never. A later or additional tick does no harm. */
export function wakeAtMs(state: Session): number | undefined {
  switch (state.kind) {
    case 'greeting':
    case 'joining':
    case 'accepting':
    case 'judging':
    case 'answered':
      return state.deadlineMs;
    case 'open':
      return Math.min(state.nextPingMs, state.heardMs + SILENCE_TIMEOUT_MS);
    case 'ended':
      return undefined;
  }
}

type Live = Exclude<Session, { kind: 'ended' }>;
type Open = Extract<Session, { kind: 'open' }>;

function receive(state: Live, frame: Frame, now: Now): Step {
  const { message } = frame;
  if (message.type === 'ERROR' && message.fatal) return endedByPeer(message);
  switch (state.kind) {
    case 'greeting':
      return message.type === 'HELLO' ? open(state.self, message, [], now) : outOfPlace(message);
    case 'accepting':
      if (message.type === 'JOIN')
        return {
          state: { kind: 'judging', deadlineMs: state.deadlineMs - HANDSHAKE_TIMEOUT_MS + timeToAnswerMs(message) },
          effects: [{ kind: 'judge', join: message }],
        };
      if (message.type !== 'HELLO') return outOfPlace(message);
      if (!state.paired) return fail('E_NOT_TRUSTED', 'this device is not paired here');
      return open(state.self, message, [send(hello(state.self, now))], now);
    case 'joining':
      if (message.type !== 'JOINED') return outOfPlace(message);
      return {
        state: { kind: 'ended' },
        effects: [{ kind: 'joined', joined: message, payload: frame.payload }, end({ kind: 'done' })],
      };
    case 'judging':
    case 'answered':
      return outOfPlace(message);
    case 'open':
      return receiveOpen({ ...state, heardMs: now.monotonicMs }, message, frame.payload, now.monotonicMs);
  }
}

function open(self: Greeting, theirs: Hello, reply: readonly SessionEffect[], now: Now): Step {
  const version = Math.min(self.protocol.max, theirs.protocol.max);
  if (version < Math.max(self.protocol.min, theirs.protocol.min))
    return fail('E_PROTOCOL_VERSION', `${show(self)} answers ${show(theirs)}`);
  const { program, name, boot } = theirs;
  const peer = { version, program, name, boot, clockOffsetMs: theirs.nowMs - now.wallMs };
  return {
    state: {
      kind: 'open',
      heardMs: now.monotonicMs,
      // At once: how long the way is, is known from the beginning.
      nextPingMs: now.monotonicMs,
      ping: undefined,
      pings: 0,
    },
    effects: [...reply, { kind: 'negotiated', peer }],
  };
}

function receiveOpen(state: Open, message: Message, payload: Uint8Array | undefined, nowMs: number): Step {
  switch (message.type) {
    case 'HELLO':
    case 'JOIN':
    case 'JOINED':
      return outOfPlace(message);
    case 'PING':
      return { state, effects: [send({ type: 'PONG', id: message.id })] };
    case 'PONG':
      // A PONG that nobody asked for, or that comes after the next PING, measures nothing; it is a sign of life all the same.
      if (state.ping?.id !== message.id) return { state, effects: [] };
      return {
        state: {
          ...state,
          ping: undefined,
          nextPingMs: state.pings < EARLY_PINGS ? nowMs + EARLY_PING_INTERVAL_MS : state.nextPingMs,
        },
        effects: [{ kind: 'rtt', ms: nowMs - state.ping.sentMs }],
      };
    default:
      return { state, effects: [{ kind: 'deliver', message, payload }] };
  }
}

function answer(
  state: Live,
  message: Joined | Omit<ErrorMessage, 'fatal'>,
  payload: Uint8Array | undefined,
  now: Now,
): Step {
  if (state.kind !== 'judging') throw new Error(`no JOIN waits for an answer: the session is ${state.kind}`);
  const answered: Message = message.type === 'JOINED' ? message : { ...message, fatal: true };
  if (payload === undefined) return { state: { kind: 'ended' }, effects: [send(answered), end({ kind: 'done' })] };
  const deadlineMs = now.monotonicMs + DIGEST_TIMEOUT_MS;
  return { state: { kind: 'answered', deadlineMs }, effects: [{ kind: 'send', message: answered, payload }] };
}

/** How long a JOIN may wait, from the beginning of its connection. */
function timeToAnswerMs({ digests }: Pick<Join, 'digests'>): number {
  return digests === true ? DIGEST_TIMEOUT_MS : HANDSHAKE_TIMEOUT_MS;
}

function tick(state: Live, nowMs: number): Step {
  if (state.kind !== 'open') {
    if (nowMs < state.deadlineMs) return { state, effects: [] };
    return fail('E_PEER_SILENT', 'the session was not open in time');
  }
  if (nowMs >= state.heardMs + SILENCE_TIMEOUT_MS)
    return fail('E_PEER_SILENT', `nothing was heard for ${Math.round((nowMs - state.heardMs) / 1000)} s`);
  if (nowMs < state.nextPingMs) return { state, effects: [] };
  const id = state.pings + 1;
  return {
    state: { ...state, ping: { id, sentMs: nowMs }, pings: id, nextPingMs: nowMs + PING_INTERVAL_MS },
    effects: [send({ type: 'PING', id })],
  };
}

function outOfPlace(message: Message): Step {
  return fail('E_PROTOCOL', `${message.type} out of place`);
}

/** We end it, and say why. */
function fail(code: ErrorCode, message: string): Step {
  const said: Message = { type: 'ERROR', code, message: message.slice(0, MAX_ERROR_LENGTH), fatal: true };
  return { state: { kind: 'ended' }, effects: [send(said), end({ kind: 'failed', by: 'us', code, message })] };
}

function endedByPeer({ code, message }: ErrorMessage): Step {
  // A code that only a newer version knows is passed on in words.
  const why: EndReason = isErrorCode(code)
    ? { kind: 'failed', by: 'peer', code, message }
    : { kind: 'failed', by: 'peer', code: 'E_PROTOCOL', message: `${code}: ${message}` };
  return { state: { kind: 'ended' }, effects: [end(why)] };
}

function send(message: Message): SessionEffect {
  return { kind: 'send', message };
}

function end(why: EndReason): SessionEffect {
  return { kind: 'end', why };
}

function hello(self: Greeting, now: Now): Hello {
  return { type: 'HELLO', ...self, nowMs: now.wallMs };
}

function show({ program, protocol }: Pick<Hello, 'program' | 'protocol'>): string {
  const { min, max } = protocol;
  return `${program} (protocol ${min === max ? min : `${min} to ${max}`})`;
}
