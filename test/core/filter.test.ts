// Which paths are synced: patterns as git reads them, what this program adds to them, and that no pattern can hang it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ignore from 'ignore';
import { type Decision, Filter, type Thing } from '../../daemon/core/filter.ts';
import { type ParsedRules, parseRules } from '../../daemon/core/filter-file.ts';
import type { DirPath, RelativePath } from '../../daemon/core/path.ts';
import type { FilterSettings } from '../../daemon/core/settings.ts';
import { SeededRandom } from '../simulation/random.ts';

const OPEN: FilterSettings = { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 };
const FILE: Thing = { kind: 'file', size: 1 };
const DIR: Thing = { kind: 'dir' };

function filter(settings: Partial<FilterSettings>, files: Readonly<Record<string, string>> = {}): Filter {
  const parsed = Object.entries(files).map(([dir, text]): [DirPath, ParsedRules] => [
    dir as DirPath,
    parseRules(dir as DirPath, text),
  ]);
  return new Filter({ ...OPEN, ...settings }, new Map(parsed));
}

/** A path that ends with a slash is a directory. */
function decide(of: Filter, path: string): Decision {
  return path.endsWith('/') ? of.decide(path.slice(0, -1) as RelativePath, DIR) : of.decide(path as RelativePath, FILE);
}

const PATTERNS: readonly {
  readonly why: string;
  readonly ignore: readonly string[];
  readonly ignored: readonly string[];
  readonly included: readonly string[];
}[] = [
  {
    why: 'a pattern without a slash matches at any depth',
    ignore: ['*.tmp'],
    ignored: ['a.tmp', 'd/e/a.tmp', 'd.tmp/', 'd.tmp/a'],
    included: ['a.tmpx', 'tmp'],
  },
  {
    why: '`name/` is the directory with all that is in it, at any depth, and no file',
    ignore: ['build/'],
    ignored: ['build/', 'build/a', 'x/build/', 'x/build/y/z'],
    included: ['build', 'x/build', 'builds/a'],
  },
  {
    why: '`name/**` is the same',
    ignore: ['build/**'],
    ignored: ['build/', 'build/a', 'x/build/', 'x/build/y/z'],
    included: ['build', 'x/build', 'builds/a'],
  },
  {
    why: 'a leading slash anchors',
    ignore: ['/build/', '/a.txt'],
    ignored: ['build/x', 'a.txt'],
    included: ['x/build/', 'x/build/y', 'x/a.txt'],
  },
  {
    why: 'a slash inside anchors as well',
    ignore: ['doc/*.pdf', 'x/y/**'],
    ignored: ['doc/a.pdf', 'x/y/', 'x/y/z/a'],
    included: ['doc/sub/a.pdf', 'z/doc/a.pdf', 'z/x/y/a'],
  },
  {
    why: '`**` is any number of directories, also none',
    ignore: ['**/.git/**', 'a/**/z'],
    ignored: ['.git/', '.git/config', 'x/.git/HEAD', 'a/z', 'a/b/c/z'],
    included: ['.gitignore', 'b/a/z', 'a/zz'],
  },
  {
    why: 'the last match decides',
    ignore: ['*.log', '!keep.log', '/old/keep.log'],
    ignored: ['a.log', 'x/a.log', 'old/keep.log'],
    included: ['keep.log', 'x/keep.log'],
  },
  {
    why: 'what is named by its way is synced in an ignored directory too, and nothing else of it',
    ignore: ['logs/**', '!logs/keep.log', '!logs/2026/**'],
    ignored: ['logs/a.log', 'logs/2025/a.log', 'x/logs/keep.log'],
    included: ['logs/keep.log', 'logs/2026/', 'logs/2026/a/b.log'],
  },
  {
    why: 'a name that is let in anywhere is not let into an ignored directory, as in git',
    ignore: ['node_modules/', '!.env.example'],
    ignored: ['node_modules/', 'node_modules/x/.env.example'],
    included: ['.env.example', 'x/.env.example'],
  },
  {
    why: 'all but one kind of file, as people write it for git',
    ignore: ['*', '!*/', '!*.md'],
    ignored: ['a.txt', 'x/a.txt'],
    included: ['x/', 'a.md', 'x/y/a.md'],
  },
  {
    why: '`!name/` and `!name/**` let a directory in with all that is in it',
    ignore: ['*', '!docs/', '!/src/**'],
    ignored: ['a', 'x/', 'x/src/a'],
    included: ['docs/', 'docs/a/b.txt', 'src/', 'src/a/b'],
  },
  {
    why: 'braces stand for either',
    ignore: ['*.{jpg,png}', '{a,b}/c'],
    ignored: ['x.jpg', 'd/x.png', 'a/c', 'b/c'],
    included: ['x.gif', 'c', 'd/a/c'],
  },
  {
    why: 'classes and single characters, and a backslash that takes their meaning away',
    ignore: ['[a-c]?', '[!x]z.txt', '\\*', '[[:digit:]][[:digit:]]'],
    ignored: ['a1', 'c9', 'yz.txt', '*', '42', 'bé'],
    included: ['d1', 'xz.txt', 'ab1', 'a', '4x'],
  },
];

