// Configuration files as somebody means harm with them: bombs, giants, links, and files that are another user's.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { loadConfig } from '../../daemon/config/load.ts';
import { MAX_CONFIG_BYTES } from '../../daemon/config/document.ts';
import { ConfigError } from '../../daemon/config/problem.ts';
import { configFiles } from '../../daemon/system/config-files.ts';
import { LOCATIONS, SELF, written } from './surroundings.ts';

const dir = mkdtempSync(join(tmpdir(), 'syncd-fuzz-'));
after(() => {
  rmSync(dir, { recursive: true });
});

/** Loads a file of the disk as the main one. */
function loadFile(configFile: string) {
  const locations = { ...LOCATIONS, configFile, folderDirs: [join(dir, 'none')], peerDirs: [join(dir, 'none')] };
  return loadConfig({ files: configFiles, locations, self: SELF, hostName: 'laptop', home: '/home/ana' });
}

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...[...'bcdefghi'].map((name, n) => {
    const before = '*' + String.fromCharCode(97 + n);
    return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(', ')}]`;
  }),
].join('\n');

const full = (unit: string): string => unit.repeat(Math.floor(MAX_CONFIG_BYTES / unit.length));

const HARMFUL: readonly (readonly [string, string])[] = [
  ['an anchor that multiplies', bomb],
  ['an alias of itself', 'name: &a [*a]'],
  ['a merge key', 'base: &base { path: /etc }\nfolders: { docs: { <<: *base } }'],
  ['a merge key without an anchor', 'folders: { docs: { <<: { path: /etc } } }'],
  ['a tag of another language', 'name: !!js/function "function () {}"'],
  ['a prototype', 'folders: { __proto__: { path: /srv/x }, docs: { path: /srv/y } }\n__proto__: { name: x }'],
  ['a constructor', 'constructor: { prototype: { path: /etc } }'],
  ['lists without end', full('[')],
  ['lists that end', '['.repeat(500_000) + ']'.repeat(500_000)],
  ['lists in lines', full('- ')],
  ['mappings without end', full('{a: ')],
  ['deeper at each line', Array.from({ length: 1_400 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
  ['questions', full('? ')],
  ['keys without end', Array.from({ length: 90_000 }, (_, n) => `k${n}: 1`).join('\n')],
  ['folders without end', `folders:\n${Array.from({ length: 60_000 }, (_, n) => `  f${n}: {}`).join('\n')}`],
  ['one key of a megabyte', `${'a'.repeat(1_000_000)}: 1`],
  ['one text of a megabyte', `name: "${'\\u0061'.repeat(160_000)}"`],
  ['quotes without end', full('"')],
  ['directives without end', full('%YAML 1.2\n')],
  ['documents without end', full('---\n')],
  ['a number beyond all', `name: ${'9'.repeat(1_000_000)}`],
];

for (const [what, text] of HARMFUL)
  test(`I10: a configuration with ${what} is refused in bounded time and words`, () => {
    const startedMs = performance.now();
    assert.throws(
      () => loadConfig(written(text)),
      (error) => {
        assert.ok(error instanceof ConfigError, String(error));
        assert.ok(error.message.length < 20_000, `${error.message.length} characters`);
        return true;
      },
    );
    assert.ok(performance.now() - startedMs < 20_000, 'a file of a megabyte takes seconds at most');
  });

test('I10: a file of 100 MiB is refused without being read', () => {
  const file = join(dir, 'large.yaml');
  writeFileSync(file, 'name: x\n');
  truncateSync(file, 100 << 20);
  const before = process.memoryUsage().rss;
  assert.throws(() => loadFile(file), /larger than 1048576 bytes/);
  assert.ok(process.memoryUsage().rss - before < 32 << 20);
});

test('a configuration that others may write is refused, wherever a link leads to it', (t) => {
  const [file, link] = [join(dir, 'shared.yaml'), join(dir, 'link.yaml')];
  writeFileSync(file, 'name: x\n');
  symlinkSync(file, link);
  for (const mode of [0o600, 0o644, 0o664]) {
    chmodSync(file, mode);
    assert.equal(loadFile(file).name, 'x');
    assert.equal(loadFile(link).name, 'x');
  }
  chmodSync(file, 0o666);
  for (const path of [file, link]) assert.throws(() => loadFile(path), /others may change it/);
  chmodSync(file, 0o644);
  if (process.getuid?.() !== 0) return t.diagnostic('a file of another user can be made by root only');
  chownSync(file, 65_534, 65_534);
  for (const path of [file, link]) assert.throws(() => loadFile(path), /others may change it/);
});

test('to listen for everybody without a peer is no mistake: a stranger is told nothing', () => {
  const config = loadConfig(written('listen: "0.0.0.0:9031"'));
  assert.deepEqual(config.listen, { kind: 'at', host: '0.0.0.0', port: 9031 });
  assert.equal(config.peers.size, 0);
});
