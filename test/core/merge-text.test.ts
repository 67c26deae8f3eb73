// Two edits of one text put together by lines: what comes out, what clashes, and what is left alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_MERGE_BYTES, mergeText } from '../../daemon/core/merge-text.ts';
import { textOf } from '../../daemon/core/text-lines.ts';

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf16le = (text: string): Uint8Array => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const utf16be = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
const marked = (text: string): Uint8Array => utf8(`\uFEFF${text}`);

interface Case {
  readonly why: string;
  readonly base: Uint8Array;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly becomes: Uint8Array | 'clash' | 'no text' | 'too large';
}
const six = 'one\ntwo\nthree\nfour\nfive\nsix\n';
const edited = (from: string, to: string, text = six): string => text.replace(from, to);

const cases: readonly Case[] = [
  {
    why: 'edits of lines apart come together',
    base: utf8(six),
    a: utf8(edited('one', 'ONE')),
    b: utf8(edited('six', 'SIX')),
    becomes: utf8(edited('one', 'ONE', edited('six', 'SIX'))),
  },
  {
    why: 'lines that one side adds and the other removes elsewhere',
    base: utf8(six),
    a: utf8(`zero\n${six}`),
    b: utf8(edited('five\n', '')),
    becomes: utf8(`zero\n${edited('five\n', '')}`),
  },
  {
    why: 'the same line edited in two ways clashes',
    base: utf8(six),
    a: utf8(edited('three', 'III')),
    b: utf8(edited('three', '3')),
    becomes: 'clash',
  },
  {
    why: 'lines beside each other clash, as they belong together as often as not',
    base: utf8(six),
    a: utf8(edited('three', 'III')),
    b: utf8(edited('four', 'IV')),
    becomes: 'clash',
  },
  {
    why: 'the same edit on both sides is made once',
    base: utf8(six),
    a: utf8(edited('three', 'III')),
    b: utf8(edited('three', 'III', edited('six', 'SIX'))),
    becomes: utf8(edited('three', 'III', edited('six', 'SIX'))),
  },
  {
    why: 'different lines added at one place clash',
    base: utf8('one\n'),
    a: utf8('one\nmine\n'),
    b: utf8('one\nyours\n'),
    becomes: 'clash',
  },
  {
    why: 'a file without a last line end keeps none, and gets one where somebody gave it one',
    base: utf8('one\ntwo\nthree\nfour'),
    a: utf8('ONE\ntwo\nthree\nfour'),
    b: utf8('one\ntwo\nthree\nfour\n'),
    becomes: utf8('ONE\ntwo\nthree\nfour\n'),
  },
  {
    why: 'who changes all line ends has changed no line',
    base: utf8(six),
    a: utf8(six.replaceAll('\n', '\r\n')),
    b: utf8(edited('three', 'III')),
    becomes: utf8(edited('three', 'III').replaceAll('\n', '\r\n')),
  },
  {
    why: 'where line ends differ within a file, each line keeps its own',
    base: utf8('one\r\ntwo\nthree\r\nfour\nfive\n'),
    a: utf8('ONE\r\ntwo\nthree\r\nfour\nfive\n'),
    b: utf8('one\r\ntwo\nthree\r\nfour\nFIVE\n'),
    becomes: utf8('ONE\r\ntwo\nthree\r\nfour\nFIVE\n'),
  },
  {
    why: 'a byte order mark is kept, or taken away by who took it away',
    base: marked(six),
    a: utf8(edited('one', 'ONE')),
    b: marked(edited('six', 'SÏX')),
    becomes: utf8(edited('one', 'ONE', edited('six', 'SÏX'))),
  },
  {
    why: 'UTF-16 of either order comes out as it was',
    base: utf16le(six),
    a: utf16le(edited('one', 'öne')),
    b: utf16le(edited('six', '𝕊ix')),
    becomes: utf16le(edited('one', 'öne', edited('six', '𝕊ix'))),
  },
  {
    why: 'UTF-16 with the high byte first',
    base: utf16be(six),
    a: utf16be(edited('one', 'öne')),
    b: utf16be(edited('six', 'SIX')),
    becomes: utf16be(edited('one', 'öne', edited('six', 'SIX'))),
  },
  {
    why: 'Latin-1 stays Latin-1',
    base: latin1(six),
    a: latin1(edited('one', 'öne')),
    b: latin1(edited('six', 'sïx')),
    becomes: latin1(edited('one', 'öne', edited('six', 'sïx'))),
  },
  {
    why: 'two encodings in one file would be neither',
    base: utf8(six),
    a: utf8(edited('one', 'öne')),
    b: latin1(edited('six', 'sïx')),
    becomes: 'clash',
  },
  { why: 'from an empty file', base: utf8(''), a: utf8('mine\n'), b: utf8(''), becomes: utf8('mine\n') },
  { why: 'to an empty file', base: utf8(six), a: utf8(''), b: utf8(six), becomes: utf8('') },
  {
    why: 'lines that mean something to a program are lines',
    base: utf8('constructor\n__proto__\ntoString\nx\n'),
    a: utf8('constructor\n__proto__\ntoString\ny\n'),
    b: utf8('hasOwnProperty\nconstructor\n__proto__\ntoString\nx\n'),
    becomes: utf8('hasOwnProperty\nconstructor\n__proto__\ntoString\ny\n'),
  },
  {
    why: 'what has zero bytes is no text',
    base: utf8(six),
    a: utf8(`${six}\0`),
    b: utf8(edited('one', 'ONE')),
    becomes: 'no text',
  },
  {
    why: 'what is too large is left alone',
    base: utf8(six),
    a: utf8('x\n'.repeat(MAX_MERGE_BYTES)),
    b: utf8(six),
    becomes: 'too large',
  },
  {
    why: 'so is what would take minutes to compare: many equal lines, changed at both ends',
    base: utf8(`one\n${'\n'.repeat(30_000)}six\n`),
    a: utf8(`ONE\n${'\n'.repeat(30_001)}six\n`),
    b: utf8(`one\n${'\n'.repeat(30_002)}SIX\n`),
    becomes: 'too large',
  },
];

