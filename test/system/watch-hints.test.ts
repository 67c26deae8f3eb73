import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHints, MAX_PENDING_PATHS, PendingHints } from '../../daemon/system/watch-hints.ts';

test('hints wait once each, and are taken once', () => {
  const pending = new PendingHints();
  assert.equal(pending.take(), undefined);
  pending.path('a');
  pending.path('a');
  pending.tree('dir');
  assert.deepEqual(pending.take(), { paths: ['a'], trees: ['dir'] });
  assert.equal(pending.take(), undefined);
});

test('too many hints become one at everything', () => {
  const pending = new PendingHints();
  for (let i = 0; i <= MAX_PENDING_PATHS; i++) pending.path(`${i}`);
  pending.tree('dir');
  assert.deepEqual(pending.take(), { paths: [], trees: [], everything: 'many changes at once' });
});

test('a hint at everything says it all', () => {
  const raw = { paths: ['a'], trees: ['b'], everything: 'a burst' };
  assert.deepEqual(checkHints(raw), { hints: [{ kind: 'everything', why: 'a burst' }], listRoot: false });
});

const LONG = 'x'.repeat(256);

for (const { why, paths = [], trees = [], expect, listRoot = false } of [
  {
    why: 'ordinary paths pass',
    paths: ['a', 'b/c'],
    trees: ['d'],
    expect: ['tree d', 'path a', 'path b/c'],
  },
  { why: 'what is ours is left out', paths: ['.syncd', '.syncd/id'], trees: ['.syncd/x'], expect: [] },
  { why: 'a directory of that name further down is not ours', paths: ['a/.syncd/x'], expect: ['path a/.syncd/x'] },
  {
    why: 'a name that may be mangled: itself and its directory',
    paths: ['a/\uFFFD'],
    expect: ['path a/\uFFFD', 'path a'],
  },
  { why: 'below such a name: the directory above it', paths: ['a/\uFFFD/b'], expect: ['path a/\uFFFD/b', 'path a'] },
  { why: 'in the root: the root is to be listed', paths: ['\uFFFD'], expect: ['path \uFFFD'], listRoot: true },
  { why: 'a path that is too long: the directory', paths: [`a/b/${LONG}`], expect: ['path a/b'] },
  { why: 'the root as a tree', trees: [''], expect: ['tree '] },
])
  test(`checking hints: ${why}`, () => {
    const checked = checkHints({ paths, trees });
    const said = checked.hints.map((hint) =>
      hint.kind === 'everything' ? hint.kind : `${hint.kind} ${hint.kind === 'path' ? hint.path : hint.dir}`,
    );
    assert.deepEqual(said, expect);
    assert.equal(checked.listRoot, listRoot);
  });
