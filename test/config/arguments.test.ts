import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseArguments } from '../../daemon/arguments.ts';

const NONE = { home: undefined, config: undefined, logLevel: undefined };

test('without arguments the daemon runs', () => {
  assert.deepEqual(parseArguments([]), { kind: 'run', options: NONE });
});

test('options are taken with a space or with an equals sign', () => {
  const options = { home: '/h', config: 'c.yaml', logLevel: 'debug' };
  assert.deepEqual(parseArguments(['--home', '/h', '--config=c.yaml', '--log-level', 'debug']), {
    kind: 'run',
    options,
  });
  assert.deepEqual(parseArguments(['--check-config', '--home=/h']), {
    kind: 'check config',
    options: { ...NONE, home: '/h' },
  });
});

test('help and version go before everything else', () => {
  assert.deepEqual(parseArguments(['--home', '/h', '--help']), { kind: 'help' });
  assert.deepEqual(parseArguments(['-h']), { kind: 'help' });
  assert.deepEqual(parseArguments(['--version']), { kind: 'version' });
});

for (const argv of [
  ['--nonsense'],
  ['start'],
  ['--home'],
  ['--home='],
  ['--log-level', 'loud'],
  ['--check-config=yes'],
])
  test(`wrong usage is told in one line: syncd ${argv.join(' ')}`, () => {
    assert.throws(() => parseArguments(argv), { code: 'E_USAGE', message: /^[^\n]+$/, hint: 'See syncd --help.' });
  });
