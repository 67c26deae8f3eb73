// parseMessage: what the schemas accept, and what they refuse with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { MAX_LOST as CORE_MAX_LOST } from '../../daemon/core/record.ts';
import { MAX_PATH_BYTES } from '../../daemon/core/path.ts';
import { MAX_VECTOR_ENTRIES as CORE_MAX_VECTOR_ENTRIES } from '../../daemon/core/version-vector.ts';
import { EXAMPLES } from '../../packaging/docs/examples.ts';
import { MAX_INLINE_BYTES, MAX_LOST, MAX_PATH_LENGTH, MAX_RANGES, MAX_VECTOR_ENTRIES } from '../../protocol/limits.ts';
import { parseMessage } from '../../protocol/parse-message.ts';
import { SCHEMAS } from '../../protocol/schemas.ts';
import { anyFrame } from './arbitrary.ts';

const { CHUNK, CHUNK_REQUEST, ERROR, FILE_DELETE, FILE_MOVE, FILE_UPDATE, HELLO, INDEX, JOIN, JOINED, PING } = EXAMPLES;

for (const [type, example] of Object.entries(EXAMPLES))
  test(`the example of ${type} is accepted as it is`, () => {
    const parsed = parseMessage(example);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.equal(parsed.message, example);
  });

test('the schemas are schemas', () => {
  const ajv = new Ajv({ strict: true, discriminator: true });
  for (const schema of Object.values(SCHEMAS)) assert.equal(ajv.validateSchema(schema), true, ajv.errorsText());
});

test('every field that a schema requires is required', () => {
  for (const [type, example] of Object.entries(EXAMPLES))
    for (const name of SCHEMAS[example.type].required ?? []) {
      const { [name]: _, ...without } = { ...example } as Record<string, unknown>;
      const parsed = parseMessage(without);
      assert.ok(!parsed.ok && parsed.code === 'E_PROTOCOL', `${type} without ${name}`);
    }
});

test('any message that peers exchange is accepted', () => {
  fc.assert(
    fc.property(anyFrame, ({ message }) => {
      const parsed = parseMessage(JSON.parse(JSON.stringify(message)));
      assert.ok(parsed.ok, JSON.stringify(parsed));
    }),
    { numRuns: 300 },
  );
});

test('no value makes it throw', () => {
  const types = fc.constantFrom(...Object.keys(SCHEMAS));
  fc.assert(
    fc.property(fc.anything(), fc.jsonValue(), types, (anything, value, type) => {
      parseMessage(anything);
      parseMessage(value);
      if (typeof value === 'object' && value !== null) parseMessage({ ...value, type });
    }),
    { numRuns: 300 },
  );
});

test('one field replaced by anything is accepted or refused, and never thrown over', () => {
  const examples = fc.constantFrom(...Object.values(EXAMPLES));
  fc.assert(
    fc.property(examples, fc.nat(), fc.jsonValue(), (example, at, value) => {
      const names = Object.keys(example).filter((name) => name !== 'type');
      parseMessage({ ...example, [names[at % names.length] ?? '']: value });
    }),
    { numRuns: 500 },
  );
});

const record = FILE_UPDATE.record;
const withRecord = (change: object): object => ({
  ...FILE_UPDATE,
  payload: undefined,
  record: { ...record, ...change },
});
const vector = (length: number): unknown =>
  Array.from({ length }, (_, i) => [
    `${'A'.repeat(13)}${(i + 1000)
      .toString(32)
      .toUpperCase()
      .replaceAll(/[0189]/g, 'Z')}`
      .slice(0, 16)
      .padEnd(16, 'A'),
    1,
  ]);

