// Frames: what is encoded comes back, however it is cut; what is not a frame is refused, and never thrown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EXAMPLES } from '../../packaging/docs/examples.ts';
import type { Decoded } from '../../protocol/frame.ts';
import { FrameDecoder, decodeMessage, encode, encodeTrain, encodeTrains } from '../../protocol/frame.ts';
import {
  MAX_FRAMES_PER_MESSAGE,
  MAX_JSON_BYTES,
  MAX_JSON_DEPTH,
  MAX_MESSAGE_BYTES,
  MAX_PAYLOAD_BYTES,
} from '../../protocol/limits.ts';
import type { Frame } from '../../protocol/messages.ts';
import { anyFrame } from './arbitrary.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A frame with any JSON text and any length before it. */
function raw(json: string | Uint8Array, payload: Uint8Array = new Uint8Array(0), length?: number): Uint8Array {
  const body = typeof json === 'string' ? bytesOf(json) : json;
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length ?? body.byteLength);
  return Buffer.concat([head, body, payload]);
}

const framesOf = (decoded: readonly Decoded[]): Frame[] =>
  decoded.map((one) => {
    assert.equal(one.kind, 'frame', JSON.stringify(one));
    if (one.kind !== 'frame') throw new Error('unreachable');
    const { message, payload } = one.frame;
    return { message, payload: payload === undefined ? undefined : Uint8Array.from(payload) };
  });

const ping: Frame = { message: { type: 'PING', id: 7 }, payload: undefined };

function refusal(decoded: readonly Decoded[]): string {
  const last = decoded.at(-1);
  return last?.kind === 'refused' ? last.code : `not refused: ${JSON.stringify(decoded)}`;
}

test('a train of any frames is decoded to the same frames', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 8 }), (frames) => {
      assert.deepEqual(framesOf(decodeMessage(encodeTrain(frames))), frames);
    }),
    { numRuns: 200 },
  );
});

test('a stream cut anywhere gives the frames that were sent, once each, in order', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(3000), { maxLength: 30 }),
      (frames, cuts) => {
        const stream = encodeTrain(frames);
        const decoder = new FrameDecoder();
        const found: Decoded[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          found.push(...decoder.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        assert.deepEqual(framesOf(found), frames);
        assert.equal(decoder.midFrame, false);
      },
    ),
    { numRuns: 200 },
  );
});

test('a stream that comes byte by byte gives its frames', () => {
  const decoder = new FrameDecoder();
  const found: Decoded[] = [];
  for (const byte of encodeTrain([ping, ping])) found.push(...decoder.push(Uint8Array.of(byte)));
  assert.deepEqual(framesOf(found), [ping, ping]);
});

test('random bytes are never thrown over, as a message or as a stream', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
      for (const piece of pieces) decodeMessage(piece);
      const decoder = new FrameDecoder();
      for (const piece of pieces) decoder.push(piece);
    }),
    { numRuns: 500 },
  );
});

test('a frame in which some bytes were changed is decoded, passed over or refused, and never thrown over', () => {
  fc.assert(
    fc.property(
      anyFrame,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (frame, changes) => {
        const bytes = encodeTrain([frame, ping]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        for (const one of decodeMessage(bytes)) assert.ok(['frame', 'unknown', 'refused'].includes(one.kind));
      },
    ),
    { numRuns: 500 },
  );
});

test('any JSON value in a frame is decoded, passed over or refused, and never thrown over', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      decodeMessage(raw(JSON.stringify(value)));
    }),
    { numRuns: 300 },
  );
});

for (const [what, bytes, code] of [
  ['an empty message', new Uint8Array(0), 'E_PROTOCOL'],
  ['a frame of length 0', raw(''), 'E_PROTOCOL'],
  ['half a length', Uint8Array.of(0, 0), 'E_PROTOCOL'],
  ['a length of 2^31 - 1', raw('{}', undefined, 2 ** 31 - 1), 'E_FRAME_TOO_LARGE'],
  ['a length of 2^31', raw('{}', undefined, 2 ** 31), 'E_FRAME_TOO_LARGE'],
  ['a length of 2^32 - 1', raw('{}', undefined, 2 ** 32 - 1), 'E_FRAME_TOO_LARGE'],
  ['a length one above the limit', raw('{}', undefined, MAX_JSON_BYTES + 1), 'E_FRAME_TOO_LARGE'],
  ['a length beyond the end', raw('{"type":"PING","id":1}', undefined, 100), 'E_PROTOCOL'],
  ['JSON nested 100,000 deep', raw('['.repeat(100_000)), 'E_PROTOCOL'],
  ['JSON nested one too deep', raw(`${'['.repeat(MAX_JSON_DEPTH + 1)}${']'.repeat(MAX_JSON_DEPTH + 1)}`), 'E_PROTOCOL'],
  ['nesting hidden behind an escaped quote', raw(`{"a":"\\"","b":${'['.repeat(40)}${']'.repeat(40)}}`), 'E_PROTOCOL'],
  ['what is no JSON', raw('{"type":'), 'E_PROTOCOL'],
  ['NaN', raw('{"type":"PING","id":NaN}'), 'E_PROTOCOL'],
  ['a byte order mark', raw('\ufeff{"type":"PING","id":1}'), 'E_PROTOCOL'],
  ['what is no UTF-8', raw(Uint8Array.of(0x22, 0xff, 0xfe, 0x22)), 'E_PROTOCOL'],
  ['a payload length below 0', raw('{"type":"NEW","payload":-1}'), 'E_PROTOCOL'],
  ['a payload length that is a string', raw('{"type":"NEW","payload":"1"}'), 'E_PROTOCOL'],
  ['a payload length that is infinite', raw('{"type":"NEW","payload":1e400}'), 'E_PROTOCOL'],
  ['a payload above the limit', raw(`{"type":"NEW","payload":${MAX_PAYLOAD_BYTES + 1}}`), 'E_FRAME_TOO_LARGE'],
  ['a payload shorter than said', encode(EXAMPLES.FILE_UPDATE, new Uint8Array(4)).subarray(0, -1), 'E_PROTOCOL'],
  [
    'a payload longer than said',
    Buffer.concat([encode(EXAMPLES.FILE_UPDATE, new Uint8Array(4)), bytesOf('x')]),
    'E_PROTOCOL',
  ],
  ['too many bytes', new Uint8Array(MAX_MESSAGE_BYTES + 1), 'E_FRAME_TOO_LARGE'],
] as const)
  test(`${what} is refused with ${code}`, () => {
    assert.equal(refusal(decodeMessage(bytes)), code);
  });

