import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';

import { KEYWORD } from '../../daemon/config/keywords.ts';
import { SCHEMAS } from '../../daemon/config/schema.ts';
import { Validator } from '../../daemon/config/validator.ts';

const DOCUMENTS: readonly unknown[] = [
  {},
  [],
  'folders',
  { listen: 'auto', folders: { docs: { path: '/srv/docs' } } },
  { listen: 7, folders: { docs: { path: 'docs' } } },
  { folders: { docs: { path: '/srv/docs', versions: { keep: '30d', max_size: 3, size: 4 } } } },
  { folders: { bandwidth: { path: '/srv/docs', bandwidth: { up: '10MB/s', at: { never: { up: 0 } } } } } },
  { folders: { docs: { path: '/srv/docs', notify: [{ on: ['conflict', 'hunger'], run: ['/bin/true'] }] } } },
  { folders: { docs: { ignore: [1, '*.tmp'], peers: { hub: 'two-way', nas: 'both', '': 'read-only' } } } },
  { folder: {}, defaults: { mode: 'send', hidden: 'yes' }, profiles: { photos: { path: '/srv', only: '*.jpg' } } },
  { peers: { hub: { id: 'HUB', address: ['wss://hub:1', 'hub'] } }, log: { level: 'loud', colour: true } },
  JSON.parse('{ "__proto__": { "path": 1 }, "folders": { "__proto__": { "path": 1 } } }'),
];

function ajv(): Ajv {
  const one = new Ajv({ allErrors: true, verbose: true, allowMatchingProperties: true, strictRequired: false });
  one.addKeyword(KEYWORD);
  return one;
}

function verdict(validate: ValidateFunction<unknown>, document: unknown): unknown {
  if (validate(document)) return 'valid';
  return validate.errors?.map(({ keyword, instancePath, params, parentSchema }) => ({
    keyword,
    instancePath,
    params,
    description: (parentSchema as SchemaObject | undefined)?.['description'] as unknown,
    known: Object.keys(((parentSchema as SchemaObject | undefined)?.['properties'] ?? {}) as object),
  }));
}

test('what is compiled for some keys judges as the whole schema does, whatever it was asked before', () => {
  const whole = ajv().compile(SCHEMAS.config);
  const expected = DOCUMENTS.map((document) => verdict(whole, document));
  assert.ok(expected.filter((one) => one === 'valid').length >= 2);
  const orders = [DOCUMENTS.keys(), [...DOCUMENTS.keys()].reverse()].map((order) => [...order, ...DOCUMENTS.keys()]);
  for (const order of orders) {
    const narrow = new Validator(ajv(), SCHEMAS.config);
    for (const at of order)
      assert.deepEqual(verdict(narrow.of(DOCUMENTS[at]), DOCUMENTS[at]), expected[at], JSON.stringify(DOCUMENTS[at]));
  }
});

test('it is compiled again only when keys come that it was not compiled for', () => {
  const validator = new Validator(ajv(), SCHEMAS.config);
  const first = validator.of({ folders: { docs: { path: '/srv/docs' } } });
  assert.equal(validator.of({ folders: { photos: { path: '/srv/photos' }, docs: {} } }), first);
  assert.equal(validator.of({ unknown: 1 }), first);
  const second = validator.of({ listen: 'auto' });
  assert.notEqual(second, first);
  assert.equal(validator.of({ folders: { docs: { path: '/srv/docs' } } }), second);
});
