// What two devices tell each other before they are paired: tables, and trees that were one before both were changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Compared,
  Comparison,
  type Content,
  DIGEST_ENTRY_BYTES,
  DigestMaker,
  type FolderDigest,
  parseDigest,
} from '../../daemon/core/digest.ts';
import { file, hash, path, symlink } from './build.ts';

/** `a` is a file that holds this text, `a@` a link that leads there. */
type Tree = Readonly<Record<string, string>>;

function contents(tree: Tree): readonly (readonly [name: string, content: Content])[] {
  return Object.entries(tree).map(([name, text]) => {
    const content = name.endsWith('@') ? symlink(text) : file(text);
    assert.ok(content.kind === 'file' || content.kind === 'symlink');
    return [name.replace('@', ''), content];
  });
}

function digestOf(tree: Tree): FolderDigest {
  const maker = new DigestMaker(hash);
  for (const [name, content] of contents(tree)) maker.add(path(name), content);
  return maker.finish();
}

function compare(theirs: Tree, ours: Tree): Compared {
  const comparison = new Comparison(digestOf(theirs), hash);
  for (const [name, content] of contents(ours)) comparison.add(path(name), content);
  return comparison.result;
}

const nothing: Compared = { receive: 0, send: 0, differ: 0, same: 0, sameBytes: 0 };

test('a comparison counts what is only there, only here, different and the same', () => {
  const rows: readonly { why: string; theirs: Tree; ours: Tree; expect: Partial<Compared> }[] = [
    { why: 'both empty', theirs: {}, ours: {}, expect: {} },
    { why: 'nothing here', theirs: { a: 'x', 'b/c': 'y' }, ours: {}, expect: { receive: 2 } },
    { why: 'nothing there', theirs: {}, ours: { a: 'x' }, expect: { send: 1 } },
    { why: 'the same', theirs: { a: 'four' }, ours: { a: 'four' }, expect: { same: 1, sameBytes: 4 } },
    { why: 'another content', theirs: { a: 'x' }, ours: { a: 'y' }, expect: { differ: 1 } },
    { why: 'the same at another path', theirs: { a: 'x' }, ours: { b: 'x' }, expect: { receive: 1, send: 1 } },
    { why: 'the same link', theirs: { 'a@': 'x' }, ours: { 'a@': 'x' }, expect: { same: 1 } },
    { why: 'a link and a file', theirs: { 'a@': 'x' }, ours: { a: 'x' }, expect: { differ: 1 } },
    { why: 'names are not folded', theirs: { A: 'x' }, ours: { a: 'x' }, expect: { receive: 1, send: 1 } },
  ];
  for (const { why, theirs, ours, expect } of rows)
    assert.deepEqual(compare(theirs, ours), { ...nothing, ...expect }, why);
});

test('what could not be read is taken for different', () => {
  const comparison = new Comparison(digestOf({ a: 'x', b: 'y' }), hash);
  assert.deepEqual([comparison.has(path('a')), comparison.has(path('c'))], [true, false]);
  comparison.addUnread();
  comparison.addOnlyHere();
  assert.deepEqual(comparison.result, { ...nothing, receive: 1, send: 1, differ: 1 });
});

const anyTree = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.stringMatching(/^[xyz]{0,2}$/), { maxKeys: 60 });

test('two trees that were one before are compared as a look at both shows', () => {
  fc.assert(
    fc.property(anyTree, anyTree, anyTree, (common, left, right) => {
      const [theirs, ours] = [
        new Map(Object.entries({ ...common, ...left })),
        new Map(Object.entries({ ...common, ...right })),
      ];
      const found = compare(Object.fromEntries(theirs), Object.fromEntries(ours));
      const both = [...theirs.keys()].filter((name) => ours.has(name));
      const same = both.filter((name) => theirs.get(name) === ours.get(name));
      assert.deepEqual(found, {
        receive: theirs.size - both.length,
        send: ours.size - both.length,
        differ: both.length - same.length,
        same: same.length,
        sameBytes: same.reduce((sum, name) => sum + (ours.get(name)?.length ?? 0), 0),
      });
    }),
  );
});

test('a digest is the same in whatever order it is made, sorted, and 16 bytes a path', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      const digest = digestOf(tree);
      assert.deepEqual(digestOf(Object.fromEntries(Object.entries(tree).toReversed())), digest);
      assert.equal(digest.byteLength, Object.keys(tree).length * DIGEST_ENTRY_BYTES);
      assert.deepEqual(parseDigest(digest), digest);
    }),
  );
});

test('a digest grows with what is put into it', () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `f${i}`);
  const tree = Object.fromEntries(names.map((name) => [name, name]));
  assert.equal(compare(tree, tree).same, names.length);
});

test('what is cut short or not sorted is no digest', () => {
  const digest = digestOf({ a: 'x', b: 'y', c: 'z' });
  assert.equal(parseDigest(digest.subarray(1)), undefined);
  assert.equal(parseDigest(Buffer.concat([digest.subarray(16), digest.subarray(0, 16)])), undefined);
  assert.deepEqual(parseDigest(digest.subarray(16)), digest.subarray(16));
});
