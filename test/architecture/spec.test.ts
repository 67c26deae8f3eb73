// What the pages say agrees with the code: the made ones are up to date, and what they name exists.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePages } from '../../packaging/docs.ts';
import { EXAMPLES } from '../../packaging/docs/examples.ts';
import { NOT_SHOWN, shownBy } from '../../packaging/docs/invariants.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { decodeMessage, encode } from '../../protocol/frame.ts';
import { SCHEMAS } from '../../protocol/schemas.ts';
import { REPOSITORY, sourceFiles } from './source-files.ts';

const page = (name: string): string => readFileSync(join(REPOSITORY, 'docs', name), 'utf8');

test('the made pages are up to date: node packaging/docs.ts', async () => {
  const old = (await makePages()).filter(({ upToDate }) => !upToDate);
  assert.deepEqual(
    old.map(({ path }) => path),
    [],
  );
});

test('every message has a section with an example that travels as a frame', () => {
  const text = page('protocol.md');
  for (const type of Object.keys(SCHEMAS)) {
    const [, json] = new RegExp(`^### ${type}\n[^]*?\`\`\`json\n([^]*?)\`\`\``, 'm').exec(text) ?? [];
    assert.ok(json, `docs/protocol.md has no example of ${type}`);
    assert.deepEqual(JSON.parse(json), EXAMPLES[type as keyof typeof EXAMPLES]);
  }
  for (const message of Object.values(EXAMPLES)) {
    const length = 'payload' in message ? message.payload : undefined;
    const payload = length === undefined ? undefined : new Uint8Array(length);
    assert.deepEqual(decodeMessage(encode(message, payload)), [{ kind: 'frame', frame: { message, payload } }]);
  }
});

test('every code that is named in a page or in the program is in the list', () => {
  const known = new Set<string>(Object.keys(ERRORS));
  const program = sourceFiles('daemon', 'protocol', 'ctl').map(({ path, text }) => ({ path, text }));
  const pages = ['protocol.md', 'errors.md', 'invariants.md'].map((name) => ({
    path: `docs/${name}`,
    text: page(name),
  }));
  const wrong = [...program, ...pages].flatMap(({ path, text }) =>
    (text.match(/\bE_[A-Z]+(?:_[A-Z]+)*\b/g) ?? [])
      .filter((code) => code !== 'E_CODE' && !known.has(code))
      .map((code) => `${path}: ${code}`),
  );
  assert.deepEqual(wrong, []);
});

test('every code has a meaning and a hint that are sentences, and an exit status', () => {
  for (const [code, { meaning, hint, exit }] of Object.entries(ERRORS)) {
    assert.match(meaning, /^[A-Z].*\.$/, code);
    assert.match(hint, /^\S.*\.$/, code);
    assert.ok(exit >= 1 && exit <= 5, code);
  }
});

test('every invariant is in the page once, and is shown by a test or named as not shown', () => {
  const rows = [...page('invariants.md').matchAll(/^\| (I\d+) +\|.*\|\s*([^|]*?)\s*\|$/gm)];
  assert.deepEqual(
    rows.map(([, number]) => number),
    Array.from({ length: 15 }, (_, i) => `I${i + 1}`),
  );
  const shown = shownBy();
  for (const [, number = '', by] of rows) assert.equal(by === NOT_SHOWN, !shown.has(number), number);
  const named = new Set(rows.map(([, number]) => number));
  assert.deepEqual(
    [...shown.keys()].filter((number) => !named.has(number)),
    [],
    'titles with a number that no page has',
  );
});
