// Sessions as they are recorded, with one thing wrong: every frame that a peer may say, cut, changed, doubled and mixed up,
// goes through the decoder, the session and the door to the inside. Nothing but a refusal may come of it.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  acknowledgement,
  announcements,
  chunkAnswer,
  chunkRequest,
  indexOffer,
  offeredFolders,
} from '../../daemon/peer/wire.ts';
import { EXAMPLES } from '../../packaging/docs/examples.ts';
import { CodedError } from '../../protocol/errors.ts';
import { type Decoded, decodeMessage, encode, encodeTrain } from '../../protocol/frame.ts';
import type { Frame, Message } from '../../protocol/messages.ts';
import { PROTOCOL, type Session, type SessionEvent, begin, step } from '../../protocol/session.ts';
import { anyFrame } from './arbitrary.ts';

const RUNS = Math.max(1, Math.round(4_000 * Number(process.env['ROUNDS'] ?? 1)));
const NOW = { monotonicMs: 1_000, wallMs: 1_780_000_000_000 };
const SELF = { protocol: PROTOCOL, program: 'syncd', name: 'hub', boot: 'hub' };

/** Every message once, HELLO first. */
const MESSAGES: readonly Message[] = [
  EXAMPLES.HELLO,
  ...Object.values(EXAMPLES).filter((message: Message) => message.type !== 'HELLO'),
];
const encoded = (message: Message): Uint8Array =>
  'payload' in message && message.payload !== undefined
    ? encode(message, new Uint8Array(message.payload))
    : encode(message);
const EACH = MESSAGES.map(encoded);
/** Those of a session that stays open. */
const RECORDED = MESSAGES.filter(({ type }) => type !== 'JOIN' && type !== 'JOINED').map(encoded);

/** What is done to a message on its way. */
const harm: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.nat().map((bit) => (bytes: Uint8Array) => {
    const changed = Uint8Array.from(bytes);
    const at = (bit >> 3) % changed.length;
    changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
    return changed;
  }),
  fc.nat().map((at) => (bytes: Uint8Array) => bytes.subarray(0, at % bytes.length)),
  fc.nat().map((at) => (bytes: Uint8Array) => bytes.subarray(at % bytes.length)),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, more]) => (bytes: Uint8Array) => {
    const cut = at % bytes.length;
    return Buffer.concat([bytes.subarray(0, cut), more, bytes.subarray(cut)]);
  }),
  fc.tuple(fc.nat(), fc.constantFrom('-1', '1e400', '9007199254740993', 'null', '[]', '{}', '"\\ud800"', 'true')).map(
    ([which, value]) =>
      (bytes: Uint8Array) =>
        withValue(bytes, which, value),
  ),
);

/** The n-th value of the first frame's JSON is another one; the length is right. */
function withValue(bytes: Uint8Array, n: number, value: string): Uint8Array {
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32BE();
  const json = Buffer.from(bytes.subarray(4, 4 + length)).toString();
  const values = [...json.matchAll(/(?<=":|\[|,)(?:"[^"]*"|-?\d+|true|false)(?=[,\]}])/g)];
  const chosen = values[n % Math.max(1, values.length)];
  if (chosen === undefined) return bytes;
  const changed = Buffer.from(json.slice(0, chosen.index) + value + json.slice(chosen.index + chosen[0].length));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(changed.length);
  return Buffer.concat([head, changed, bytes.subarray(4 + length)]);
}

/** All that happens to a message up to the folder: throws what a session would end with. */
function takeIn({ message, payload }: Frame): void {
  switch (message.type) {
    case 'INDEX':
      return void indexOffer(message);
    case 'FILE_UPDATE':
    case 'FILE_DELETE':
    case 'FILE_MOVE':
      return void announcements(message, payload);
    case 'ACK':
      return void acknowledgement(message);
    case 'CHUNK_REQUEST':
      return void chunkRequest(message);
    case 'CHUNK':
      return void chunkAnswer(message, payload);
    case 'JOINED':
      return void offeredFolders(message, payload);
    default:
      return undefined;
  }
}

/** Runs a session over these messages. Answers with how many effects there were, at most. */
function converse(messages: readonly Uint8Array[]): { readonly state: Session; readonly mostEffects: number } {
  let { state } = begin({ kind: 'accept', self: SELF, paired: true, startedMs: NOW.monotonicMs }, NOW);
  let mostEffects = 0;
  for (const bytes of messages)
    for (const decoded of decodeMessage(bytes)) {
      const next = step(state, eventOf(decoded), NOW);
      mostEffects = Math.max(mostEffects, next.effects.length);
      ({ state } = next);
      for (const effect of next.effects) if (effect.kind === 'deliver') onlyRefusals(() => takeIn({ ...effect }));
    }
  return { state, mostEffects };
}

function eventOf(decoded: Decoded): SessionEvent {
  if (decoded.kind === 'frame') return { kind: 'received', frame: decoded.frame };
  return decoded.kind === 'unknown' ? decoded : { kind: 'refuse', code: decoded.code, message: decoded.what };
}

/** A refusal with a code is what should come of it; anything else is a fault of ours. */
function onlyRefusals(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'E_PROTOCOL') throw error;
  }
}

test('S62: a recorded session in which one message is harmed ends with a refusal or goes on, and never fails', () => {
  fc.assert(
    fc.property(fc.nat(RECORDED.length - 1), harm, (which, change) => {
      const { mostEffects } = converse(RECORDED.map((bytes, i) => (i === which ? change(bytes) : bytes)));
      assert.ok(mostEffects <= 3, 'one message never costs more than a few effects');
    }),
    { numRuns: RUNS },
  );
});

test('S62: messages that are left out, doubled or in another order never fail', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(RECORDED.length - 1), { maxLength: 30 }), (order) => {
      converse(order.flatMap((n) => RECORDED[n] ?? []));
    }),
    { numRuns: RUNS / 4 },
  );
});

test('S62: any frames of a newer or a broken peer, harmed, are taken in or refused, and never fail', () => {
  const [hello = new Uint8Array()] = RECORDED;
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 4 }), fc.option(harm), (frames, change) => {
      const train = encodeTrain(frames);
      converse([hello, change === null ? train : change(train)]);
    }),
    { numRuns: RUNS / 2 },
  );
});

test('S62: of every message, each bit turned round and each cut, is refused or understood', () => {
  const step8 = Number(process.env['ROUNDS'] ?? 1) >= 10 ? 1 : 7;
  for (const bytes of EACH.filter(({ length }) => length < 4_000)) {
    for (let bit = 0; bit < 8 * bytes.length; bit += step8) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      converse([...RECORDED.slice(0, 1), changed]);
    }
    for (let cut = 0; cut < bytes.length; cut++) {
      const { state } = converse([...RECORDED.slice(0, 1), bytes.subarray(0, cut)]);
      assert.equal(state.kind, 'ended', 'a message that is cut ends the session');
    }
  }
});
