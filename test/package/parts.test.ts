// The parts of the package that are computed: which packages and files are in it, and texts in the forms of Debian and man.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { debianChangelog, readChangelog, releasedAt } from '../../packaging/deb/changelog.ts';
import { debianArchitecture } from '../../packaging/deb/control.ts';
import { copyrightFile } from '../../packaging/deb/copyright.ts';
import { lockedPackages } from '../../packaging/deb/locked-packages.ts';
import { isNeeded } from '../../packaging/deb/needed-files.ts';
import { debianVersion } from '../../packaging/deb/version.ts';
import { manSections } from '../../packaging/man/markdown.ts';
import { temporaryDirectory } from '../system/daemon.ts';

test('of the lock file there are the packages that run on this kind of machine', () => {
  const version = '1.0.0';
  const lock = {
    packages: {
      '': { version },
      'node_modules/ws': { version, license: 'MIT' },
      'node_modules/prettier': { version, dev: true },
      'node_modules/node-addon-api': { version, license: 'MIT' },
      'node_modules/@x/addon-linux-x64': { version, license: 'MIT', os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
      'node_modules/@x/addon-linux-arm64': { version, license: 'MIT', os: ['linux'], cpu: ['arm64'] },
      'node_modules/@x/addon-musl': { version, license: 'MIT', cpu: ['x64'], libc: ['musl'] },
      'node_modules/@x/addon-darwin': { version, license: 'MIT', os: ['darwin'], cpu: ['x64'] },
      'node_modules/ws/node_modules/tslib': { version, license: '0BSD' },
    },
  };
  assert.deepEqual(
    lockedPackages(JSON.stringify(lock), 'x64').map(({ name, path }) => `${name} ${path}`),
    [
      '@x/addon-linux-x64 node_modules/@x/addon-linux-x64',
      'ws node_modules/ws',
      'tslib node_modules/ws/node_modules/tslib',
    ],
  );
});

const FILES: readonly (readonly [name: string, path: string, needed: boolean])[] = [
  ['ws', 'lib/websocket.js', true],
  ['ws', 'package.json', true],
  ['ws', 'README.md', false],
  ['ws', 'LICENSE', false],
  ['ajv', 'dist/ajv.d.ts', false],
  ['ajv', 'dist/compile/index.js.map', false],
  ['pino', 'lib/docs/x.js', true],
  ['pino', 'docs/api.js', false],
  ['date-fns', 'format.cjs', true],
  ['date-fns', 'format.js', false],
  ['date-fns', 'locale/de/_lib/formatLong.cjs', false],
  ['date-fns', 'locale/en-US/_lib/formatLong.cjs', true],
  ['better-sqlite3', 'prebuilds/linux-x64.node', true],
  ['better-sqlite3', 'prebuilds/linux-arm64.node', false],
  ['better-sqlite3', 'prebuilds/linuxmusl-x64.node', false],
  ['better-sqlite3', 'prebuilds/darwin-x64.node', false],
  ['@koromix/koffi-linux-x64', 'linux_x64/koffi.node', true],
  ['@koromix/koffi-linux-x64', 'musl_x64/koffi.node', false],
  ['bufferutil', 'prebuilds/linux-x64/bufferutil.node', true],
];
for (const [name, path, needed] of FILES)
  test(`of ${name}, ${path} is ${needed ? '' : 'not '}needed`, () => assert.equal(isNeeded(name, path, 'x64'), needed));

test('the changelog has what is not released under the version of this package, and what is with its own date', () => {
  const text = [
    '# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- `a` no\n  longer fails.\n',
    '## [0.1.0] - 2026-11-21\n\n### Added\n\n- All, in words that are more than one line of a Debian changelog may have in it.\n',
  ];
  const newest = { version: '0.2.0', atS: 1_800_000_000, maintainer: 'A <a@b.example>' };
  assert.equal(
    debianChangelog(readChangelog(text.join('\n')), newest),
    `syncd (0.2.0) unstable; urgency=medium

  * Fixed: a no longer fails.

 -- A <a@b.example>  Fri, 15 Jan 2027 08:00:00 +0000

syncd (0.1.0) unstable; urgency=medium

  * Added: All, in words that are more than one line of a Debian changelog may
    have in it.

 -- A <a@b.example>  Sat, 21 Nov 2026 00:00:00 +0000
`,
  );
  assert.equal(releasedAt(readChangelog(text.join('\n'))), undefined);
  assert.equal(releasedAt(readChangelog(text[1] ?? '')), Date.parse('2026-11-21T00:00:00Z') / 1000);
  assert.equal(
    releasedAt(readChangelog('## [Unreleased]\n\n## [0.1.0] - 2026-11-21\n\n### Added\n\n- All.\n')),
    1795219200,
  );
});

test('what comes before a release sorts before it', () => {
  assert.equal(debianVersion('1.0.0'), '1.0.0');
  assert.equal(debianVersion('1.0.0-rc.1'), '1.0.0~rc.1');
  const newest = { version: '1.0.0-rc.1', atS: 1_800_000_000, maintainer: 'A <a@b.example>' };
  assert.match(
    debianChangelog(readChangelog('## [Unreleased]\n\n### Added\n\n- All.\n'), newest),
    /^syncd \(1\.0\.0~rc\.1\) /,
  );
});

test('a page becomes the sections of a manual page', () => {
  const page = `# Configuration

Works without.

## How it is

A \`key\` of **all**, _see_ [there](x.md).
.not a request

- one
- two

\`\`\`yaml
a: 1

.b: 2
\`\`\`

### Inside

| key | value | default | |
| --- | --- | --- | --- |
| \`name\` | a\\|b | none | what |
`;
  assert.deepEqual(manSections(page, 'DESCRIPTION'), [
    ['DESCRIPTION', '.PP\nWorks without.'],
    [
      'HOW IT IS',
      String.raw`.PP
A \fBkey\fR of \fBall\fR, \fIsee\fR there\&. .not a request
.TP 2
\(bu
one
.TP 2
\(bu
two
.PP
.RS 4
.EX
a: 1

\&.b: 2
.EE
.RE
.SS "Inside"
.TP
\fBname\fR
value: a|b; default: none
.br
what`,
    ],
  ]);
});

test('a package without a licence file stops the build, and so does a processor that Debian has under no name here', (t) => {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'LICENSE'), 'MIT\nCopyright (c) 2026 syncd contributors\n');
  mkdirSync(join(place, 'node_modules/bare'), { recursive: true });
  const bare = { name: 'bare', version: '1.0.0', license: 'MIT', path: 'node_modules/bare' };
  assert.throws(() => copyrightFile(place, [bare]), /bare has no licence file/);
  assert.equal(debianArchitecture('x64'), 'amd64');
  assert.throws(() => debianArchitecture('ia32'), /there is no package for ia32/);
});
