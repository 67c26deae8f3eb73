// What of a large file is asked for, and how much of it at a time: little where answers have to queue, much where not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Piece } from '../../daemon/disk/parts.ts';
import { MissingPieces } from '../../daemon/transfer/missing-pieces.ts';
import type { BytesAnswer } from '../../daemon/transfer/range-in-parts.ts';

const PIECE_BYTES = 64 << 10;

function pieces(count: number): Piece[] {
  return Array.from({ length: count }, (_, n) => ({
    offset: n * PIECE_BYTES,
    length: PIECE_BYTES,
    sha256: new Uint8Array(32),
  })) as unknown as Piece[];
}

interface Asked {
  readonly offset: number;
  readonly length: number;
}

const bytesOf = (ranges: readonly Asked[]): number => ranges.reduce((sum, { length }) => sum + length, 0);

const bytes = (offset: number, length: number): BytesAnswer => {
  return { request: 1, kind: 'bytes', offset, payload: new Uint8Array(length) };
};

/**
 * Fetches all of it over a link that brings so many bytes in a millisecond, each answer so long after it was asked for at
 * the least; what was on its way at most, per tenth.
 */
function fetchOver(bytesPerMs: number, count: number, roundTripMs = 0): number[] {
  const missing = new MissingPieces(pieces(count));
  const most = Array.from({ length: 10 }, () => 0);
  let nowMs = 0;
  let got = 0;
  const ask = (): (Asked & { readonly askedMs: number })[] =>
    missing.next(nowMs).map((asked) => ({ ...asked, askedMs: nowMs }));
  const onTheWay = ask();
  for (let range = onTheWay.shift(); range !== undefined; range = onTheWay.shift()) {
    const tenth = Math.min(9, Math.floor((got * 10) / (count * PIECE_BYTES)));
    most[tenth] = Math.max(most[tenth] ?? 0, range.length + bytesOf(onTheWay));
    nowMs = Math.max(nowMs + range.length / bytesPerMs, range.askedMs + roundTripMs);
    const arrived = missing.arrived(bytes(range.offset, range.length), nowMs);
    assert.ok(arrived?.whole !== undefined);
    missing.written(arrived.asked, []);
    got += range.length;
    onTheWay.push(...ask());
  }
  assert.ok(missing.complete);
  assert.equal(got, count * PIECE_BYTES);
  return most;
}

test('over a slow link little is on its way, so that others do not wait for long', () => {
  for (const bytesPerMs of [30, 125, 1_000])
    for (const most of fetchOver(bytesPerMs, 400))
      assert.ok(most <= Math.max(2 * PIECE_BYTES, bytesPerMs * 1_500), `${bytesPerMs} a ms: ${most} bytes`);
});

test('over a fast link much is', () => {
  const most = fetchOver(100_000, 1_000);
  assert.ok((most[5] ?? 0) > 4 << 20, `${most.join(' ')}`);
});

test('over a fast link on which each answer takes its time much is on the way too', () => {
  const most = fetchOver(10_000, 1_000, 300);
  assert.ok((most[8] ?? 0) > 2 << 20, `${most.join(' ')}`);
});

test('what was not asked for, or comes in another length, is told', () => {
  const missing = new MissingPieces(pieces(4));
  const [first] = missing.next(0);
  assert.ok(first !== undefined);
  assert.equal(missing.arrived(bytes(first.offset, first.length - 1), 1), undefined);
  assert.equal(missing.arrived(bytes(first.offset + 1, first.length), 1), undefined);
  assert.ok(missing.arrived(bytes(first.offset, first.length), 1)?.whole !== undefined);
  assert.equal(missing.arrived(bytes(first.offset, first.length), 1), undefined, 'once only');
});

test('a piece that was wrong is asked for again', () => {
  const missing = new MissingPieces(pieces(1));
  const [range] = missing.next(0);
  assert.ok(range !== undefined);
  const arrived = missing.arrived(bytes(range.offset, range.length), 1);
  assert.ok(arrived !== undefined);
  assert.equal(missing.complete, false, 'it is being written');
  missing.written(arrived.asked, arrived.asked.pieces);
  assert.equal(missing.bytes, PIECE_BYTES);
  const [again] = missing.next(2);
  assert.equal(again?.offset, range.offset);
});

test('with a limit no more is asked for at once, and a piece is whole when all its parts have come', () => {
  const missing = new MissingPieces(pieces(2));
  const parts = [];
  while (missing.hasNext && parts.length < 100) {
    const [part, ...others] = missing.next(parts.length, 10_000);
    assert.ok(part !== undefined);
    assert.ok(part.length + bytesOf(others) <= 10_000);
    parts.push(part, ...others);
    for (const { offset, length } of [part, ...others]) {
      const came = missing.arrived(bytes(offset, length), parts.length);
      assert.equal(came?.length, length);
      if (came.whole === undefined) continue;
      assert.equal(came.whole.bytes.length, PIECE_BYTES);
      missing.written(came.asked, []);
    }
  }
  assert.equal(bytesOf(parts), 2 * PIECE_BYTES);
  assert.ok(missing.complete);
});
