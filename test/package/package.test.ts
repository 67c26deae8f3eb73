// The Debian package: what is in it, how large it is, that it runs where it is unpacked, and that the same source makes the
// same bytes. What dpkg does with it is in test/hosts/package.test.ts.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { commands } from '../../ctl/commands/table.ts';
import { VERSION } from '../../daemon/version.ts';
import { makeArchive } from '../../packaging/deb/archive.ts';
import { CONFFILES, FILES } from '../../packaging/deb/files.ts';
import { lockedPackages } from '../../packaging/deb/locked-packages.ts';
import { packageFile } from '../hosts/package-file.ts';
import { waitFor } from '../system/wait-for.ts';
import { BUILT_AT_S, buildPackage, digestOfPackage, programsIn, unpackPackage, whyNoPackage } from './built.ts';

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const skip = whyNoPackage() ?? false;
const MAX_PACKAGE_BYTES = 40e6;
const MAX_INSTALLED_BYTES = 150e6;

let place = '';
let tree = '';
let packed = '';
const read = (path: string): string => readFileSync(join(tree, path), 'utf8');
const readPacked = (path: string): string => gunzipSync(readFileSync(join(tree, path))).toString();
const manual = {
  syncctl: 'usr/share/man/man1/syncctl.1.gz',
  yaml: 'usr/share/man/man5/syncd.yaml.5.gz',
  syncd: 'usr/share/man/man8/syncd.8.gz',
};
const files = (): string[] => globSync('**', { cwd: tree }).filter((path) => lstatSync(join(tree, path)).isFile());

before(async () => {
  if (skip !== false) return;
  place = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  tree = join(place, 'tree');
  const elsewhere = join(place, 'another place to build');
  mkdirSync(elsewhere);
  const umask = process.umask(0o077);
  packed = await buildPackage(join(place, 'small'), [], { TMPDIR: elsewhere, TZ: 'Asia/Tokyo', LC_ALL: 'C' });
  process.umask(umask);
  unpackPackage(packed, tree);
});
after(() => rmSync(place, { recursive: true, force: true }));

test('it is named for its version and processor, and is no larger than promised', { skip }, () => {
  assert.match(packed, new RegExp(`/syncd_${VERSION}_(?:amd64|arm64)\\.deb$`));
  assert.ok(statSync(packed).size <= MAX_PACKAGE_BYTES, `${statSync(packed).size} bytes`);
  const installed = files().reduce((sum, path) => sum + statSync(join(tree, path)).size, 0);
  assert.ok(installed <= MAX_INSTALLED_BYTES, `${installed} bytes installed`);
});

test('the same source makes the same bytes, whoever builds it, where and when', { skip }, async () => {
  const other = await packageFile();
  assert.equal(digestOfPackage(other), digestOfPackage(packed), 'all that is in it');
  const again = join(place, 'again.deb');
  makeArchive(tree, again, BUILT_AT_S, 'fast');
  assert.ok(readFileSync(again).equals(readFileSync(other)), 'the file itself');
});

test('owners, modes and times are those of a package, and all that the table names is in it', { skip }, () => {
  const listed = execFileSync('dpkg-deb', ['--contents', packed], { encoding: 'utf8' }).trim().split('\n');
  assert.deepEqual(
    listed.filter((line) => !/^(?:drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root\/root /.test(line)),
    [],
  );
  assert.equal(new Set(listed.map((line) => line.split(/ +/).slice(3, 5).join(' '))).size, 1, 'one time for all');
  for (const { from, to } of FILES) assert.equal(read(to), readFileSync(join(root, from), 'utf8'), to);
  assert.deepEqual(
    read('DEBIAN/conffiles').trim().split('\n'),
    CONFFILES.map((path) => `/${path}`),
  );
  const { status } = spawnSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: tree });
  assert.equal(status, 0, 'checksums are right');
  for (const script of ['postinst', 'prerm', 'postrm'])
    assert.equal(spawnSync('sh', ['-n', join(tree, 'DEBIAN', script)]).status, 0, script);
});

test('where it is unpacked the programs run, with their own Node and every native add-on', { skip }, async () => {
  const { node, syncd, syncctl, home } = programsIn(tree);
  assert.match((await run(node, [syncd, '--version'])).stdout, new RegExp(`^syncd ${VERSION}\n$`));
  assert.match((await run(node, [syncctl, '--version'])).stdout, new RegExp(`^syncctl ${VERSION}\n$`));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  const imports = ['reflect-metadata', ...Object.keys(dependencies)].map((name) => `await import('${name}');`);
  await run(node, ['--input-type=module', '--eval', imports.join('')], { cwd: home });

  const daemonHome = join(place, 'home');
  const folder = join(place, 'docs');
  mkdirSync(folder);
  const ctl = async (...args: string[]): Promise<string> =>
    (await run(node, [syncctl, '--home', daemonHome, ...args])).stdout;
  mkdirSync(daemonHome);
  writeFileSync(join(daemonHome, 'config.yaml'), `listen: false\nlog: { file: ${join(place, 'syncd.log')} }\n`);
  const daemon = spawn(node, [syncd, '--home', daemonHome], { stdio: 'ignore' });
  try {
    await waitFor('it answers', async () =>
      ctl('status').then(
        () => true,
        () => false,
      ),
    );
    await ctl('add-folder', 'docs', folder);
    writeFileSync(join(folder, 'a.txt'), 'hello');
    await waitFor('it sees a file', async () => / 1$|\t1\t/m.test(await ctl('folders')));
    const loaded = readFileSync(`/proc/${daemon.pid}/maps`, 'utf8');
    for (const addon of ['koffi', 'better-sqlite3']) assert.match(loaded, new RegExp(`${home}/.*${addon}.*\\.node`));
    daemon.kill('SIGTERM');
    assert.equal(await waitFor('it ends', () => daemon.exitCode ?? undefined), 0);
    const [log = ''] = globSync('syncd.*log', { cwd: place });
    assert.match(readFileSync(join(place, log), 'utf8'), /started/, 'the log file is written');
  } finally {
    daemon.kill('SIGKILL');
  }
});

