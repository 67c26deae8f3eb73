import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type PathRefused,
  ancestorsOf,
  comparePaths,
  depthOf,
  isBelow,
  nameOf,
  parentOf,
  parseRelativePath,
  rangeBelow,
} from '../../daemon/core/path.ts';
import { path } from './build.ts';

const deep = (names: number): string => Array.from({ length: names }, () => 'a').join('/');

const REFUSED: readonly (readonly [text: string, why: PathRefused])[] = [
  ['', 'empty'],
  ['.', 'dot'],
  ['..', 'dot'],
  ['/', 'absolute'],
  ['a/', 'empty'],
  ['/a', 'absolute'],
  ['/proc/self/fd/3', 'absolute'],
  ['a//b', 'empty'],
  ['./a', 'dot'],
  ['a/.', 'dot'],
  ['a/..', 'dot'],
  ['../a', 'dot'],
  ['a/../../b', 'dot'],
  ['a/b/../../../c', 'dot'],
  ['.syncd', 'ours'],
  ['.syncd/id', 'ours'],
  ['.syncd/versions/x', 'ours'],
  ['a\u0000b', 'nul'],
  ['\ud800', 'not UTF-8'],
  ['a/\udc00x', 'not UTF-8'],
  ['x'.repeat(256), 'too long'],
  ['€'.repeat(86), 'too long'],
  [`${'a/'.repeat(2048)}b`, 'too long'],
  [deep(257), 'too deep'],
];

test('I8: what leads out of the folder, into what is ours, or is no name is refused, with the reason', () => {
  for (const [text, why] of REFUSED)
    assert.deepEqual(parseRelativePath(text), { ok: false, why }, JSON.stringify(text));
});

const TAKEN: readonly string[] = [
  '\\..\\a',
  'C:\\a',
  '~/a',
  '.SYNCD/x',
  'a/.syncd/x',
  '.syncd2',
  'a\u202Eb',
  '\u001b]0;x\u0007',
  'a\nINFO fake',
  '-rf',
  '...',
  'x'.repeat(255),
  '€'.repeat(85),
  '__proto__',
  'constructor',
  'con',
  '%00',
  'a%2f..%2fb',
  'caf\u00e9',
  'cafe\u0301',
  'trailing ',
  'trailing.',
  ' ',
  '"quoted"',
  "it's",
  '*?[x]',
  deep(256),
];

test('every other name is taken as it is, and is what was given', () => {
  for (const text of TAKEN) assert.deepEqual(parseRelativePath(text), { ok: true, path: text }, JSON.stringify(text));
});

test('I8: no text whatever becomes a path that leaves its folder', () => {
  const piece = fc.constantFrom('a', '.', '..', '/', '.syncd', '\0', '\ud800', '\\', 'é', '~');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const parsed = parseRelativePath(pieces.join(''));
      if (!parsed.ok) return;
      const names = parsed.path.split('/');
      assert(names.every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0')));
      assert.notEqual(names[0], '.syncd');
    }),
    { numRuns: 5000 },
  );
});

test('a path, its parent, its name, its depth and what is above it', () => {
  const at = path('a/b/c');
  assert.equal(parentOf(at), 'a/b');
  assert.equal(parentOf(path('a')), '');
  assert.equal(nameOf(at), 'c');
  assert.equal(depthOf(at), 3);
  assert.deepEqual(ancestorsOf(at), ['a/b', 'a']);
  assert.equal(isBelow(at, path('a')), true);
  assert.equal(isBelow(path('ab'), path('a')), false);
  assert.equal(isBelow(path('a'), path('a')), false);
  assert.equal(isBelow(at, ''), true);
});

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }).filter((text) => parseRelativePath(text).ok);

test('paths compare as their bytes do, and what is below a directory is one range of them', () => {
  fc.assert(
    fc.property(name, name, fc.constantFrom('', '/x', '0', '.', '\u{10000}', '\uffff'), (a, b, tail) => {
      const bytes = Buffer.compare(Buffer.from(a + tail), Buffer.from(b));
      assert.equal(Math.sign(comparePaths(a + tail, b)) - Math.sign(bytes), 0);
      const { from, to } = rangeBelow(path(a));
      const inside = comparePaths(from, b + tail) <= 0 && comparePaths(b + tail, to) < 0;
      assert.equal(inside, (b + tail).startsWith(`${a}/`));
    }),
    { numRuns: 3000 },
  );
});
