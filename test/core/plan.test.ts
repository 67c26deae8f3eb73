import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VersionId } from '../../daemon/core/ids.ts';
import type { SeenStat } from '../../daemon/core/observation.ts';
import { ancestorsOf, isBelow } from '../../daemon/core/path.ts';
import { type Ready, plan } from '../../daemon/core/plan.ts';
import type { Entry } from '../../daemon/core/record.ts';
import { absent, dir, file, path, record, symlink } from './build.ts';

function stat(entry: Entry): SeenStat | undefined {
  if (entry.kind === 'absent') return undefined;
  return { kind: entry.kind, size: 1, mtimeNs: 1n, ctimeNs: 1n, ino: 1n, mode: 0o644, nlink: 1 };
}

function ready(at: string, ours: Entry, theirs: Entry, moveFrom?: string): Ready {
  return {
    record: record(theirs, 'B1', 1, 'B', at),
    ours: { entry: ours, seen: stat(ours) },
    staged: `staged ${at}`,
    moveFrom: moveFrom === undefined ? undefined : { path: path(moveFrom), seen: { ...STAT } },
    version: 'v1' as VersionId,
  };
}
const STAT: SeenStat = { kind: 'file', size: 1, mtimeNs: 1n, ctimeNs: 1n, ino: 1n, mode: 0o644, nlink: 1 };

const KINDS: readonly (readonly [ours: Entry, theirs: Entry, kind: string])[] = [
  [absent, absent, 'note'],
  [absent, file('x'), 'place'],
  [absent, dir(), 'mkdir'],
  [absent, symlink('x'), 'symlink'],
  [file('x'), absent, 'remove'],
  [file('x'), file('y'), 'place'],
  [file('x'), file('x', 0o600), 'attributes'],
  [file('x'), dir(), 'mkdir'],
  [file('x'), symlink('x'), 'symlink'],
  [dir(), absent, 'rmdir'],
  [dir(), file('x'), 'place'],
  [dir(), dir(0o700), 'attributes'],
  [dir(), symlink('x'), 'symlink'],
  [symlink('x'), absent, 'remove'],
  [symlink('x'), file('x'), 'place'],
  [symlink('x'), dir(), 'mkdir'],
  [symlink('x'), symlink('y'), 'symlink'],
];

test('from each kind to each kind there is one operation', () => {
  for (const [ours, theirs, kind] of KINDS)
    assert.deepEqual(
      plan([ready('a', ours, theirs)]).map((operation) => operation.kind),
      [kind],
      `${ours.kind} → ${theirs.kind}`,
    );
});

test('a content that is to go from elsewhere is moved, but never over something', () => {
  assert.deepEqual(
    plan([ready('a', absent, file('x'), 'b')]).map(({ kind }) => kind),
    ['move'],
  );
  assert.deepEqual(
    plan([ready('a', file('y'), file('x'), 'b')]).map(({ kind }) => kind),
    ['place'],
  );
});

test('what is damaged is replaced even by the same content', () => {
  const damaged: Ready = { ...ready('a', file('x'), file('x')), damaged: true };
  assert.deepEqual(
    plan([damaged]).map(({ kind }) => kind),
    ['place'],
  );
});

const PATHS = ['a', 'a/b', 'a/b/c', 'a/d', 'b', 'b/a', 'c'];
const some = fc.constantFrom<Entry>(absent, file('x'), file('y'), dir(), symlink('x'));

test('directories come before what is in them, contents before deletions, and what empties a directory before what takes its place', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(some, some), { minLength: PATHS.length, maxLength: PATHS.length }), (pairs) => {
      const all = PATHS.map((at, i) => {
        const [ours, theirs] = pairs[i] ?? [absent, absent];
        return ready(at, ours, theirs);
      });
      const operations = plan(all);
      assert.equal(operations.length, all.length);
      const place = new Map(operations.map(({ path: at }, i) => [at, i]));
      const before = (a: string, b: string): boolean => (place.get(path(a)) ?? 0) < (place.get(path(b)) ?? 0);
      for (const one of all)
        for (const above of ancestorsOf(one.record.path)) {
          const upper = all.find(({ record: { path: at } }) => at === above);
          if (upper === undefined) continue;
          assert(isBelow(one.record.path, above));
          if (upper.record.entry.kind === 'dir')
            assert(before(above, one.record.path) || one.record.entry.kind === 'absent');
          if (
            upper.ours?.entry.kind === 'dir' &&
            upper.record.entry.kind !== 'dir' &&
            one.record.entry.kind === 'absent'
          )
            assert(before(one.record.path, above));
        }
      for (const made of all)
        for (const gone of all)
          if (
            gone.record.entry.kind === 'absent' &&
            made.record.entry.kind !== 'absent' &&
            made.ours?.entry.kind !== 'dir'
          )
            assert(before(made.record.path, gone.record.path));
    }),
    { numRuns: 1000 },
  );
});

test('I13: a plan does not depend on the order in which things became ready', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(PATHS, { minLength: PATHS.length }), (order) => {
      const made = (paths: readonly string[]): unknown =>
        plan(paths.map((at) => ready(at, absent, at.length > 1 ? file('x') : dir())));
      assert.deepEqual(made(order), made(PATHS));
    }),
  );
});