for (const { why, ignore: patterns, ignored, included } of PATTERNS)
  test(`ignore: ${why}`, () => {
    const of = filter({ ignore: patterns });
    assert.deepEqual(
      ignored.filter((path) => decide(of, path).kind !== 'ignored'),
      [],
    );
    assert.deepEqual(
      included.filter((path) => decide(of, path).kind !== 'included'),
      [],
    );
  });

test('a directory is only passed through where a later pattern names the way into it', () => {
  const of = filter({ ignore: ['logs/', '!logs/keep/a'] });
  assert.equal(decide(of, 'logs/').kind, 'passage');
  assert.equal(decide(of, 'logs/keep/').kind, 'passage');
  assert.equal(decide(of, 'logs/other/').kind, 'ignored');
  assert.equal(decide(of, 'logs/keep/a').kind, 'included');
  assert.equal(decide(of, 'logs/keep/b').kind, 'ignored');
  assert.equal(decide(filter({ ignore: ['!logs/keep/a', 'logs/'] }), 'logs/').kind, 'ignored');
});

test('.syncignore: each file is for its own directory, after the configuration, the deepest last', () => {
  const of = filter({ ignore: ['*.log'] }, { '': '!a.log\n', x: '# comment\n\n/only-here\n!*.log', 'x/y': 'b.log\n' });
  assert.equal(decide(of, 'b.log').kind, 'ignored');
  assert.equal(decide(of, 'a.log').kind, 'included');
  assert.equal(decide(of, 'x/b.log').kind, 'included');
  assert.equal(decide(of, 'x/y/b.log').kind, 'ignored');
  assert.equal(decide(of, 'x/only-here').kind, 'ignored');
  assert.equal(decide(of, 'x/y/only-here').kind, 'included');
  assert.equal(decide(of, 'only-here').kind, 'included');
});

test('.syncignore: a file in an ignored directory says nothing', () => {
  const of = filter({ ignore: ['x/'] }, { x: '!keep\n' });
  assert.equal(decide(of, 'x/keep').kind, 'ignored');
});

test('.syncignore: lines are read as git reads them', () => {
  const text = '\uFEFFfirst\r\n  spaced\ntrailing   \nkept\\ \n\\#hash\n\\!bang\n{a,b}\n#comment\n!\n';
  const of = filter({}, { '': text });
  for (const path of ['first', '  spaced', 'trailing', 'kept ', '#hash', '!bang', '{a,b}'])
    assert.equal(decide(of, path).kind, 'ignored', path);
  for (const path of ['spaced', 'a', '#comment', 'kept']) assert.equal(decide(of, path).kind, 'included', path);
  assert.deepEqual(parseRules('', text).refused, [{ line: 9, why: 'empty' }]);
});

test('only: nothing else is synced; directories are passed through', () => {
  const of = filter({ only: ['*.md', 'docs/**', '/src/a/'] });
  for (const path of ['a.md', 'x/y/a.md', 'docs/', 'docs/a/b', 'src/a/', 'src/a/b/c'])
    assert.equal(decide(of, path).kind, 'included', path);
  for (const path of ['a.txt', 'x/a.txt', 'src/b', 'src/b.txt']) assert.equal(decide(of, path).kind, 'ignored', path);
  for (const path of ['x/', 'src/']) assert.equal(decide(of, path).kind, 'passage', path);
  const anchored = filter({ only: ['/docs/**', '!/docs/private/'] });
  assert.equal(decide(anchored, 'x/').kind, 'ignored');
  assert.equal(decide(anchored, 'docs/private/').kind, 'ignored');
  assert.equal(decide(anchored, 'docs/public/a').kind, 'included');
});

test('only and ignore: what is named by both is ignored', () => {
  const of = filter({ only: ['docs/'], ignore: ['*.tmp'] });
  assert.equal(decide(of, 'docs/a.tmp').kind, 'ignored');
  assert.equal(decide(of, 'docs/a').kind, 'included');
});

test('hidden: false leaves out names with a leading dot, but not the rules', () => {
  const of = filter({ hidden: false });
  for (const path of ['.a', 'x/.a', '.d/', '.d/a']) assert.equal(decide(of, path).kind, 'ignored', path);
  for (const path of ['a.b', '.syncignore', 'x/.syncignore']) assert.equal(decide(of, path).kind, 'included', path);
});

test('max_size: larger files are ignored; nothing else has a size', () => {
  const of = filter({ maxSizeBytes: 10 });
  assert.equal(of.decide('a' as RelativePath, { kind: 'file', size: 10 }).kind, 'included');
  assert.equal(of.decide('a' as RelativePath, { kind: 'file', size: 11 }).kind, 'ignored');
  assert.equal(of.decide('a' as RelativePath, { kind: 'dir', size: 4096 }).kind, 'included');
});

