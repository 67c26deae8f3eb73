import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindByName, looksLikeText } from '../../daemon/core/text-content.ts';

const TEXTS: readonly (readonly [why: string, bytes: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['ASCII', Buffer.from('hello\tworld\r\n')],
  ['UTF-8', Buffer.from('Grüße, 世界 🌍\n')],
  ['UTF-8 that is cut in a character', Buffer.from('世界').subarray(0, 5)],
  ['UTF-8 with a mark', Buffer.from('\uFEFFhello')],
  ['UTF-16, little end first', Buffer.from('\uFEFFhello ü', 'utf16le')],
  ['UTF-16, big end first', Buffer.from('\uFEFFhello ü', 'utf16le').swap16()],
  ['Latin-1', Buffer.from('Grüße', 'latin1')],
  ['colours of a terminal', Buffer.from('\u001B[31mred\u001B[0m')],
];
const OTHERS: typeof TEXTS = [
  ['a NUL', Buffer.from('hello\0world')],
  ['a control character', Buffer.from('hello\u0001')],
  ['UTF-16 without a mark', Buffer.from('hello', 'utf16le')],
  ['UTF-16 with a NUL', Buffer.from('\uFEFFa\0', 'utf16le')],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
];

for (const [why, bytes] of TEXTS) test(`text: ${why}`, () => assert.equal(looksLikeText(bytes), true));
for (const [why, bytes] of OTHERS) test(`no text: ${why}`, () => assert.equal(looksLikeText(bytes), false));

test('a name can say that a file is no text, and never that it is one', () => {
  for (const name of ['a.png', 'a.tar.GZ', 'x.pdf']) assert.equal(kindByName(name), 'binary', name);
  for (const name of ['a.txt', 'png', '.png', 'a.ts', 'a.']) assert.equal(kindByName(name), 'unknown', name);
});
