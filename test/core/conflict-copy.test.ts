// The name and the record of a conflict's loser beside the winner: the same for whoever makes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyOf, copyPath } from '../../daemon/core/conflict-copy.ts';
import { merge, relate } from '../../daemon/core/version-vector.ts';
import { absent, device, dir, file, hash, path, record, symlink, vector } from './build.ts';

const lost = { stamp: Date.UTC(2026, 10, 12, 18, 40, 3, 999), origin: device('K') };

const NAMES: readonly (readonly [string, string | undefined])[] = [
  ['plan.txt', 'plan.conflict-20261112-184003-KKKKKKK.txt'],
  ['a/b/plan.txt', 'a/b/plan.conflict-20261112-184003-KKKKKKK.txt'],
  ['archive.tar.gz', 'archive.tar.conflict-20261112-184003-KKKKKKK.gz'],
  ['Makefile', 'Makefile.conflict-20261112-184003-KKKKKKK'],
  ['.bashrc', '.bashrc.conflict-20261112-184003-KKKKKKK'],
  ['plan.conflict-20261112-184003-KKKKKKK.txt', undefined],
  [`${'ä'.repeat(125)}.txt`, `${'ä'.repeat(109)}.conflict-20261112-184003-KKKKKKK.txt`],
  [`x.${'y'.repeat(250)}`, undefined],
];
for (const [from, to] of NAMES)
  test(`the loser of ${from.slice(0, 50)} ${to === undefined ? 'gets no copy' : `is ${to.slice(-60)}`}`, () => {
    assert.equal(copyPath(path(from), lost), to);
  });

test('a stamp that is no date still gives a name', () => {
  assert.match(copyPath(path('a.txt'), { ...lost, stamp: Number.MAX_SAFE_INTEGER }) ?? '', /^a\.conflict-9999/);
  assert.match(copyPath(path('a.txt'), { ...lost, stamp: -5 }) ?? '', /^a\.conflict-19700101-000000/);
});

test('I3: the copy of one loser is one version, whoever makes it, so that a copy that was deleted stays deleted', () => {
  const here = record(file('one'), 'A1 B2', 100, 'B', 'a.txt');
  const there = { ...here, vector: merge(here.vector, vector('C5')), lost: [] };
  const [a, b] = [copyOf(here, hash), copyOf(there, hash)];
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual(a, b);
  const other = copyOf(record(file('two'), 'A1 B2', 100, 'B', 'a.txt'), hash);
  assert.ok(other !== undefined);
  assert.equal(relate(a.vector, other.vector), 'concurrent', 'another content has not seen this one');
});

test('links have copies too, directories and what is gone have none', () => {
  assert.deepEqual(copyOf(record(symlink('x'), 'A1', 100), hash)?.entry, symlink('x'));
  assert.equal(copyOf(record(dir(), 'A1', 100), hash), undefined);
  assert.equal(copyOf(record(absent, 'A1', 100), hash), undefined);
});
