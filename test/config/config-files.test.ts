import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { loadConfig } from '../../daemon/config/load.ts';
import { configFiles } from '../../daemon/system/config-files.ts';
import { written } from './surroundings.ts';

const dir = mkdtempSync(join(tmpdir(), 'syncd-config-'));
after(() => {
  rmSync(dir, { recursive: true });
});
const at = (name: string): string => join(dir, name);
const write = (path: string, text: string | undefined): void => configFiles.change(new Map([[path, text]]));

test('a written file is private, in private directories, and leaves nothing beside it', () => {
  write(at('new/dir/x.yaml'), 'one');
  write(at('new/dir/x.yaml'), 'two');
  assert.equal(readFileSync(at('new/dir/x.yaml'), 'utf8'), 'two');
  assert.equal(statSync(at('new/dir/x.yaml')).mode & 0o777, 0o600);
  assert.equal(statSync(at('new')).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(at('new/dir')), ['x.yaml']);
  write(at('new/dir/x.yaml'), undefined);
  write(at('new/dir/x.yaml'), undefined);
  write(at('never/x.yaml'), undefined);
  assert.deepEqual(configFiles.list(at('new/dir')), []);
});

test('of several files none is changed where one cannot be written, and nothing is left beside them', () => {
  write(at('several/a.yaml'), 'old');
  mkdirSync(at('several/.c.yaml.new/in-the-way'), { recursive: true });
  const texts = new Map([
    [at('several/a.yaml'), 'new'],
    [at('several/b.yaml'), 'new'],
    [at('several/c.yaml'), 'new'],
  ]);

  assert.throws(() => configFiles.change(texts));

  assert.deepEqual(readdirSync(at('several')), ['.c.yaml.new', 'a.yaml']);
  assert.equal(readFileSync(at('several/a.yaml'), 'utf8'), 'old');
});

test('what a crash left of a write is neither read nor in the way', () => {
  mkdirSync(at('crash'));
  writeFileSync(at('crash/.x.yaml.new'), 'half');
  assert.deepEqual(configFiles.list(at('crash')), []);
  write(at('crash/x.yaml'), 'whole');
  assert.deepEqual(readdirSync(at('crash')), ['x.yaml']);
});

test('what is not there is no file and an empty list', () => {
  assert.equal(configFiles.read(at('none'), 10), undefined);
  assert.deepEqual(configFiles.list(at('none')), []);
});

test('names come sorted', () => {
  for (const name of ['b', 'a', '.c']) write(at(`sorted/${name}`), '');
  assert.deepEqual(configFiles.list(at('sorted')), ['a', 'b']);
});

test('a file that is too large, no text, a directory or a pipe is refused without waiting', () => {
  writeFileSync(at('ten'), '0123456789');
  assert.equal(configFiles.read(at('ten'), 10), '0123456789');
  assert.throws(() => configFiles.read(at('ten'), 9), { code: 'EFBIG' });
  assert.throws(() => configFiles.read('/dev/zero', 9), { code: 'EINVAL' });
  writeFileSync(at('bytes'), Buffer.from([0xff, 0xfe]));
  assert.throws(() => configFiles.read(at('bytes'), 10), { code: 'EILSEQ' });
  assert.throws(() => configFiles.read(dir, 10), { code: 'EINVAL' });
  execFileSync('mkfifo', [at('pipe')]);
  assert.throws(() => configFiles.read(at('pipe'), 10), { code: 'EINVAL' });
});

test('a configuration that cannot be read is refused in words', () => {
  writeFileSync(at('large.yaml'), 'x'.repeat((1 << 20) + 1));
  const context = written('');
  const locations = { ...context.locations, configFile: at('large.yaml'), folderDirs: [], peerDirs: [] };
  assert.throws(
    () => loadConfig({ ...context, files: configFiles, locations }),
    /large\.yaml: larger than 1048576 bytes/,
  );
  assert.throws(
    () => loadConfig({ ...context, files: configFiles, locations: { ...locations, configFile: dir } }),
    /not a regular file/,
  );
});