test('manual pages name every command, option and key, and man finds nothing wrong with them', { skip }, () => {
  const plain = (page: string): string => page.replaceAll(/\\f[A-Z]/g, '').replaceAll('\\-', '-');
  const syncctl = plain(readPacked(manual.syncctl));
  for (const { name, options = [] } of commands) {
    assert.match(syncctl, new RegExp(`^\\.SS "${name}[ "]`, 'm'), name);
    for (const { flags } of options) assert.ok(syncctl.includes(`\n${flags}\n`), `${name} ${flags}`);
  }
  const yaml = plain(readPacked(manual.yaml));
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  for (const [, key = ''] of page.matchAll(/^\| `([a-z_.]+)` +\|/gm)) assert.ok(yaml.includes(`\n${key}\n`), key);
  const { stdout: help } = spawnSync(programsIn(tree).node, [programsIn(tree).syncd, '--help'], { encoding: 'utf8' });
  for (const option of help.match(/--[a-z-]+/g) ?? [])
    assert.ok(plain(readPacked(manual.syncd)).includes(option), option);
  if (spawnSync('man', ['--version']).error) return;
  for (const path of Object.values(manual)) {
    const { stderr, status } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', join(tree, path)], {
      encoding: 'utf8',
    });
    assert.deepEqual({ stderr, status }, { stderr: '', status: 0 }, path);
  }
});

test('completions are those that syncctl prints', { skip }, async () => {
  const { node, syncctl } = programsIn(tree);
  const places = {
    bash: 'usr/share/bash-completion/completions/syncctl',
    zsh: 'usr/share/zsh/vendor-completions/_syncctl',
    fish: 'usr/share/fish/vendor_completions.d/syncctl.fish',
  };
  for (const [shell, path] of Object.entries(places))
    assert.equal(read(path).trimEnd(), (await run(node, [syncctl, 'completion', shell])).stdout.trimEnd(), shell);
});

test(
  'the copyright file has every bundled package with its licence, and nothing is bundled that it has not',
  { skip },
  () => {
    const copyright = read('usr/share/doc/syncd/copyright');
    const packages = lockedPackages(readFileSync(join(root, 'package-lock.json'), 'utf8'), process.arch);
    for (const { name, version, license } of packages) {
      const [paragraph = ''] = copyright
        .split('\n\n')
        .filter((part) => part.includes(`\nComment: ${name} ${version}\n`));
      assert.match(paragraph, /^Copyright: \S/m, name);
      assert.ok(paragraph.includes(`\nLicense: ${license}`), `${name}: ${license}`);
      assert.ok(paragraph.length > 250, `${name}: the text of the licence`);
    }
    const bundled = new Set(
      files().flatMap((path) => /^usr\/lib\/syncd\/((?:node_modules\/(?:@[^/]+\/)?[^/]+\/)+)/.exec(path)?.[1] ?? []),
    );
    const known = new Set(packages.map(({ path }) => `${path}/`));
    assert.deepEqual(
      [...bundled].filter((path) => !known.has(path)),
      [],
    );
    assert.deepEqual(
      files().filter((path) => path.endsWith('.node') && /musl|darwin|win32|freebsd/.test(path)),
      [],
    );
  },
);

test('the changelog is that of the project, as Debian reads it', { skip }, () => {
  const changelog = readPacked('usr/share/doc/syncd/changelog.gz');
  assert.match(changelog, new RegExp(`^syncd \\(${VERSION}\\) unstable; urgency=medium\n\n  \\* Added: `));
  assert.match(changelog, /\n -- .+ <.+@.+>  \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\n$/);
});

test(
  'the package needs every library that its programs are linked against',
  { skip: skip || (existsSync('/var/lib/dpkg/info') ? false : 'skipped: not a Debian') },
  () => {
    const control = read('DEBIAN/control');
    const binaries = files().filter((path) => path.endsWith('.node') || path.endsWith('bin/node'));
    const libraries = binaries.flatMap((path) => {
      const said = execFileSync('readelf', ['--dynamic', join(tree, path)], { encoding: 'utf8' });
      return [...said.matchAll(/\(NEEDED\).*\[(.+)\]/g)].flatMap(([, name]) => name ?? []);
    });
    for (const library of new Set(libraries)) {
      const [owner = ''] = execFileSync('dpkg', ['--search', `*/${library}`], { encoding: 'utf8' }).split(':');
      assert.ok(control.includes(owner), `${library} of ${owner}`);
    }
  },
);

const noLintian = spawnSync('lintian', ['--version']).error ? 'skipped: lintian is not installed' : false;
test('lintian finds no error and no warning', { skip: skip || noLintian }, () => {
  const { stdout, stderr } = spawnSync('lintian', ['--allow-root', '--tag-display-limit', '0', packed], {
    encoding: 'utf8',
  });
  assert.deepEqual(
    `${stdout}${stderr}`.split('\n').filter((line) => /^[EW]:/.test(line)),
    [],
  );
});
