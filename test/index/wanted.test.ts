import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { FolderIndex } from '../../daemon/index/folder-index.ts';
import { absent, device, dir, epoch, file, openInMemory, path, paths, record, seq } from './rows.ts';

const B = device('B');
const C = device('C');

function want(
  index: FolderIndex,
  at: string,
  content: string,
  from: { peer: typeof B; seq: ReturnType<typeof seq> },
): void {
  index.commit({ nowUs: 1, want: [{ record: record(at, file(content)), why: 'fetch', sinceMs: 5, source: from }] });
}

test('a want survives a restart, with its sources', () => {
  const index = openInMemory();
  want(index, 'a', 'x', { peer: B, seq: seq(7) });
  const again = openInMemory(index.serialise());
  assert.deepEqual(again.wanted(path('a')), {
    record: record('a', file('x')),
    rivals: [],
    movedFrom: undefined,
    why: 'fetch',
    again: false,
    code: undefined,
    attempts: 0,
    sinceMs: 5,
    sources: [{ peer: B, seq: 7, has: true }],
  });
  assert.deepEqual(again.wantedCounts(), { count: 1, bytes: 1, fetch: 1, held: 0, skipped: 0, ignored: 0, absent: 0 });
});

test('a want survives a restart with what was announced beside it', () => {
  const index = openInMemory();
  const rivals = [record('a', file('y')), record('a', { kind: 'absent' }), record('a', { kind: 'dir', mode: 0o700 })];
  index.commit({ nowUs: 1, want: [{ record: record('a', file('x')), rivals, why: 'fetch', sinceMs: 5 }] });
  assert.deepEqual(openInMemory(index.serialise()).wanted(path('a'))?.rivals, rivals);
});

test('another content wanted: those who announced the one before are sources without it', () => {
  const index = openInMemory();
  want(index, 'a', 'x', { peer: B, seq: seq(7) });
  index.commit({ nowUs: 1, mark: [{ path: path('a'), why: 'fetch', attempts: 3 }] });
  want(index, 'a', 'longer', { peer: C, seq: seq(2) });
  const row = index.wanted(path('a'));
  assert.equal(row?.attempts, 0);
  assert.deepEqual(
    row?.sources.toSorted((a, b) => a.seq - b.seq),
    [
      { peer: C, seq: 2, has: true },
      { peer: B, seq: 7, has: false },
    ],
  );
  want(index, 'a', 'longer', { peer: B, seq: seq(9) });
  assert.deepEqual(
    index.wanted(path('a'))?.sources.map((source) => source.has),
    [true, true],
  );
  assert.equal(index.wantedCounts().bytes, 6);
});

test('a source is added to a want that exists, and an older announcement of it says nothing new', () => {
  const index = openInMemory();
  want(index, 'a', 'x', { peer: B, seq: seq(7) });
  index.commit({
    nowUs: 1,
    sources: [
      { path: path('a'), peer: C, seq: seq(3), has: true },
      { path: path('a'), peer: B, seq: seq(6), has: false },
      { path: path('not wanted'), peer: B, seq: seq(8), has: true },
    ],
  });
  assert.deepEqual(
    new Set(index.wanted(path('a'))?.sources),
    new Set([
      { peer: B, seq: seq(7), has: true },
      { peer: C, seq: seq(3), has: true },
    ]),
  );
  assert.equal(index.wanted(path('not wanted')), undefined);
});

test('small ones are fetched first, of equal size the latest', () => {
  const index = openInMemory();
  const one = (at: string, content: string, stamp: number) => ({
    record: record(at, file(content), { stamp }),
    why: 'fetch' as const,
    sinceMs: 1,
  });
  index.commit({
    nowUs: 1,
    want: [
      one('large', 'xxxxxxxxxx', 9),
      one('earlier', 'xx', 1),
      one('later', 'yy', 2),
      { record: record('gone', absent), why: 'fetch', sinceMs: 1 },
      { ...one('held', '', 1), why: 'held' },
    ],
  });
  assert.deepEqual(paths(index.wantedNext(10)), ['gone', 'later', 'earlier', 'large']);
  assert.deepEqual(paths(index.wantedNext(2, new Set(['gone', 'earlier']))), ['later', 'large']);
});