test('content: text: a name can say that a file is none; what else it is, its bytes say', () => {
  const of = filter({ content: 'text' });
  for (const path of ['a.JPG', 'x/a.zip']) assert.equal(decide(of, path).kind, 'ignored', path);
  for (const path of ['a.txt', 'Makefile', '.zip', 'zip/']) assert.equal(decide(of, path).kind, 'included', path);
  assert.equal(of.mustLookInto('a.txt' as RelativePath), true);
  assert.equal(filter({}).mustLookInto('a.txt' as RelativePath), false);
});

test('what is at a path is asked for only where it matters', () => {
  const of = filter({ ignore: ['tmp/', '*.o', '!keep.o'], only: ['*.md', 'tmp', '*.o'] });
  const kindOf = (path: string) => of.decide(path as RelativePath, {}).kind;
  assert.equal(kindOf('tmp'), 'unsure');
  assert.equal(kindOf('a.o'), 'ignored');
  assert.equal(kindOf('keep.o'), 'included');
  assert.equal(kindOf('x'), 'unsure');
  assert.equal(kindOf('tmp/x.md'), 'ignored');
});

test('the rule that has decided is named', () => {
  const of = filter({ ignore: ['*.tmp', '!keep.tmp'], only: ['*.tmp', '*.c'], maxSizeBytes: 0 }, { x: 'one\n\n*.c\n' });
  assert.deepEqual(decide(of, 'a.tmp'), { kind: 'ignored', why: { pattern: '*.tmp', key: 'ignore' } });
  assert.deepEqual(decide(of, 'keep.tmp'), { kind: 'included', why: { pattern: '!keep.tmp', key: 'ignore' } });
  assert.deepEqual(decide(of, 'x/y/a.c'), {
    kind: 'ignored',
    why: { pattern: '*.c', key: '.syncignore', file: 'x/.syncignore', line: 3 },
  });
  assert.deepEqual(decide(of, 'a.txt'), { kind: 'ignored', why: { key: 'only', pattern: undefined } });
  assert.deepEqual(decide(of, 'a.c'), { kind: 'included', why: undefined });
});

const NAMES = ['a', 'b', 'ab', 'a.b', '.a', 'b.a'];
const PIECES = ['a', 'b', '*', '**', '?', 'a*', '*b', '[ab]', '[!a]', '*.a', '.*'];

test('.syncignore: ten thousand random sets of patterns mean what git takes them for', () => {
  const random = new SeededRandom(11);
  const pick = <T>(from: readonly T[]): T => from[(random.bytes(1)[0] ?? 0) % from.length] as T;
  const some = (most: number): number => 1 + ((random.bytes(1)[0] ?? 0) % most);
  for (let round = 0; round < 10_000; round++) {
    const lines = Array.from({ length: some(3) }, () => {
      const body = Array.from({ length: some(3) }, () => pick(PIECES)).join('/');
      // What this program means otherwise, by its contract: `name/**` at any depth, and `!` into an ignored directory.
      const line = `${pick(['', '', '/'])}${body}${pick(['', '', '/'])}`;
      if (/\*\*\/?$/.test(line)) return 'a';
      return line.includes('/') ? line : `${pick(['', '', '!'])}${line}`;
    });
    const path = Array.from({ length: some(3) }, () => pick(NAMES)).join('/');
    const expected = ignore({ ignorecase: false }).add(lines).ignores(path);
    const found = decide(filter({}, { '': lines.join('\n') }), path).kind === 'ignored';
    assert.equal(found, expected, `${JSON.stringify(lines)} ${path}`);
  }
});

test('the patterns shown in docs/configuration.md mean what is said of them', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('| leaves out');
  const shown = [...(table.split('\n\n')[0]?.matchAll(/^\| `([^`]+)` +\|([^|]*)\|([^|]*)\|$/gm) ?? [])];
  assert.ok(shown.length >= 7);
  for (const [, pattern = '', ignored = '', included = ''] of shown) {
    const of = filter({ ignore: [pattern] });
    for (const [, path = ''] of ignored.matchAll(/`([^`]+)`/g)) assert.equal(decide(of, path).kind, 'ignored', path);
    for (const [, path = ''] of included.matchAll(/`([^`]+)`/g)) assert.equal(decide(of, path).kind, 'included', path);
  }
});

test('no pattern takes long, however hopeless', () => {
  const star = `${'*a'.repeat(120)}*[bc]`;
  const deep = `${'**/'.repeat(20)}x`;
  const of = filter({ ignore: [star, deep, `/${'**/*a*/'.repeat(12)}z`] });
  const path = Array.from({ length: 40 }, () => 'a'.repeat(90)).join('/');
  const began = performance.now();
  for (let i = 0; i < 20; i++) decide(of, `${path}${i}`);
  assert.ok(performance.now() - began < 2_000);
});
