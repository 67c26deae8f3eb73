import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { KeptVersionRow } from '../../daemon/index/versions.ts';
import type { Entry } from '../../daemon/core/record.ts';
import { absent, device, dir, file, hashOf, openInMemory, path, seen, versionId } from './rows.ts';

const event = (atMs: number, at: string) => ({
  atMs,
  path: path(at),
  what: 'changed' as const,
  device: device('B'),
  sizeBytes: 5,
  version: undefined,
  detail: undefined,
});

const kept = (id: string, at: string, replacedMs: number, content = id): KeptVersionRow => ({
  id: versionId(id),
  path: path(at),
  kind: 'file',
  sizeBytes: content.length,
  sha256: hashOf(content),
  replacedMs,
  modifiedMs: 1,
  replacedBy: device('B'),
  why: 'replaced',
  storedAs: `${at}~${id}`,
  stat: seen,
});

test('what the daemon has changed is told with what was there before, to the microsecond', () => {
  const index = openInMemory();
  const before = file('old', { mtimeUs: -1_790_000_000_123_457n, mode: 0o600 });
  const link: Entry = { kind: 'symlink', target: '../x' };
  const history = [
    { ...event(1, 'a'), before },
    event(2, 'b'),
    { ...event(3, 'c'), what: 'moved' as const, detail: 'd', before: absent, beforeMove: link },
    { ...event(4, 'e'), before: dir },
  ];
  index.commit({ nowUs: 1, history });
  const told = index.applied(10);
  assert.deepEqual(
    told.map(({ id, before: was, moved }) => ({ id, was, moved })),
    [
      { id: 4, was: dir, moved: undefined },
      { id: 3, was: absent, moved: { from: 'd', before: link } },
      { id: 1, was: before, moved: undefined },
    ],
  );
  assert.deepEqual(
    index.applied(1, 3).map(({ id }) => id),
    [1],
  );
  assert(index.changedAfter(path('a'), 0) && !index.changedAfter(path('a'), 1));
  assert.equal(index.historySinceMs(), undefined);
  index.trimHistory(2, 0);
  assert.equal(index.historySinceMs(), 3);
});

test('history is told newest first, of a path and what is below it', () => {
  const index = openInMemory();
  index.commit({ nowUs: 1, history: [event(1, 'a'), event(2, 'a/b'), event(3, 'a.txt'), event(4, 'a')] });
  const told = (query: { path?: string; sinceMs?: number }) =>
    index.history({ ...query, limit: 10 }).map((row) => row.atMs);
  assert.deepEqual(told({}), [4, 3, 2, 1]);
  assert.deepEqual(told({ path: 'a' }), [4, 2, 1]);
  assert.deepEqual(told({ path: 'a', sinceMs: 2 }), [4, 2]);
  assert.deepEqual(index.history({ limit: 1 }), [{ id: 4, ...event(4, 'a') }]);
});

test('history is trimmed by count and by age', () => {
  const index = openInMemory();
  index.commit({ nowUs: 1, history: [1, 2, 3, 4, 5, 6].map((atMs) => event(atMs, 'a')) });
  assert.equal(index.trimHistory(4, 0), 2);
  assert.equal(index.trimHistory(4, 5), 2);
  assert.deepEqual(
    index.history({ limit: 10 }).map((row) => row.atMs),
    [6, 5],
  );
  assert.equal(index.trimHistory(4, 100), 2);
  assert.deepEqual(index.history({ limit: 10 }), []);
  assert.equal(index.trimHistory(4, 100), 0);
});

test('versions are found by path, by the beginning of an ID, by age and by content', () => {
  const index = openInMemory();
  const all = [kept('abcd1', 'a', 10), kept('abcd2', 'a', 20), kept('zzzz9', 'b', 30, 'abcd1')];
  index.commit({ nowUs: 1, versions: all });
  const ids = (rows: KeptVersionRow[]) => rows.map((row) => row.id);
  assert.deepEqual(index.versions(path('a')), [all[1], all[0]]);
  assert.deepEqual(ids(index.versions(path('a'), 1)), ['abcd2']);
  assert.deepEqual(ids(index.version('abcd')), ['abcd2', 'abcd1']);
  assert.deepEqual(ids(index.version('abcd2')), ['abcd2']);
  assert.deepEqual(ids(index.version('z', path('a'))), []);
  assert.deepEqual(ids(index.version('zzzz9')), ['zzzz9']);
  assert.deepEqual(
    index.keptVersions.between(0, 30, 10).map(({ id }) => id),
    ['abcd1', 'abcd2'],
  );
  assert.deepEqual(ids(index.recentVersions(20)), ['zzzz9', 'abcd2']);
  assert.deepEqual(ids(index.versionsByContent(hashOf('abcd1'))), ['zzzz9', 'abcd1']);
});

test('the totals of versions follow what is kept, changed and dropped', () => {
  const index = openInMemory();
  index.commit({ nowUs: 1, versions: [kept('abcd1', 'a', 10, 'xyz'), kept('abcd2', 'a', 20, '12')] });
  assert.deepEqual(index.versionTotals(), { count: 2, bytes: 5 });
  index.commit({ nowUs: 1, versions: [{ ...kept('abcd1', 'a', 10, 'xyz'), sizeBytes: 4, stat: undefined }] });
  assert.deepEqual(index.versionTotals(), { count: 2, bytes: 6 });
  assert.equal(index.version('abcd1')[0]?.stat, undefined);
  index.commit({ nowUs: 1, dropVersions: [versionId('abcd2'), versionId('none')] });
  assert.deepEqual(index.versionTotals(), { count: 1, bytes: 4 });
  assert.deepEqual(openInMemory(index.serialise()).versionTotals(), { count: 1, bytes: 4 });
});