test('I10: what claims more than a limit is refused by its claim alone, before memory is set aside for it', () => {
  const head = raw('', undefined, MAX_JSON_BYTES + 1);
  assert.equal(refusal(new FrameDecoder().push(head)), 'E_FRAME_TOO_LARGE');
  const claim = raw(`{"type":"CHUNK","payload":${MAX_PAYLOAD_BYTES + 1}}`);
  assert.equal(refusal(new FrameDecoder().push(claim)), 'E_FRAME_TOO_LARGE');
});

test('brackets inside strings are no nesting', () => {
  const decoded = decodeMessage(raw(`{"type":"PING","id":1,"x":"${'['.repeat(1000)}\\\\"}`));
  assert.equal(decoded[0]?.kind, 'frame');
});

test('an unknown type is passed over with its payload, and what follows is read', () => {
  const strange = raw('{"type":"NEWER_THING","payload":5}', bytesOf('12345'));
  const [first, second, ...more] = decodeMessage(Buffer.concat([strange, encodeTrain([ping])]));
  assert.deepEqual(first, { kind: 'unknown', what: 'a message of type NEWER_THING' });
  assert.deepEqual(second, { kind: 'frame', frame: ping });
  assert.equal(more.length, 0);
});

test('the payload of a type that has none is passed over', () => {
  const decoded = decodeMessage(
    Buffer.concat([raw('{"type":"PONG","id":1,"payload":3}', bytesOf('abc')), encodeTrain([ping])]),
  );
  assert.equal(decoded.length, 2);
  assert.deepEqual(decoded[1], { kind: 'frame', frame: ping });
});

test('an empty file has an empty payload, and one without content has none', () => {
  const empty = { ...EXAMPLES.FILE_UPDATE, record: { ...EXAMPLES.FILE_UPDATE.record, size: 0 }, payload: 0 };
  const { payload: _, ...without } = empty;
  const frames: Frame[] = [
    { message: empty, payload: new Uint8Array(0) },
    { message: without, payload: undefined },
  ];
  assert.deepEqual(framesOf(decodeMessage(encodeTrain(frames))), frames);
});

test('nothing is read after a refusal', () => {
  const decoder = new FrameDecoder();
  assert.equal(refusal(decoder.push(Buffer.concat([raw('[]'), encodeTrain([ping])]))), 'E_PROTOCOL');
  assert.deepEqual(decoder.push(encodeTrain([ping])), []);
});

test('one frame too many in a message is refused, and those before it are read', () => {
  const [train] = encodeTrains(
    Array.from({ length: MAX_FRAMES_PER_MESSAGE }, () => ping),
    MAX_MESSAGE_BYTES,
  );
  assert.ok(train);
  assert.equal(decodeMessage(train).length, MAX_FRAMES_PER_MESSAGE);
  const decoded = decodeMessage(Buffer.concat([train, encodeTrain([ping])]));
  assert.equal(decoded.length, MAX_FRAMES_PER_MESSAGE + 1);
  assert.equal(refusal(decoded), 'E_PROTOCOL');
});

test('a payload within one message is not copied', () => {
  const bytes = encode(EXAMPLES.FILE_UPDATE, bytesOf('text'));
  const [decoded] = decodeMessage(bytes);
  assert.ok(decoded?.kind === 'frame' && decoded.frame.payload?.buffer === bytes.buffer);
});

test('trains hold as many frames as fit, and a frame that is too large for one goes alone', () => {
  const large: Frame = {
    message: { ...EXAMPLES.CHUNK, payload: 3000 },
    payload: new Uint8Array(3000),
  };
  const frames = [ping, ping, large, ping];
  const trains = encodeTrains(frames, 1000);
  assert.equal(trains.length, 3);
  assert.deepEqual(
    trains.flatMap((train) => framesOf(decodeMessage(train))),
    frames,
  );
  assert.deepEqual(encodeTrains([], 1000), []);
});

test('a message whose payload is not what it says is our mistake, and thrown', () => {
  assert.throws(() => encode(EXAMPLES.FILE_UPDATE), RangeError);
  assert.throws(() => encode(EXAMPLES.FILE_UPDATE, new Uint8Array(5)), RangeError);
  assert.throws(() => encode(EXAMPLES.PING, new Uint8Array(0)), RangeError);
});
