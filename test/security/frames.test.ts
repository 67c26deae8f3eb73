// What a paired peer may put on the wire: anything that is no message ends its own session, with a code and one line in
// the log, and nothing else. A newer peer's words are passed over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MAX_FRAMES_PER_MESSAGE,
  MAX_JSON_BYTES,
  MAX_JSON_DEPTH,
  MAX_MESSAGE_BYTES,
  MAX_PAYLOAD_BYTES,
} from '../../protocol/limits.ts';
import { encode, encodeTrain } from '../../protocol/frame.ts';
import { battleground } from './ground.ts';
import { type MaliciousPeer, type Wire, nextSeq, rawFrame, sha256 } from './malicious-peer.ts';

interface BadFrame {
  readonly why: string;
  readonly say: (wire: Wire, peer: MaliciousPeer) => void;
  /** Code of the ERROR that ends the session; `cut`: it ends without a word; `passed over`: it goes on. */
  readonly expect: 'E_PROTOCOL' | 'E_FRAME_TOO_LARGE' | 'E_PROTOCOL_VERSION' | 'cut' | 'passed over';
  /** Said in place of HELLO. */
  readonly first?: true;
}

const ping = { type: 'PING', id: 1 } as const;
const json =
  (text: string, payload?: Uint8Array) =>
  (wire: Wire): void =>
    wire.json(text, payload);
const raw =
  (bytes: Uint8Array | string) =>
  (wire: Wire): void =>
    wire.raw(bytes);
/** A FILE_UPDATE with one field of its record, or of the message, as it must not be. */
const field =
  (name: string, value: string, of: 'record' | 'message' = 'record') =>
  (wire: Wire, peer: MaliciousPeer): void => {
    const { payload: _, ...message } = { payload: 0, ...peer.update('docs', 'field.txt', '').message };
    const whole = JSON.parse(JSON.stringify(message)) as Record<string, Record<string, unknown>>;
    const place = of === 'record' ? whole['record'] : whole;
    assert.ok(place);
    place[name] = '@@';
    wire.json(JSON.stringify(whole).replace('"@@"', value));
  };
const vectorOf = (pairs: number): string =>
  JSON.stringify(Array.from({ length: pairs }, (_, i) => [i.toString(32).toUpperCase().replace(/[01]/g, 'A'), 1]));