test('what was read of the wants is read anew after each change, and after one that failed', () => {
  const index = openInMemory();
  const first = (): string[] => paths(index.wantedNext(10));
  const sources = (): unknown => index.wanted(path('a'))?.sources.map(({ peer, has }) => [peer, has]);
  want(index, 'a', 'x', { peer: B, seq: seq(1) });
  assert.deepEqual([first(), sources()], [['a'], [[B, true]]]);
  want(index, 'b', '', { peer: B, seq: seq(2) });
  assert.deepEqual(first(), ['b', 'a']);
  const nobody = { path: path('b'), peer: B, seq: Number.NaN as ReturnType<typeof seq>, has: true };
  assert.throws(() => index.commit({ nowUs: 1, unwant: [path('a')], sources: [nobody] }));
  assert.deepEqual([first(), sources()], [['b', 'a'], [[B, true]]]);
  index.commit({ nowUs: 1, sources: [{ path: path('a'), peer: C, seq: seq(1), has: false }] });
  assert.deepEqual(
    new Map(sources() as [string, boolean][]),
    new Map([
      [B, true],
      [C, false],
    ]),
  );
  index.forgetPeer(C);
  assert.deepEqual(sources(), [[B, true]]);
  index.commit({ nowUs: 1, mark: [{ path: path('b'), why: 'held', attempts: 2 }] });
  assert.deepEqual([first(), index.wanted(path('b'))?.attempts], [['a'], 2]);
  index.commit({ nowUs: 1, unwant: [path('a')] });
  assert.deepEqual([first(), index.wanted(path('a'))], [[], undefined]);
});

test('of more wants than are kept in mind all are told, in their order', () => {
  const index = openInMemory();
  const names = Array.from({ length: 1300 }, (_, i) => path(`f${String(i).padStart(4, '0')}`));
  const wants = names.map((at, i) => ({
    record: record(at, dir, { stamp: 5000 - i }),
    why: 'fetch' as const,
    sinceMs: 5,
  }));
  index.commit({ nowUs: 1, want: wants });
  assert.deepEqual(paths(index.wantedNext(2000)), names);
  index.commit({ nowUs: 1, unwant: names.slice(300) });
  assert.deepEqual(paths(index.wantedNext(2000, new Set(names.slice(0, 100)))), names.slice(100, 300));
  assert.equal(index.wanted(names[299] ?? path('x'))?.record.stamp, 5000 - 299);
});

test('the lowest wanted sequence of a peer passes over what is skipped', () => {
  const index = openInMemory();
  want(index, 'a', 'x', { peer: B, seq: seq(5) });
  want(index, 'b', 'y', { peer: B, seq: seq(8) });
  assert.equal(index.lowestWanted(B), 5);
  assert.equal(index.lowestWanted(C), undefined);
  index.commit({ nowUs: 1, mark: [{ path: path('a'), why: 'skipped', code: 'E_DISK_FULL', attempts: 1 }] });
  assert.equal(index.lowestWanted(B), 8);
  assert.deepEqual(index.skipped(10), [{ path: 'a', code: 'E_DISK_FULL' }]);
  assert.deepEqual(index.skipped(10, 'a'), []);
  assert.deepEqual(index.wantedCounts(), { count: 2, bytes: 1, fetch: 1, held: 0, skipped: 1, ignored: 0, absent: 0 });
  index.commit({ nowUs: 1, mark: [{ path: path('a'), why: 'fetch', attempts: 1 }] });
  assert.equal(index.lowestWanted(B), 5);
  index.commit({ nowUs: 1, unwant: [path('a'), path('b'), path('never wanted')] });
  assert.equal(index.lowestWanted(B), undefined);
  assert.deepEqual(index.wantedCounts(), { count: 0, bytes: 0, fetch: 0, held: 0, skipped: 0, ignored: 0, absent: 0 });
});

test('a peer that begins a new epoch is no source until it announces again', () => {
  const index = openInMemory();
  index.commit({ nowUs: 1, have: [{ peer: B, epoch: epoch('B'), seq: seq(9) }] });
  want(index, 'a', 'x', { peer: B, seq: seq(5) });
  index.commit({ nowUs: 1, have: [{ peer: B, epoch: epoch('B'), seq: seq(10) }] });
  assert.equal(index.lowestWanted(B), 5);
  index.commit({ nowUs: 1, have: [{ peer: B, epoch: epoch('C'), seq: seq(1) }] });
  assert.equal(index.lowestWanted(B), undefined);
  assert.deepEqual(index.wanted(path('a'))?.sources, []);
});

test('all wants by path', () => {
  const index = openInMemory();
  const rows = ['d/a', 'd', 'd/b/c', 'd0', 'e'].map((at) => ({
    record: record(at, dir),
    why: 'fetch' as const,
    sinceMs: 1,
  }));
  index.commit({ nowUs: 1, want: rows });
  assert.deepEqual(paths(index.wantedAll()), ['d', 'd/a', 'd/b/c', 'd0', 'e']);
  index.forgetPeer(B);
});

