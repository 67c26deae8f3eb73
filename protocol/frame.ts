// The frame: 4-byte big-endian length, JSON of that length, then as many payload bytes as its field `payload` says. One
// WebSocket message holds one or more whole frames; a stream may be cut anywhere. What arrives is judged before memory
// is given to it, and bad input is a value: nothing a peer sends makes this throw.
import {
  MAX_FRAMES_PER_MESSAGE,
  MAX_JSON_BYTES,
  MAX_JSON_DEPTH,
  MAX_MESSAGE_BYTES,
  MAX_PAYLOAD_BYTES,
} from './limits.ts';
import type { Frame, Message } from './messages.ts';
import { parseMessage } from './parse-message.ts';

/** What a decoder finds. After `refused` nothing more comes: where the next frame begins is not known any longer. */
export type Decoded =
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** Passed over with its payload; answered with ERROR, and the session goes on. */
  | { readonly kind: 'unknown'; readonly what: string }
  | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly code: 'E_FRAME_TOO_LARGE' | 'E_PROTOCOL';
  readonly what: string;
}

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array(0);

const encoder = new TextEncoder();
// A byte that is no UTF-8 must not become U+FFFD: two names would be one. A byte order mark is no JSON.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * One frame. The message's own `payload` must be the payload's length, and absent without one.
 * @throws RangeError when it is not, or when the frame is larger than a peer would take: a mistake of ours, not the peer's.
 */
export function encode(message: Message, payload?: Uint8Array): Uint8Array {
  return joinFrames([{ message, payload }].map(prepare));
}

/**
 * Many frames as one WebSocket message.
 * @throws RangeError as {@link encode}, or when they are too many or too large together: see {@link encodeTrains}.
 */
export function encodeTrain(frames: readonly Frame[]): Uint8Array {
  const [train, ...more] = encodeTrains(frames, MAX_MESSAGE_BYTES);
  if (train === undefined || more.length > 0) throw new RangeError(`${frames.length} frames do not fit one message`);
  return train;
}

/** All frames in their order, as WebSocket messages of at most `maxBytes` each, or of one frame where that alone is larger. */
export function encodeTrains(frames: Iterable<Frame>, maxBytes: number): Uint8Array[] {
  const trains: Uint8Array[] = [];
  let train: Prepared[] = [];
  let bytes = 0;
  for (const frame of frames) {
    const next = prepare(frame);
    if (train.length > 0 && (bytes + next.bytes > maxBytes || train.length === MAX_FRAMES_PER_MESSAGE)) {
      trains.push(joinFrames(train));
      train = [];
      bytes = 0;
    }
    train.push(next);
    bytes += next.bytes;
  }
  if (train.length > 0) trains.push(joinFrames(train));
  return trains;
}

interface Prepared {
  readonly json: Uint8Array;
  readonly payload: Uint8Array;
  readonly bytes: number;
}

function prepare({ message, payload }: Frame): Prepared {
  const said = 'payload' in message ? message.payload : undefined;
  if (said !== payload?.byteLength)
    throw new RangeError(`${message.type} says payload ${said} and comes with ${payload?.byteLength} bytes`);
  const json = encoder.encode(JSON.stringify(message));
  if (json.byteLength > MAX_JSON_BYTES) throw new RangeError(`${message.type} of ${json.byteLength} bytes of JSON`);
  const body = payload ?? NOTHING;
  if (body.byteLength > MAX_PAYLOAD_BYTES)
    throw new RangeError(`${message.type} with ${body.byteLength} payload bytes`);
  return { json, payload: body, bytes: LENGTH_BYTES + json.byteLength + body.byteLength };
}

function joinFrames(frames: readonly Prepared[]): Uint8Array {
  // Every byte of it is written below.
  const joined = new Uint8Array(Buffer.allocUnsafeSlow(frames.reduce((sum, frame) => sum + frame.bytes, 0)).buffer);
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const { json, payload } of frames) {
    view.setUint32(at, json.byteLength);
    joined.set(json, at + LENGTH_BYTES);
    joined.set(payload, at + LENGTH_BYTES + json.byteLength);
    at += LENGTH_BYTES + json.byteLength + payload.byteLength;
  }
  return joined;
}

/** One WebSocket message: whole frames only. Payloads are views into it. */
export function decodeMessage(bytes: Uint8Array): Decoded[] {
  if (bytes.byteLength > MAX_MESSAGE_BYTES)
    return [refuse('E_FRAME_TOO_LARGE', `a message of ${bytes.byteLength} bytes`)];
  if (bytes.byteLength === 0) return [refuse('E_PROTOCOL', 'a message without a frame')];
  const frames = new FrameDecoder();
  const decoded = frames.push(bytes, MAX_FRAMES_PER_MESSAGE);
  if (frames.midFrame) decoded.push(refuse('E_PROTOCOL', 'a message that ends within a frame'));
  return decoded;
}

/** What the decoder reads next. `skip` passes over the payload of a message that has none, or is not known. */
type Stage =
  | { readonly kind: 'length' }
  | { readonly kind: 'json' }
  | { readonly kind: 'payload'; readonly message: Message }
  | { readonly kind: 'skip' }
  | { readonly kind: 'refused' };

/**
 * Bytes in, frames out, however they are cut. Holds at most one part of one frame, never more than its limit.
 * A payload that came in one piece is a view into that piece; else it is the decoder's own copy.
 */
export class FrameDecoder {
  #stage: Stage = { kind: 'length' };
  /** Bytes of the stage that are still to come. */
  #missing = LENGTH_BYTES;
  /** The part that came with earlier pieces, in a buffer as long as the whole stage. */
  #begun: Uint8Array | undefined;