for (const [what, json, problem] of [
  ['a list', [], 'a frame that is not a JSON object'],
  ['null', null, 'a frame that is not a JSON object'],
  ['an object without a type', {}, 'a frame without a type'],
  ['a type that is a number', { type: 1 }, 'a frame without a type'],
  ['a size below 0', withRecord({ size: -1 }), 'FILE_UPDATE: /record/size must be >= 0'],
  ['a size of 2^53', withRecord({ size: 2 ** 53 }), 'FILE_UPDATE: /record/size must be <= 9007199254740991'],
  ['an infinite size', withRecord({ size: Infinity }), 'FILE_UPDATE: /record/size must be integer'],
  ['a size with a fraction', withRecord({ size: 1.5 }), 'FILE_UPDATE: /record/size must be integer'],
  ['a size that is a string', withRecord({ size: '1' }), 'FILE_UPDATE: /record/size must be integer'],
  ['a mode with setuid', withRecord({ mode: 0o4755 }), 'FILE_UPDATE: /record/mode must be <= 511'],
  ['a time that is a number', withRecord({ mtimeUs: 1 }), 'FILE_UPDATE: /record/mtimeUs must be string'],
  ['a time beyond 64 bits', withRecord({ mtimeUs: '9'.repeat(25) }), /^FILE_UPDATE: \/record\/mtimeUs must match/],
  ['a hash that is too short', withRecord({ sha256: 'ab' }), /^FILE_UPDATE: \/record\/sha256 must match/],
  ['a hash in capitals', withRecord({ sha256: 'A'.repeat(64) }), /^FILE_UPDATE: \/record\/sha256 must match/],
  ['an unknown kind', withRecord({ kind: 'pipe' }), /^FILE_UPDATE: \/record\/kind must be/],
  ['an empty path', withRecord({ path: '' }), /^FILE_UPDATE: \/record\/path must NOT have fewer/],
  [
    'a path that is too long',
    withRecord({ path: 'x'.repeat(4097) }),
    /^FILE_UPDATE: \/record\/path must NOT have more/,
  ],
  ['an empty vector', withRecord({ vector: [] }), /^FILE_UPDATE: \/record\/vector must NOT have fewer/],
  [
    'a vector with too many entries',
    withRecord({ vector: vector(MAX_VECTOR_ENTRIES + 1) }),
    /^FILE_UPDATE: \/record\/vector must NOT have more/,
  ],
  ['a count of 0', withRecord({ vector: [['A'.repeat(16), 0]] }), 'FILE_UPDATE: /record/vector/0/1 must be >= 1'],
  [
    'a vector entry of three',
    withRecord({ vector: [['A'.repeat(16), 1, 1]] }),
    /^FILE_UPDATE: \/record\/vector\/0 must NOT have more/,
  ],
  ['a vector that is an object', withRecord({ vector: {} }), 'FILE_UPDATE: /record/vector must be array'],
  [
    'a link without a target',
    withRecord({ kind: 'symlink' }),
    /^FILE_UPDATE: \/record must have required property 'target'/,
  ],
  [
    'more losers than are listed',
    withRecord({ lost: Array.from({ length: MAX_LOST + 1 }, () => ({})) }),
    /^FILE_UPDATE: \/record\/lost must NOT have more/,
  ],
  ['a payload longer than the file', { ...FILE_UPDATE, payload: 5 }, 'FILE_UPDATE: payload is not as long as the file'],
  [
    'a packed payload that is not shorter than the file',
    { ...FILE_UPDATE, zstd: true },
    'FILE_UPDATE: a packed payload that is not shorter than the file',
  ],
  [
    'a payload of a directory',
    { ...FILE_UPDATE, record: { ...record, kind: 'dir' } },
    'FILE_UPDATE: payload of what is not a file',
  ],
  [
    'an inline payload above the limit',
    { ...FILE_UPDATE, payload: MAX_INLINE_BYTES + 1 },
    /^FILE_UPDATE: \/payload must be <=/,
  ],
  ['a sequence of 0', { ...FILE_DELETE, seq: 0 }, 'FILE_DELETE: /seq must be >= 1'],
  [
    'a move to itself',
    { ...FILE_MOVE, to: { ...FILE_MOVE.to, path: FILE_MOVE.from.path } },
    'FILE_MOVE: from and to are one path',
  ],
  ['a move back in sequence', { ...FILE_MOVE, fromSeq: FILE_MOVE.seq }, 'FILE_MOVE: fromSeq is not below seq'],
  [
    'a request for bytes without ranges',
    { ...CHUNK_REQUEST, ranges: undefined },
    /^CHUNK_REQUEST: +must have required property 'ranges'|^CHUNK_REQUEST: must have/,
  ],
  ['a request for nothing', { ...CHUNK_REQUEST, ranges: [] }, /^CHUNK_REQUEST: \/ranges must NOT have fewer/],
  [
    'a request for too many ranges',
    { ...CHUNK_REQUEST, ranges: Array.from({ length: MAX_RANGES + 1 }, () => [0, 1]) },
    /^CHUNK_REQUEST: \/ranges must NOT have more/,
  ],
  ['a range of no length', { ...CHUNK_REQUEST, ranges: [[0, 0]] }, 'CHUNK_REQUEST: /ranges/0/1 must be >= 1'],
  [
    'a range above the limit',
    { ...CHUNK_REQUEST, ranges: [[0, 2 ** 23]] },
    /^CHUNK_REQUEST: \/ranges\/0\/1 must be <=/,
  ],
  ['bytes without an offset', { ...CHUNK, offset: undefined }, /^CHUNK: must have required property 'offset'/],
  ['bytes without a payload', { ...CHUNK, payload: undefined }, /^CHUNK: must have required property 'payload'/],
  ['an epoch that is no base32', { ...INDEX, epoch: '1'.repeat(16) }, /^INDEX: \/epoch must match/],
  ['a run that is no name', { ...INDEX, run: '' }, /^INDEX: \/run must match/],
  ['a claim without a sequence', { ...INDEX, have: { epoch: INDEX.epoch } }, /^INDEX: \/have must have required/],
  ['versions upside down', { ...HELLO, protocol: { min: 2, max: 1 } }, 'HELLO: protocol has min above max'],
  ['a name that is too long', { ...HELLO, name: 'x'.repeat(65) }, /^HELLO: \/name must NOT have more/],
  ['a secret of another length', { ...JOIN, secret: 'A'.repeat(25) }, /^JOIN: \/secret must match/],
  ['digests without their bytes', { ...JOINED, payload: undefined }, 'JOINED: payload is not as long as the digests'],
  [
    'bytes of no digest',
    { ...JOINED, folders: JOINED.folders.map(({ digest: _, ...folder }) => folder) },
    'JOINED: payload is not as long as the digests',
  ],
  ['a code that is none', { ...ERROR, code: 'oh\nno' }, /^ERROR: \/code must match/],
  ['a number that is true', { ...PING, id: true }, 'PING: /id must be integer'],
] as const)
  test(`${what} is refused`, () => {
    const parsed = parseMessage(json);
    assert.ok(!parsed.ok && parsed.code === 'E_PROTOCOL', JSON.stringify(parsed));
    if (typeof problem === 'string') assert.equal(parsed.what, problem);
    else assert.match(parsed.what, problem);
  });