for (const { why, base, a, b, becomes } of cases)
  test(why, () => {
    for (const merged of [mergeText(base, a, b), mergeText(base, b, a)])
      if (typeof becomes === 'string') assert.equal(merged.kind, becomes);
      else {
        assert.ok(merged.kind === 'merged', merged.kind);
        assert.deepEqual(Buffer.from(merged.bytes).toString('latin1'), Buffer.from(becomes).toString('latin1'));
      }
  });

const line = fc.constantFrom('', 'a', 'b', 'c', 'd', 'e');
const ends = fc.constantFrom('\n', '\r\n', '\r');
const text = fc
  .tuple(fc.array(line, { maxLength: 12 }), ends, fc.boolean())
  .map(([lines, end, ended]) => lines.join(end) + (ended && lines.length > 0 ? end : ''));

test('what is merged is the same whichever side it is seen from, and what only one side changed is what that side has', () => {
  fc.assert(
    fc.property(text, text, text, (base, a, b) => {
      const [o, x, y] = [utf8(base), utf8(a), utf8(b)];
      assert.deepEqual(mergeText(o, x, y), mergeText(o, y, x));
      const alone = mergeText(o, x, o);
      assert.ok(alone.kind === 'merged');
      assert.equal(Buffer.from(alone.bytes).toString(), a);
      const alike = mergeText(o, x, x);
      assert.ok(alike.kind === 'merged');
      assert.equal(Buffer.from(alike.bytes).toString(), a);
    }),
    { numRuns: 3000 },
  );
});

test('any bytes are taken for text only where they come back as they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      if (textOf(bytes) === undefined) return;
      const merged = mergeText(bytes, bytes, bytes);
      assert.ok(merged.kind === 'merged');
      assert.deepEqual(Buffer.from(merged.bytes), Buffer.from(bytes));
    }),
    { numRuns: 5000 },
  );
});
