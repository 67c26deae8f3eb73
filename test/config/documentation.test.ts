import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';

import { KEYWORD } from '../../daemon/config/keywords.ts';
import { loadConfig } from '../../daemon/config/load.ts';
import { FOLDER_SCHEMA, PEER_SCHEMA, SCHEMAS } from '../../daemon/config/schema.ts';
import { HUB, written } from './surroundings.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/configuration.md');

/** The text from this heading to the next. */
function section(heading: string): string {
  const [, text] = page.split(`\n## ${heading}\n`);
  assert.ok(text !== undefined, `there is a section ${heading}`);
  return text.split('\n## ')[0] ?? '';
}

/** Keys of a schema; those inside of a mapping with a dot. */
function keysOf(schema: unknown): string[] {
  const properties = schema && typeof schema === 'object' && 'properties' in schema ? schema.properties : undefined;
  return Object.entries(properties ?? {}).flatMap(([key, value]) => {
    const inner = key === 'defaults' ? [] : keysOf(value).map((below) => `${key}.${below}`);
    return inner.length === 0 ? [key] : inner;
  });
}

/** Key → its row, of the table in a section. */
function rows(heading: string): Map<string, string> {
  return new Map([...section(heading).matchAll(/^\| `([\w.]+)` +\|.*$/gm)].map(([row, key]) => [key ?? '', row]));
}

const SECTIONS = [
  ['The whole device', SCHEMAS.config],
  ['Folders', FOLDER_SCHEMA],
  ['Peers', PEER_SCHEMA],
] as const;

for (const [heading, schema] of SECTIONS)
  test(`every key of «${heading}» is documented, and no other`, () => {
    assert.deepEqual([...rows(heading).keys()].toSorted(), keysOf(schema).toSorted());
  });

/** Whether this example says something of a key. */
function says(value: unknown, [key, ...inner]: readonly string[]): boolean {
  if (key === undefined) return true;
  const found = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  return found.some(([name, below]) => name === key && says(below, inner));
}

const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text ?? '');
for (const [i, example] of examples.entries())
  test(`example ${i + 1} of the page loads`, () => {
    loadConfig(written(example));
  });

for (const path of globSync('packaging/examples/*.yaml', { cwd: new URL('../../', import.meta.url) }))
  test(`${path} loads`, () => {
    loadConfig(written(read(path)));
  });

test('the schemas are schemas', () => {
  const ajv = new Ajv({ allowMatchingProperties: true, strictRequired: false });
  ajv.addKeyword(KEYWORD);
  for (const schema of [...Object.values(SCHEMAS), FOLDER_SCHEMA, PEER_SCHEMA])
    assert.equal(ajv.validateSchema(schema), true, ajv.errorsText());
});

test('every key of the device and of a folder is set in an example', () => {
  const shown = examples.map((text) => load(text) as Record<string, object | undefined>);
  const folders = shown.flatMap(({ defaults, folders: all = {}, profiles = {} }) => [
    defaults,
    ...Object.values({ ...all, ...profiles }),
  ]);
  const missing = (schema: unknown, values: readonly unknown[]): string[] =>
    keysOf(schema).filter((key) => !values.some((value) => says(value, key.split('.'))));
  assert.deepEqual(missing(SCHEMAS.config, shown), []);
  assert.deepEqual(missing(FOLDER_SCHEMA, folders), []);
});

test('the mistakes shown on the page are told in these words', () => {
  const text = 'folders:\n  docs:\n    path: /srv/docs\n    rescn: 5m\n\n\n    max_delete: 0.5\n';
  const shown = [...page.matchAll(/^(\/etc\/syncd\/config\.yaml:\d.*)$/gm)].map(([line]) => line);
  assert.throws(() => loadConfig(written(text)), { message: shown.join(' | ') });
});

test('the shipped config.yaml is all comments, and what is commented out means what it says', () => {
  const shipped = read('packaging/config.yaml');
  assert.deepEqual(loadConfig(written(shipped)), loadConfig(written('')));
  // Prose has one space after its mark; a key has none, or those of its indentation.
  const uncommented = shipped.replace(/^#(?! \S)/gm, '').replace(/id: <.*>/, `id: ${HUB}`);
  const config = loadConfig(written(uncommented));
  assert.deepEqual([config.name, [...config.folders.keys()], [...config.peers.keys()]], ['hub', ['docs'], [HUB]]);
});