test('what is ignored counts as held, and tombstones among it are forgotten like others when they are old', () => {
  const index = openInMemory();
  want(index, 'a', 'x', { peer: B, seq: seq(7) });
  const gone = { ...record('b', { kind: 'absent' }), stamp: 1000 };
  index.commit({ nowUs: 1, want: [{ record: gone, why: 'ignored', sinceMs: 5, source: { peer: B, seq: seq(6) } }] });
  assert.equal(index.lowestWanted(B), 7);
  assert.equal(index.dropTombstones(1000, seq(99), 10), 0);
  assert.equal(index.dropTombstones(1001, seq(99), 10), 1);
  assert.equal(index.wanted(path('b')), undefined);
  assert.deepEqual(index.wantedCounts(), { count: 1, bytes: 1, fetch: 1, held: 0, skipped: 0, ignored: 0, absent: 0 });
});

test('a want is remembered as a restart finds it', () => {
  const index = openInMemory();
  const isAsRead = (): void => {
    const again = openInMemory(index.serialise());
    for (const at of ['a', 'b']) assert.deepEqual(index.wanted(path(at)), again.wanted(path(at)));
  };
  const source = { peer: B, seq: seq(7) };
  want(index, 'a', 'x', source);
  isAsRead();
  index.commit({ nowUs: 1, want: [{ record: record('b', dir), movedFrom: path('a'), why: 'fetch', sinceMs: 5 }] });
  isAsRead();
  index.commit({ nowUs: 1, sources: [{ path: path('b'), ...source, has: true }] });
  isAsRead();
  index.commit({ nowUs: 1, sources: [{ path: path('b'), peer: C, seq: seq(9), has: false }] });
  isAsRead();
  const rivals = [record('b', file('z'))];
  index.commit({ nowUs: 1, want: [{ record: record('b', absent), rivals, why: 'skipped', code: 'E_IO', sinceMs: 6 }] });
  isAsRead();
  index.commit({ nowUs: 1, mark: [{ path: path('b'), why: 'fetch', attempts: 2 }] });
  isAsRead();
  assert.throws(() =>
    index.commit({
      nowUs: 1,
      unwant: [path('a')],
      rows: [{ record: record('no', dir), seen: undefined, announce: false }],
    }),
  );
  isAsRead();
  index.commit({ nowUs: 1, unwant: [path('a')] });
  assert.equal(index.wanted(path('a')), undefined);
  isAsRead();
});

test('what is tried again is to be fetched, and towards peers it is skipped still', () => {
  const index = openInMemory();
  want(index, 'a', 'xyz', { peer: B, seq: seq(3) });
  want(index, 'b', 'x', { peer: B, seq: seq(5) });
  const skip = { path: path('a'), why: 'skipped', code: 'E_NAME', attempts: 4 } as const;
  index.commit({ nowUs: 1, mark: [skip] });
  index.tryAgain([path('a'), path('a'), path('b'), path('unknown')]);

  const isTriedAgain = (): void => {
    assert.deepEqual(paths(index.wantedNext(10)), ['b', 'a']);
    const { why, again, code, attempts } = index.wanted(path('a')) ?? {};
    assert.deepEqual([why, again, code, attempts], ['fetch', true, undefined, 4]);
    assert.deepEqual(index.skipped(10), [{ path: 'a', code: 'E_NAME' }]);
    assert.equal(index.lowestWanted(B), 5);
    const { count, bytes, fetch, skipped } = index.wantedCounts();
    assert.deepEqual([count, bytes, fetch, skipped], [2, 4, 2, 1]);
  };
  isTriedAgain();
  // Known to nobody but this run.
  assert.equal(openInMemory(index.serialise()).wanted(path('a'))?.why, 'skipped');
  index.commit({ nowUs: 1, sources: [{ path: path('a'), peer: B, seq: seq(4), has: true }] });
  isTriedAgain();

  index.commit({ nowUs: 1, mark: [skip] });
  assert.deepEqual([index.wanted(path('a'))?.again, index.wantedCounts().fetch], [false, 1]);
  index.tryAgain([path('a')]);
  assert.throws(() => index.commit({ nowUs: 1, meta: [[undefined as unknown as string, 'no key']] }));
  assert.deepEqual([index.wanted(path('a'))?.why, index.wantedCounts().fetch], ['skipped', 1]);
  index.tryAgain([path('a')]);
  // Somebody has it now: it is to come.
  index.commit({ nowUs: 1, mark: [{ path: path('a'), why: 'fetch', attempts: 0 }] });
  assert.deepEqual([index.wanted(path('a'))?.again, index.lowestWanted(B)], [false, 4]);
  index.commit({ nowUs: 1, mark: [skip] });
  index.tryAgain([path('a')]);
  index.commit({ nowUs: 1, unwant: [path('a')] });
  assert.deepEqual(paths(index.wantedNext(10)), ['b']);
});