for (const type of ['NEWER', '', '__proto__', 'constructor', 'toString', 'a\nb', 'X'.repeat(10_000)])
  test(`the type ${JSON.stringify(type.slice(0, 20))} is unknown, and told without what could harm`, () => {
    const parsed = parseMessage({ type });
    assert.ok(!parsed.ok && parsed.code === 'E_UNKNOWN_TYPE');
    assert.match(parsed.what, /^a message of (type [A-Z0-9_]+|a type that is no name)$/);
  });

test('unknown fields are ignored, at every level', () => {
  const json: unknown = { ...FILE_UPDATE, newer: { a: [1] }, record: { ...record, acl: 'x' } };
  assert.ok(parseMessage(json).ok);
});

test('__proto__, constructor and doubled keys change nothing but what they say', () => {
  const proto: unknown = JSON.parse('{"type":"PING","__proto__":{"id":1}}');
  assert.ok(!parseMessage(proto).ok);
  const json: unknown = JSON.parse(
    '{"type":"PONG","type":"PING","id":"x","id":2,"__proto__":{"id":1},"constructor":{}}',
  );
  const parsed = parseMessage(json);
  assert.ok(parsed.ok && parsed.message.type === 'PING' && parsed.message.id === 2);
  assert.ok(!('polluted' in {}));
});

test('the limits of the wire are those of the core', () => {
  assert.equal(MAX_VECTOR_ENTRIES, CORE_MAX_VECTOR_ENTRIES);
  assert.equal(MAX_LOST, CORE_MAX_LOST);
  assert.equal(MAX_PATH_LENGTH, MAX_PATH_BYTES);
});
