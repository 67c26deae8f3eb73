// What a folder leaves out: set, changed and taken back while both devices run, and over a restart. Nothing that is ignored
// is ever taken for deleted.
import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, settle, startPair } from './daemon.ts';
import { exists, moveIn, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

async function set(device: Daemon, ...assignments: readonly string[]): Promise<void> {
  await device.ok('edit-folder', 'docs', ...assignments.flatMap((one) => ['--set', one]));
}

test('I4: T49: ignore: set and taken back at run time, on one side alone, with a restart in between', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    config: 'defaults: { ignore: ["*.tmp"] }\n',
    before: (root) => {
      if (!root.endsWith('left')) return;
      plant(root, { 'a.txt': 'a', 'b.log': 'b', 'c.log': 'c', 'node_modules/m/index.js': 'm' });
    },
  });
  plant(left, { 'x.tmp': 'x' });
  plant(right, { 'y.tmp': 'y' });
  await settle('docs', hub, laptop);
  assert.ok(!exists(right, 'x.tmp') && !exists(left, 'y.tmp'), 'defaults are inherited');

  await set(laptop, 'ignore=["node_modules/**", "*.log", "*.tmp"]');
  assert.deepEqual((await effective(laptop)).ignore, ['node_modules/**', '*.log', '*.tmp'], 'each pattern once');
  writeFileSync(join(left, 'b.log'), 'changed on the hub');
  rmSync(join(left, 'c.log'));
  rmSync(join(right, 'node_modules'), { recursive: true });
  plant(right, { 'd.log': 'd', 'node_modules/n/index.js': 'n' });
  plant(left, { 'e.txt': 'e' });
  await settle('docs', hub, laptop);
  assert.equal(read(right, 'e.txt'), 'e');
  assert.equal(read(right, 'b.log'), 'b', 'what is ignored here is not received');
  assert.equal(read(right, 'c.log'), 'c', 'nor deleted');
  assert.equal(read(left, 'node_modules/m/index.js'), 'm', 'nor is its absence sent');
  assert.ok(!exists(left, 'd.log') && !exists(left, 'node_modules/n'), 'nor anything new of it');
  assert.deepEqual((await laptop.folder('docs')).skipped, []);

  await laptop.kill();
  await laptop.start();
  await hub.restart();
  await settle('docs', hub, laptop);
  assert.ok(exists(left, 'node_modules/m/index.js') && !exists(left, 'd.log') && exists(right, 'c.log'));

  await set(laptop, 'ignore=[]');
  rmSync(join(left, 'x.tmp'));
  rmSync(join(right, 'y.tmp'));
  await same();
  assert.equal(read(right, 'b.log'), 'changed on the hub');
  assert.equal(read(left, 'c.log'), 'c', 'deleted there while it was ignored here: it lives');
  assert.deepEqual([read(right, 'node_modules/m/index.js'), read(left, 'node_modules/n/index.js')], ['m', 'n']);
  assert.equal(read(left, 'd.log'), 'd');

  for (const wrong of ['ignore=5', 'ignore=[""]', 'ignore=["!"]', `ignore=["${'a/'.repeat(40)}b"]`, 'only="*.md"']) {
    const { code, stderr } = await laptop.ctl('edit-folder', 'docs', '--set', wrong);
    assert.equal(code, 2, wrong);
    assert.match(stderr, /E_CONFIG: .*folders\.docs\.(ignore|only).*expected/, wrong);
  }
  assert.deepEqual((await effective(laptop)).ignore, ['*.tmp'], 'what was refused has changed nothing');
});

test('T49: .syncignore: it travels, and holds on both sides for its directory; a directory with ignored children stays', async (t) => {
  const { hub, laptop, left, right } = await startPair(t, {
    before: (root) => plant(root, { 'd/a.txt': 'a', 'd/b.o': 'b', 'e/c.o': 'c', 'f/g.txt': 'g' }),
  });
  writeFileSync(join(left, 'd/.syncignore'), '# made by the compiler\n*.o\n!keep.o\n');
  await settle('docs', hub, laptop);
  assert.equal(read(right, 'd/.syncignore'), read(left, 'd/.syncignore'));
  plant(right, { 'd/new.o': 'new', 'd/keep.o': 'keep', 'e/new.o': 'new' });
  rmSync(join(left, 'd/b.o'));
  await settle('docs', hub, laptop);
  assert.ok(!exists(left, 'd/new.o') && exists(right, 'd/b.o'));
  assert.ok(exists(left, 'd/keep.o') && exists(left, 'e/new.o'));

  await laptop.restart();
  rmSync(join(left, 'd'), { recursive: true });
  await settle('docs', hub, laptop);
  assert.ok(!exists(right, 'd/a.txt') && exists(right, 'd/b.o') && exists(right, 'd/new.o'));
  assert.ok(!exists(left, 'd'));
  assert.deepEqual((await laptop.folder('docs')).skipped, [{ path: 'd', code: 'E_DIR_KEPT' }]);

  appendFileSync(join(right, '.syncignore'), '/f/**\n');
  await settle('docs', hub, laptop);
  writeFileSync(join(right, 'f/g.txt'), 'other');
  await settle('docs', hub, laptop);
  assert.equal(read(left, 'f/g.txt'), 'g');
  rmSync(join(left, '.syncignore'));
  await settle('docs', hub, laptop);
  await waitFor('the change that was ignored', () => read(left, 'f/g.txt') === 'other');
});