  /** Bytes of a frame have come, and not all. */
  get midFrame(): boolean {
    return this.#stage.kind !== 'refused' && (this.#stage.kind !== 'length' || this.#begun !== undefined);
  }

  /** Reads one more piece. More than `maxFrames` frames in it are refused, as nothing is read after a refusal. */
  push(bytes: Uint8Array, maxFrames: number = Infinity): Decoded[] {
    const found: Decoded[] = [];
    let at = 0;
    while (at < bytes.byteLength && this.#stage.kind !== 'refused') {
      if (this.#stage.kind === 'length' && found.length >= maxFrames) {
        found.push(this.#end(refuse('E_PROTOCOL', `more than ${maxFrames} frames in one message`)));
        break;
      }
      const piece = bytes.subarray(at, at + this.#missing);
      at += piece.byteLength;
      const whole = this.#stage.kind === 'skip' ? this.#pass(piece) : this.#gather(piece);
      if (whole === undefined) break;
      const decoded = this.#take(whole);
      if (decoded !== undefined) found.push(decoded);
    }
    return found;
  }

  #pass(piece: Uint8Array): Uint8Array | undefined {
    this.#missing -= piece.byteLength;
    return this.#missing === 0 ? NOTHING : undefined;
  }

  /** The stage's bytes once they are all there. */
  #gather(piece: Uint8Array): Uint8Array | undefined {
    if (this.#begun === undefined && piece.byteLength === this.#missing) return piece;
    this.#begun ??= new Uint8Array(this.#missing);
    this.#begun.set(piece, this.#begun.byteLength - this.#missing);
    this.#missing -= piece.byteLength;
    if (this.#missing > 0) return undefined;
    const whole = this.#begun;
    this.#begun = undefined;
    return whole;
  }

  #take(whole: Uint8Array): Decoded | undefined {
    const stage = this.#stage;
    switch (stage.kind) {
      case 'length':
        return this.#afterLength(new DataView(whole.buffer, whole.byteOffset).getUint32(0));
      case 'json':
        return this.#afterJson(whole);
      case 'payload':
        this.#expect({ kind: 'length' }, LENGTH_BYTES);
        return { kind: 'frame', frame: { message: stage.message, payload: whole } };
      case 'skip':
        this.#expect({ kind: 'length' }, LENGTH_BYTES);
        return undefined;
      case 'refused':
        return undefined;
    }
  }

  #afterLength(length: number): Decoded | undefined {
    if (length > MAX_JSON_BYTES) return this.#end(refuse('E_FRAME_TOO_LARGE', `a frame of ${length} bytes of JSON`));
    if (length === 0) return this.#end(refuse('E_PROTOCOL', 'a frame without JSON'));
    this.#expect({ kind: 'json' }, length);
    return undefined;
  }

  #afterJson(bytes: Uint8Array): Decoded | undefined {
    const json = parseJson(bytes);
    if (json === undefined) return this.#end(refuse('E_PROTOCOL', 'a frame that is not JSON'));
    const payload = payloadLength(json.value);
    if (typeof payload === 'object') return this.#end(payload);
    const parsed = parseMessage(json.value);
    if (!parsed.ok) {
      if (parsed.code === 'E_PROTOCOL') return this.#end(refuse('E_PROTOCOL', parsed.what));
      this.#skip(payload);
      return { kind: 'unknown', what: parsed.what };
    }
    const { message } = parsed;
    if ('payload' in message && message.payload !== undefined && carriesPayload(message)) {
      if (message.payload === 0) {
        this.#expect({ kind: 'length' }, LENGTH_BYTES);
        return { kind: 'frame', frame: { message, payload: NOTHING } };
      }
      this.#expect({ kind: 'payload', message }, message.payload);
      return undefined;
    }
    this.#skip(payload);
    return { kind: 'frame', frame: { message, payload: undefined } };
  }

  #skip(payload: number): void {
    if (payload === 0) this.#expect({ kind: 'length' }, LENGTH_BYTES);
    else this.#expect({ kind: 'skip' }, payload);
  }

  #expect(stage: Stage, bytes: number): void {
    this.#stage = stage;
    this.#missing = bytes;
  }

  #end(refused: Refused): Refused {
    this.#expect({ kind: 'refused' }, 0);
    this.#begun = undefined;
    return refused;
  }
}

/** Types whose payload means something; that of others is a newer peer's, and passed over. */
function carriesPayload(message: Message): boolean {
  return (
    message.type === 'FILE_UPDATE' ||
    message.type === 'JOINED' ||
    (message.type === 'CHUNK' && (message.what === 'bytes' || message.what === 'manifest'))
  );
}

/** The bytes that follow this JSON, whatever its type. */
function payloadLength(json: unknown): number | Refused {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, 'payload') || !('payload' in json)) return 0;
  const { payload } = json;
  if (typeof payload !== 'number' || !Number.isSafeInteger(payload) || payload < 0)
    return refuse('E_PROTOCOL', 'a payload length that is no length');
  if (payload > MAX_PAYLOAD_BYTES) return refuse('E_FRAME_TOO_LARGE', `a payload of ${payload} bytes`);
  return payload;
}

/** Undefined where the bytes are not UTF-8, not JSON, or nested too deeply. */
function parseJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  if (deeperThan(MAX_JSON_DEPTH, bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return { value };
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** Counts brackets outside strings: the depth of any text that is JSON, and a harmless number for what is not. */
function deeperThan(limit: number, bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.byteLength; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPENING[0] || byte === OPENING[1]) {
      if (++depth > limit) return true;
    } else if (byte === CLOSING[0] || byte === CLOSING[1]) depth--;
  }
  return false;
}

function refuse(code: Refused['code'], what: string): Refused {
  return { kind: 'refused', code, what };
}
