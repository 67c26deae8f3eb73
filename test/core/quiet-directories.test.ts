// Which directories need no watches, and how the watcher is told so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Filter } from '../../daemon/core/filter.ts';
import { parseRules } from '../../daemon/core/filter-file.ts';
import type { DirPath, RelativePath } from '../../daemon/core/path.ts';
import type { FilterSettings } from '../../daemon/core/settings.ts';
import { QuietDirectories } from '../../daemon/system/watch-quiet.ts';

const OPEN: FilterSettings = { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 };

function quiet(settings: Partial<FilterSettings>, files: Readonly<Record<string, string>> = {}) {
  const parsed = Object.entries(files).map(
    ([dir, text]) => [dir as DirPath, parseRules(dir as DirPath, text)] as const,
  );
  const filter = new Filter({ ...OPEN, ...settings }, new Map(parsed));
  return { filter, names: new QuietDirectories(filter.quietNames()) };
}

const CASES: readonly {
  readonly why: string;
  readonly settings: Partial<FilterSettings>;
  readonly files?: Readonly<Record<string, string>>;
  readonly quiet: readonly string[];
  readonly watched: readonly string[];
}[] = [
  {
    why: 'a name, anywhere',
    settings: { ignore: ['node_modules/**', '.git', '*.cache/'] },
    quiet: ['node_modules', 'x/node_modules', 'node_modules/a/b', '.git', 'y/x.cache/z'],
    watched: ['', 'x', 'my_node_modules', 'node_modulesx', 'agit'],
  },
  {
    why: 'a way from the top',
    settings: { ignore: ['/build', 'a/b/'] },
    quiet: ['build', 'build/x', 'a/b', 'a/b/c'],
    watched: ['x/build', 'a', 'x/a/b'],
  },
  {
    why: 'rules of a directory, in it alone',
    settings: {},
    files: { 'x.y': 'out/\n/top\n' },
    quiet: ['x.y/out', 'x.y/z/out/w', 'x.y/top'],
    watched: ['out', 'xzy/out', 'x.y/z/top', 'top'],
  },
  { why: 'hidden ones', settings: { hidden: false }, quiet: ['.a', 'x/.a/b'], watched: ['a', 'x/a.b'] },
  {
    why: 'not one that a later pattern may let in, or lead into',
    settings: { ignore: ['logs/', '!logs/keep', 'a*/', '!abc', 'node_modules', '!.env'] },
    quiet: ['node_modules'],
    watched: ['logs', 'logs/x', 'abc', 'ax'],
  },
];

for (const { why, settings, files, quiet: isQuiet, watched } of CASES)
  test(`quiet directories: ${why}`, () => {
    const { filter, names } = quiet(settings, files);
    for (const dir of isQuiet) {
      assert.equal(names.has(dir), true, dir);
      assert.equal(filter.decide(`${dir}/inside` as RelativePath, { kind: 'file' }).kind, 'ignored', dir);
    }
    for (const dir of watched) assert.equal(names.has(dir), false, dir);
  });

test('quiet directories: a tree that is watched on its own is told of them by paths of its own', () => {
  const { names } = quiet({ ignore: ['node_modules/', '/a/b/out'] }, { 'a/c': 'tmp/\n' });
  const inA = names.patternIn('a');
  for (const path of ['node_modules/x', 'b/out/x', 'c/tmp/x', 'c/d/tmp/x']) assert.equal(inA?.test(path), true, path);
  for (const path of ['out/x', 'tmp/x', 'd/tmp/x', 'node_modules', 'x/b/out/x'])
    assert.equal(inA?.test(path), false, path);
  assert.equal(names.patternIn('a/c/d')?.test('tmp/x'), true);
  assert.equal(quiet({}).names.patternIn(''), undefined);
});
