import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { loadConfig } from '../../daemon/config/load.ts';
import { ConfigError } from '../../daemon/config/problem.ts';
import { HUB, written } from './surroundings.ts';

const GOOD = `name: laptop
listen: "[::]:9031"
defaults: { rescan: 5m, versions: { keep: 30d, max_size: 10% } }
folders:
  docs:
    path: ~/Documents
    peers: { hub: two-way }
    ignore: []
    authority: hub
peers:
  hub: { id: ${HUB}, address: ["wss://hub.example:9031"] }
`;
const PIECES = [
  ':',
  '\n',
  '  ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '!!str ',
  '!!set ',
  '<<',
  '|',
  '>-',
  '%YAML 1.2\n',
  '---\n',
  '...\n',
  '\t',
  '#',
  '? ',
  '~',
  '\0',
  '\uD800',
  '\uFEFF',
  '__proto__',
  '.nan',
  '0x',
  '1e999',
  ',',
];

/** The good text with some pieces put in and some stretches taken out. */
const mangled = fc
  .array(fc.tuple(fc.nat(GOOD.length), fc.nat(8), fc.constantFrom('', ...PIECES)), { minLength: 1, maxLength: 6 })
  .map((edits) => edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), GOOD));

test('whatever a file holds, it is loaded or refused in words that name the file', () => {
  fc.assert(
    fc.property(
      fc.oneof({ weight: 4, arbitrary: mangled }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) }),
      (text) => {
        try {
          loadConfig(written(text));
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
          assert.match(error.message, /^\/etc\/syncd\/config\.yaml/);
          // oxlint-disable-next-line no-control-regex
          assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f]/);
        }
      },
    ),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2000) },
  );
});
