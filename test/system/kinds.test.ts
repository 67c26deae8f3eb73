// Every kind of thing that a folder can hold, and every name that a thing can have.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair } from './daemon.ts';
import { assertSameTrees, describeTree, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const ODD_NAMES = [
  'with space',
  ' leading and trailing ',
  'new\nline',
  'tab\tand\u001b[31mescape',
  `quotes "'\``,
  '-rf',
  '--help',
  '__proto__',
  'constructor',
  '%00%2f',
  '*',
  '[a-z]?',
  '$HOME',
  String.raw`back\slash`,
  'colon:semi;pipe|',
  'trailing.',
  '.hidden',
  '~',
  '#x#',
  'caf\u00e9', // one character …
  'cafe\u0301', // … and the same to the eye in two: they are two files
  'CASE',
  'case',
  '日本語',
  '👩‍👩‍👧',
  'e\u202Etxt',
  'x'.repeat(255),
  '語'.repeat(85),
];

test('files, directories and links arrive with content, mode and time', async (t) => {
  const { left, right } = await startPair(t, {
    before: (root) => {
      plant(root, {
        'file.txt': 'content',
        empty: '',
        'binary.bin': new Uint8Array([0, 255, 10, 13, 0]),
        'script.sh': '#!/bin/sh\n',
        private: 'for me',
        'read-only': 'do not touch',
        'empty directory': { dir: true },
        'deep/er/and/deeper': { dir: true },
        'closed/inside.txt': 'inside',
        'link to file': { link: 'file.txt' },
        'link to directory': { link: 'deep/er' },
        'dangling link': { link: 'nowhere/at all' },
        'link out': { link: '/etc/hostname' },
        'old.txt': 'epoch',
        'before.txt': 'before the epoch',
        'future.txt': 'after 2038',
        'precise.txt': 'microseconds',
      });
      chmodSync(join(root, 'script.sh'), 0o755);
      chmodSync(join(root, 'private'), 0o600);
      chmodSync(join(root, 'read-only'), 0o444);
      chmodSync(join(root, 'closed'), 0o700);
      utimesSync(join(root, 'old.txt'), 0, 0);
      const beforeEpoch = new Date(-86_400_000); // as a Date: Node takes a negative number for the present
      utimesSync(join(root, 'before.txt'), beforeEpoch, beforeEpoch);
      utimesSync(join(root, 'future.txt'), 4_102_444_800, 4_102_444_800);
      utimesSync(join(root, 'precise.txt'), 1_700_000_000.123456, 1_700_000_000.123456);
    },
  });

  const tree = describeTree(right);
  assert.match(tree.get('script.sh') ?? '', /^file 755 /);
  assert.match(tree.get('read-only') ?? '', /^file 444 /);
  assert.match(tree.get('old.txt') ?? '', /mtime 0 µs$/);
  assert.match(tree.get('before.txt') ?? '', /mtime -86400000000 µs$/);
  assert.match(tree.get('closed') ?? '', /^dir 700$/);
  assert.equal(tree.get('link out'), 'link to "/etc/hostname"');
  assertSameTrees(left, right);
});

test('T1: any name that is UTF-8 arrives as it is, whichever side makes it', async (t) => {
  const { left, right, same } = await startPair(t, {
    before: (root) => {
      for (const name of ODD_NAMES) writeFileSync(join(root, name), `named ${name}`);
      mkdirSync(join(root, 'odd directories'));
      for (const name of ODD_NAMES) mkdirSync(join(root, 'odd directories', name));
    },
  });

  for (const name of ODD_NAMES) {
    rmSync(join(right, name));
    writeFileSync(join(right, 'odd directories', name, name), 'from the other side');
  }
  await same();

  assert.equal(describeTree(left).size, 1 + 2 * ODD_NAMES.length);
});

test('T2: a path of almost 4,000 bytes arrives', async (t) => {
  const parts = Array.from({ length: 15 }, (_, n) => String.fromCodePoint(97 + n).repeat(255));
  const { right } = await startPair(t, { before: (root) => plant(root, { [`${parts.join('/')}/end`]: 'reached' }) });

  assert.equal(read(right, `${parts.join('/')}/end`), 'reached');
});

test('T5: what cannot be synced is named in skipped, stays as it is, and holds nothing up', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t);
  const notUtf8 = Buffer.concat([Buffer.from(`${left}/`), Buffer.from([0x66, 0xff, 0xfe])]);
  writeFileSync(notUtf8, 'bytes');
  execFileSync('mkfifo', [join(left, 'pipe')]);
  const server = createServer().listen(join(left, 'socket'));
  await once(server, 'listening');
  t.after(() => server.close());
  plant(left, { 'sentinel.txt': 'I arrive' });

  await hub.ok('wait', 'docs');
  const skipped = await waitFor('all three are named', async () => {
    const found = (await hub.folder('docs')).skipped;
    return found.length >= 3 && found;
  });

  assert.deepEqual(skipped.map((each) => each.code).toSorted(), ['E_KIND', 'E_KIND', 'E_NAME']);
  assert.deepEqual(
    skipped
      .filter((each) => each.code === 'E_KIND')
      .map((each) => each.path)
      .toSorted(),
    ['pipe', 'socket'],
  );
  assert.equal(read(right, 'sentinel.txt'), 'I arrive');
  assert.deepEqual([...describeTree(right).keys()], ['sentinel.txt']);
  assert.equal(exists(left, 'pipe'), true);
  assert.deepEqual((await laptop.folder('docs')).skipped, []);

  rmSync(notUtf8);
  rmSync(join(left, 'pipe'));
  server.close();
  rmSync(join(left, 'socket'), { force: true });
  await hub.ok('sync', 'docs');
  await waitFor('nothing is skipped any more', async () => (await hub.folder('docs')).skipped.length === 0);
  await same();
});

test('T5: what a pipe in its way keeps from coming is named for that, and comes as soon as the pipe has gone', async (t) => {
  const { laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'gone/a.txt': 'a', 'remade/a.txt': 'a' }),
  });
  const directories = ['gone', 'remade'];

  await laptop.stop();
  for (const name of directories) {
    plant(left, { [`${name}/new.txt`]: `new in ${name}` });
    rmSync(join(right, name), { recursive: true });
    execFileSync('mkfifo', [join(right, name)]);
  }
  await laptop.start();
  const skipped = await waitFor('both are named, with what is in their way', async () => {
    const found = (await laptop.folder('docs')).skipped;
    return found.length >= 4 && found;
  });

  assert.deepEqual(skipped.map(({ path, code }) => `${code} ${path}`).toSorted(), [
    'E_KIND gone',
    'E_KIND gone/new.txt',
    'E_KIND remade',
    'E_KIND remade/new.txt',
  ]);
  for (const name of directories) rmSync(join(right, name));
  mkdirSync(join(right, 'remade'));
  await same();
  for (const name of directories) assert.equal(read(right, `${name}/new.txt`), `new in ${name}`);
  assert.deepEqual((await laptop.folder('docs')).skipped, []);
});
