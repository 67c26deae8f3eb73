import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConfig } from '../../daemon/config/load.ts';
import { showConfigText } from '../../daemon/config/show.ts';
import type { NoticeRule } from '../../daemon/core/settings.ts';
import { folderName, SELF, written } from './surroundings.ts';

function rules(notify: string, defaults = ''): readonly NoticeRule[] {
  const text = `defaults: { ${defaults} }\nfolders:\n  docs:\n    path: /srv/docs\n    notify: ${notify}`;
  const config = loadConfig(written(text));
  const again = loadConfig(written(showConfigText(config, SELF)));
  assert.deepEqual(again.folders, config.folders, 'what is shown means the same');
  return config.folders.get(folderName('docs'))?.notify ?? [];
}

test('a command has its words as they are, a home of ~, and half a minute', () => {
  assert.deepEqual(rules(`[{ on: [conflict, error], run: [~/bin/tell, "a b", "$HOME"] }]`), [
    {
      on: ['conflict', 'error'],
      how: { kind: 'run', command: ['/home/ana/bin/tell', 'a b', '$HOME'], timeoutMs: 30_000 },
      afterMs: 600_000,
    },
  ]);
});

test('a rule of defaults comes before those of the folder, and one that is in both is there once', () => {
  const both = rules(
    '[{ on: [conflict], desktop: true }, { on: [peer-lost], run: [/x], timeout: 1m, after: 1h }]',
    'notify: [{ on: [error], desktop: true }, { on: [conflict], desktop: true }]',
  );
  assert.deepEqual(
    both.map(({ on, afterMs }) => [...on, afterMs]),
    [
      ['error', 600_000],
      ['conflict', 600_000],
      ['peer-lost', 3_600_000],
    ],
  );
});

const RULE = 'on: \\[conflict\\] and either run: \\[/usr/local/bin/tell\\] or desktop: true';
const REFUSED: readonly (readonly [why: string, notify: string, message: RegExp])[] = [
  ['no list', 'desktop', /:5: folders\.docs\.notify: found desktop; expected a list of at most 16/],
  ['a word alone', '[desktop]', new RegExp(`:5: folders\\.docs\\.notify\\.0: found desktop; expected ${RULE}`)],
  ['nothing to be told of', '[{ desktop: true }]', new RegExp(`notify\\.0: found {.*}; expected ${RULE}`)],
  ['nobody to tell', '[{ on: [error] }]', new RegExp(`notify\\.0: found {.*}; expected ${RULE}`)],
  ['a command and the desktop', '[{ on: [error], run: [/x], desktop: true }]', /expected on: .* and either run/],
  ['what nobody can be told of', '[{ on: [conflikt], desktop: true }]', /on\.0: found conflikt; expected conflict, /],
  ['an empty list of what to tell', '[{ on: [], desktop: true }]', /on: found \[\]; expected a list of conflict/],
  ['one thing twice', '[{ on: [error, error], desktop: true }]', /on: found .*; expected a list of conflict/],
  ['a line for a shell', '[{ on: [error], run: "mail -s hello root" }]', /run: found .*; expected a list of the abs/],
  ['a program without a path', '[{ on: [error], run: [mail, root] }]', /run: found .*; expected a list of the abs/],
  ['no program', '[{ on: [error], run: [] }]', /run: found \[\]; expected a list of the absolute path/],
  ['a number among the words', '[{ on: [error], run: [/x, 5] }]', /run: found .*; expected a list/],
  ['a time without end', '[{ on: [error], run: [/x], timeout: 1h }]', /timeout: found 1h; expected a time from 1s to/],
  ['an absence of nothing', '[{ on: [peer-lost], run: [/x], after: 0s }]', /after: found 0s; expected a time from 1s/],
  ['a desktop that is not one', '[{ on: [error], desktop: false }]', /desktop: found false; expected true/],
  ['a key that is misspelt', '[{ on: [error], rnu: [/x] }]', /rnu: unknown key; expected one of on, run/],
  [
    'seventeen',
    `[${'{ on: [error], desktop: true }, '.repeat(17)}]`,
    /notify: found .*; expected a list of at most 16/,
  ],
];
for (const [why, notify, message] of REFUSED)
  test(`an entry of notify is refused in one clear line: ${why}`, () => {
    assert.throws(() => rules(notify), { code: 'E_CONFIG', message });
  });