const ROWS: readonly BadFrame[] = [
  { why: 'a length of 0', say: raw(rawFrame('', undefined, 0)), expect: 'E_PROTOCOL' },
  { why: 'a length of 1 and nothing', say: raw(rawFrame('', undefined, 1)), expect: 'E_PROTOCOL' },
  { why: 'a length of 2^31 - 1', say: raw(rawFrame('{}', undefined, 2 ** 31 - 1)), expect: 'E_FRAME_TOO_LARGE' },
  { why: 'a length of 2^31', say: raw(rawFrame('{}', undefined, 2 ** 31)), expect: 'E_FRAME_TOO_LARGE' },
  { why: 'a length of 2^32 - 1', say: raw(rawFrame('{}', undefined, 2 ** 32 - 1)), expect: 'E_FRAME_TOO_LARGE' },
  { why: 'an empty message', say: raw(new Uint8Array(0)), expect: 'E_PROTOCOL' },
  { why: 'half a length', say: raw(Uint8Array.of(0, 0)), expect: 'E_PROTOCOL' },
  { why: '100,000 brackets', say: json('['.repeat(100_000)), expect: 'E_PROTOCOL' },
  { why: 'objects nested too deeply', say: json('{"a":'.repeat(MAX_JSON_DEPTH + 1)), expect: 'E_PROTOCOL' },
  { why: 'JSON of a byte too much', say: json(`"${'x'.repeat(MAX_JSON_BYTES)}"`), expect: 'E_FRAME_TOO_LARGE' },
  { why: 'a message beyond its limit', say: raw(new Uint8Array(MAX_MESSAGE_BYTES + 1)), expect: 'cut' },
  { why: 'what is no UTF-8', say: raw(rawFrame(Buffer.from([0x22, 0xff, 0x22]))), expect: 'E_PROTOCOL' },
  { why: 'a string', say: json('"HELLO"'), expect: 'E_PROTOCOL' },
  { why: 'null', say: json('null'), expect: 'E_PROTOCOL' },
  { why: 'no type', say: json('{}'), expect: 'E_PROTOCOL' },
  { why: 'a type of an object’s own', say: json('{"type":"constructor"}'), expect: 'passed over' },
  { why: 'a type __proto__', say: json('{"type":"__proto__"}'), expect: 'passed over' },
  { why: 'an unknown type', say: json('{"type":"NEWER","payload":3}', Buffer.from('abc')), expect: 'passed over' },
  { why: 'a key twice', say: json('{"type":"PING","id":-1,"id":7}'), expect: 'passed over' },
  { why: 'a field __proto__', say: json('{"type":"PING","id":7,"__proto__":{"id":-1}}'), expect: 'passed over' },
  { why: 'a number that is infinite', say: json('{"type":"PING","id":1e400}'), expect: 'E_PROTOCOL' },
  { why: 'minus nought', say: json('{"type":"PING","id":-0}'), expect: 'passed over' },
  { why: 'minus one', say: json('{"type":"PING","id":-1}'), expect: 'E_PROTOCOL' },
  { why: '2^53', say: json('{"type":"PING","id":9007199254740992}'), expect: 'E_PROTOCOL' },
  { why: 'half', say: json('{"type":"PING","id":0.5}'), expect: 'E_PROTOCOL' },
  { why: 'NaN', say: json('{"type":"PING","id":NaN}'), expect: 'E_PROTOCOL' },
  { why: 'a string for a number', say: json('{"type":"PING","id":"1"}'), expect: 'E_PROTOCOL' },
  { why: 'an array for a number', say: json('{"type":"PING","id":[1]}'), expect: 'E_PROTOCOL' },
  { why: 'a payload below nought', say: json('{"type":"NEWER","payload":-1}'), expect: 'E_PROTOCOL' },
  {
    why: 'a payload above the limit',
    say: json(`{"type":"NEWER","payload":${MAX_PAYLOAD_BYTES + 1}}`),
    expect: 'E_FRAME_TOO_LARGE',
  },
  {
    why: 'a payload shorter than said',
    say: (wire, peer) => {
      const { message, payload } = peer.update('docs', 'short.txt', 'content');
      wire.raw(encode(message, payload).subarray(0, -1));
    },
    expect: 'E_PROTOCOL',
  },
  {
    why: 'a payload longer than said',
    say: (wire, peer) => {
      const { message, payload } = peer.update('docs', 'long.txt', 'content');
      wire.raw(Buffer.concat([encode(message, payload), Buffer.from('x')]));
    },
    expect: 'E_PROTOCOL',
  },
  {
    why: 'a payload that is not as long as the file',
    say: (wire, peer) =>
      wire.json(JSON.stringify({ ...peer.update('docs', 'x', 'four').message, payload: 3 }), Buffer.alloc(3)),
    expect: 'E_PROTOCOL',
  },
  {
    why: 'too many frames in one message',
    say: raw(
      Buffer.concat(
        Array.from({ length: MAX_FRAMES_PER_MESSAGE + 1 }, () => encodeTrain([{ message: ping, payload: undefined }])),
      ),
    ),
    expect: 'E_PROTOCOL',
  },
  { why: 'a text message', say: raw('{"type":"PING","id":1}'), expect: 'cut' },
  { why: 'a second HELLO', say: (wire, peer) => wire.send(peer.hello()), expect: 'E_PROTOCOL' },
  {
    why: 'JOIN in an open session',
    say: (wire) => wire.send({ type: 'JOIN', secret: 'A'.repeat(26), name: 'x', preview: false }),
    expect: 'E_PROTOCOL',
  },
  { why: 'JOINED in an open session', say: json('{"type":"JOINED","name":"x","folders":[]}'), expect: 'E_PROTOCOL' },
  { why: 'PONG without PING', say: json('{"type":"PONG","id":77}'), expect: 'passed over' },
  {
    why: 'an error that is not known',
    say: json('{"type":"ERROR","code":"E_FROM_2050","message":"\\u001b[31m\\nfake line","fatal":false}'),
    expect: 'passed over',
  },
  { why: 'a size below nought', say: field('size', '-1'), expect: 'E_PROTOCOL' },
  { why: 'a size of 2^53', say: field('size', '9007199254740992'), expect: 'E_PROTOCOL' },
  { why: 'a hash that is too short', say: field('sha256', '"abc"'), expect: 'E_PROTOCOL' },
  { why: 'a hash in capitals', say: field('sha256', `"${sha256('x').toUpperCase()}"`), expect: 'E_PROTOCOL' },
  { why: 'a kind that nobody knows', say: field('kind', '"device"'), expect: 'E_PROTOCOL' },
  { why: 'a kind of an object’s own', say: field('kind', '"toString"'), expect: 'E_PROTOCOL' },
  { why: 'setuid', say: field('mode', '4095'), expect: 'E_PROTOCOL' },
  { why: 'a time of 10^30 seconds', say: field('mtimeUs', `"1${'0'.repeat(36)}"`), expect: 'E_PROTOCOL' },
  { why: 'a time that is no number', say: field('mtimeUs', '"0x10"'), expect: 'E_PROTOCOL' },
  { why: 'a count of 2^63', say: field('vector', '[["AAAAAAAAAAAAAAAA",9223372036854775808]]'), expect: 'E_PROTOCOL' },
  { why: 'a count of nought', say: field('vector', '[["AAAAAAAAAAAAAAAA",0]]'), expect: 'E_PROTOCOL' },
  { why: 'a vector without entries', say: field('vector', '[]'), expect: 'E_PROTOCOL' },
  { why: 'a vector of 25,000 entries', say: field('vector', vectorOf(25_000)), expect: 'E_PROTOCOL' },
  {
    why: 'a vector that is not sorted',
    say: field('vector', '[["BAAAAAAAAAAAAAAA",1],["AAAAAAAAAAAAAAAA",1]]'),
    expect: 'E_PROTOCOL',
  },
  {
    why: 'a vector with an epoch twice',
    say: field('vector', '[["AAAAAAAAAAAAAAAA",1],["AAAAAAAAAAAAAAAA",2]]'),
    expect: 'E_PROTOCOL',
  },
  { why: 'an epoch __proto__', say: field('vector', '[["__proto__",1]]'), expect: 'E_PROTOCOL' },
  { why: 'an origin that is no device', say: field('origin', '"hub"'), expect: 'E_PROTOCOL' },
  { why: 'nine losers', say: field('lost', JSON.stringify(Array(9).fill({}))), expect: 'E_PROTOCOL' },
  { why: 'a sequence of nought', say: field('seq', '0', 'message'), expect: 'E_PROTOCOL' },
  { why: 'a directory with a content', say: field('kind', '"dir"'), expect: 'passed over' },
  {
    why: 'a directory with a payload',
    say: (wire, peer) => {
      const record = { ...peer.version('d'), kind: 'dir', mode: 0o755 };
      wire.json(
        JSON.stringify({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record, payload: 1 }),
        Buffer.of(1),
      );
    },
    expect: 'E_PROTOCOL',
  },
  {
    why: 'a move whose numbers go backwards',
    say: (wire, peer) => {
      const [seq, fromSeq] = [nextSeq(), nextSeq()];
      wire.send({ type: 'FILE_MOVE', folder: 'docs', fromSeq, seq, from: peer.version('a'), to: peer.file('b', 'x') });
    },
    expect: 'E_PROTOCOL',
  },
  {
    why: 'a move of a path to itself',
    say: (wire, peer) => {
      const [fromSeq, seq] = [nextSeq(), nextSeq()];
      wire.send({ type: 'FILE_MOVE', folder: 'docs', fromSeq, seq, from: peer.version('a'), to: peer.file('a', 'x') });
    },
    expect: 'E_PROTOCOL',
  },
  { why: 'INDEX before HELLO', first: true, say: (wire, peer) => wire.send(peer.index('docs')), expect: 'E_PROTOCOL' },
  {
    why: 'a file before HELLO',
    first: true,
    say: (wire, peer) => wire.sendFrame(peer.update('docs', 'early.txt', 'early')),
    expect: 'E_PROTOCOL',
  },
  { why: 'PING before HELLO', first: true, say: (wire) => wire.send(ping), expect: 'E_PROTOCOL' },
  { why: 'an unknown type before HELLO', first: true, say: json('{"type":"NEWER"}'), expect: 'E_PROTOCOL' },
  {
    why: 'a HELLO whose versions are turned round',
    first: true,
    say: json('{"type":"HELLO","protocol":{"min":2,"max":1},"program":"x","name":"x","boot":"x","nowMs":0}'),
    expect: 'E_PROTOCOL',
  },
  {
    why: 'a HELLO without a name',
    first: true,
    say: json('{"type":"HELLO","protocol":{"min":1,"max":1},"program":"x","name":"","boot":"x","nowMs":0}'),
    expect: 'E_PROTOCOL',
  },
  {
    why: 'T40: a HELLO of a version that is not spoken here',
    first: true,
    say: json('{"type":"HELLO","protocol":{"min":7,"max":9},"program":"syncd 9.0","name":"x","boot":"x","nowMs":0}'),
    expect: 'E_PROTOCOL_VERSION',
  },
];

test('a paired peer says what is no message', async (t) => {
  const { mallory, standsFirm } = await battleground(t);
  for (const { why, say, expect, first } of ROWS)
    await t.test(`I10: ${why}: ${expect}`, async () => {
      const wire = first ? await mallory.connect() : await mallory.openFolder('docs');
      say(wire, mallory);
      if (expect === 'passed over') {
        await wire.answers();
        return;
      }
      const { code, message } = await wire.ended;
      assert.equal(code, expect === 'cut' ? undefined : expect, message);
      if (expect === 'E_PROTOCOL_VERSION') assert.match(message, /protocol 1\).*syncd 9\.0 \(protocol 7 to 9\)/);
    });

  await t.test('I8, I15: nothing was harmed, and the honest peer is served', () => standsFirm('all bad frames'));
});
