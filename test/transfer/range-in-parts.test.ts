// A range that is asked for, or comes, in parts: packed or not, and what a peer may not say of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from '../../daemon/disk/pack.ts';
import { type BytesAnswer, RangeInParts } from '../../daemon/transfer/range-in-parts.ts';

const CONTENT = new TextEncoder().encode('A line of a text, again and again. '.repeat(60)).subarray(0, 2_000);

const answer = (offset: number, payload: Uint8Array, more: Partial<BytesAnswer> = {}): BytesAnswer => {
  return { request: 1, kind: 'bytes', offset, payload, ...more };
};
/** As the file has it from there on; the range begins at 100. */
const plain = (offset: number, length: number): Uint8Array => CONTENT.slice(offset - 100, offset - 100 + length);

test('what is asked for and comes as one stays as it came', () => {
  const range = new RangeInParts(100, 2_000);
  assert.deepEqual(range.ask(Infinity), { offset: 100, length: 2_000 });
  assert.ok(range.isAsked);
  const { bytes } = pack(CONTENT);
  assert.deepEqual(range.take(answer(100, bytes, { packed: true })), { length: 2_000, whole: { bytes, packed: true } });
});

test('what is asked for in parts, of which some come in parts and some packed, is put together', () => {
  const range = new RangeInParts(100, 2_000);
  assert.deepEqual(range.ask(1_500), { offset: 100, length: 1_500 });
  assert.equal(range.isAsked, false);
  assert.deepEqual(range.ask(1_500), { offset: 1_600, length: 500 });
  assert.ok(range.isAsked);
  assert.deepEqual(range.take(answer(1_600, plain(1_600, 500))), { length: 500, whole: undefined });
  const first = pack(plain(100, 1_000));
  assert.ok(first.packed);
  const came = range.take(answer(100, first.bytes, { packed: true, length: 1_000 }));
  assert.deepEqual(came, { length: 1_000, whole: undefined });
  const last = range.take(answer(1_100, plain(1_100, 500), { length: 500 }));
  assert.deepEqual(last?.whole, { bytes: CONTENT, packed: false });
});

test('what was not asked for, comes twice, or is longer or shorter than it says is refused', () => {
  const range = new RangeInParts(100, 2_000);
  range.ask(1_000);
  const wrong = {
    'not asked for': answer(1_100, plain(1_100, 1_000)),
    'longer than what was asked for': answer(100, plain(100, 1_001), { length: 1_001 }),
    'longer than it says': answer(100, plain(100, 500), { length: 400 }),
    'shorter than it says': answer(100, plain(100, 300), { length: 400 }),
    'longer when it is unpacked': answer(100, pack(plain(100, 900)).bytes, { packed: true, length: 500 }),
    'not packed at all': answer(100, plain(100, 500), { packed: true, length: 500 }),
  };
  for (const [why, one] of Object.entries(wrong)) {
    const fresh = new RangeInParts(100, 2_000);
    fresh.ask(1_000);
    assert.equal(fresh.take(one), undefined, why);
  }
  assert.ok(range.take(answer(100, plain(100, 1_000))) !== undefined);
  assert.equal(range.take(answer(100, plain(100, 1_000))), undefined, 'twice');
});