test('only, hidden, max_size and content: each at run time, and taken back', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'a.md': 'a', 'b.txt': 'b' }),
  });
  await set(laptop, 'only=["*.md", "docs/**"]');
  plant(left, { 'n.md': 'n', 'n.txt': 'n', 'x/y/n.md': 'n', 'x/z/n.txt': 'n', 'docs/n.txt': 'n' });
  plant(right, { 'm.txt': 'm', 'v/m.md': 'm' });
  await settle('docs', hub, laptop);
  assert.ok(
    exists(right, 'n.md') && exists(right, 'x/y/n.md') && exists(right, 'docs/n.txt') && exists(left, 'v/m.md'),
  );
  assert.ok(!exists(right, 'n.txt') && !exists(right, 'x/z') && !exists(left, 'm.txt'));
  await set(laptop, 'only=[]');
  await same();

  await set(laptop, 'hidden=false');
  plant(left, { '.env': 'secret', 'p/.cache/x': 'x' });
  await settle('docs', hub, laptop);
  assert.ok(exists(right, 'p') && !exists(right, '.env') && !exists(right, 'p/.cache'));
  await laptop.restart();
  await settle('docs', hub, laptop);
  assert.ok(!exists(right, '.env'));
  await set(laptop, 'hidden=true');
  await same();

  await set(laptop, 'max_size=1kB');
  moveIn(left, { 'large.bin': 'x'.repeat(1001), 'small.bin': 'x'.repeat(1000), 'b.txt': 'y'.repeat(2000) });
  moveIn(right, { 'a.md': 'z'.repeat(2000) });
  await settle('docs', hub, laptop);
  assert.ok(!exists(right, 'large.bin') && exists(right, 'small.bin'));
  assert.deepEqual([read(right, 'b.txt'), read(left, 'a.md')], ['b', 'a'], 'neither replaced nor deleted');
  await set(laptop, 'max_size=0');
  await same();
  assert.deepEqual([read(right, 'b.txt')?.length, read(left, 'a.md')?.length], [2000, 2000]);

  await set(laptop, 'content=text');
  const latin = Buffer.from('Grüße', 'latin1');
  const utf16 = Buffer.from('\uFEFFGrüße', 'utf16le');
  const text = { 'c/notes': 'text', 'c/latin.txt': latin, 'c/utf16.txt': utf16 };
  const fake = Buffer.from('a\0b');
  moveIn(left, { ...text, 'c/blob': Buffer.from([1, 0, 2]), 'c/photo.jpg': 'not really', 'c/fake.txt': fake });
  await settle('docs', hub, laptop);
  assert.ok(exists(right, 'c/notes') && exists(right, 'c/latin.txt') && exists(right, 'c/utf16.txt'));
  assert.ok(!exists(right, 'c/blob') && !exists(right, 'c/photo.jpg') && !exists(right, 'c/fake.txt'));
  await set(laptop, 'content=any');
  await same();

  for (const wrong of ['content=words', 'hidden=maybe', 'max_size=big', 'max_size=-1']) {
    const { code, stderr } = await laptop.ctl('edit-folder', 'docs', '--set', wrong);
    assert.equal(code, 2, wrong);
    assert.match(stderr, /E_CONFIG: .*folders\.docs\.(content|hidden|max_size).*expected/, wrong);
  }
});

/** The folder as `config show` has it. */
async function effective(device: Daemon): Promise<{ readonly ignore: readonly string[] }> {
  const shown = (await device.json('config', 'show')) as { folders: { docs: { ignore: string[] } } };
  return shown.folders.docs;
}
