import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExpected, statText } from '../../daemon/core/expected-names.ts';
import type { Run } from '../../daemon/core/ids.ts';
import { comparePaths, isBelow, parentOf } from '../../daemon/core/path.ts';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';
import {
  absent,
  change,
  device,
  dir,
  epoch,
  file,
  hashOf,
  openInMemory,
  path,
  paths,
  record,
  seen,
  seq,
} from './rows.ts';

test('a row is given back as it was committed', () => {
  const index = openInMemory();
  const entries: Entry[] = [
    file('hello', { mode: 0o600, mtimeUs: -(10n ** 18n) }),
    { kind: 'symlink', target: '../ü' },
    dir,
    absent,
  ];
  for (const [i, entry] of entries.entries()) {
    const given: FileRecord = record(`some/path ${i}`, entry, {
      vector: [
        [epoch('A'), 1],
        [epoch('B'), Number.MAX_SAFE_INTEGER],
      ],
      origin: device('C'),
      mark: true,
      lost: [
        { kind: 'file', sha256: hashOf('x'), sizeBytes: 2 ** 40, origin: device('D'), stamp: 5 },
        { kind: 'symlink', sha256: hashOf('y'), sizeBytes: 0, origin: device('E'), stamp: -6 },
      ],
    });
    index.commit({ nowUs: 1000, rows: [{ record: given, seen, racy: true, boundary: true, announce: true }] });
    const row = index.row(given.path);
    assert.deepEqual(row?.record, given);
    assert.deepEqual(row?.seen, seen);
    assert.deepEqual([row?.racy, row?.keptLocally, row?.boundary], [true, false, true]);
  }
  assert.equal(index.row(path('nothing')), undefined);
});

test('sequences follow the wall clock, and never one is given twice when it goes back', () => {
  const index = openInMemory();
  const first = index.commit({ nowUs: 5000, rows: [change('a', dir), change('b', dir)] });
  assert.deepEqual(
    first.map((row) => row.seq),
    [5000, 5001],
  );
  const second = index.commit({ nowUs: 10, rows: [change('a', dir)] });
  assert.deepEqual(
    second.map((row) => row.seq),
    [5002],
  );
  assert.equal(index.seq, 5002);
  index.beginEpoch(epoch('Z'));
  assert.equal(index.epoch, epoch('Z'));
  assert.equal(index.commit({ nowUs: 10, rows: [change('c', dir)] })[0]?.seq, 5003);
});

test('the highest sequence is remembered when its row is gone', () => {
  const index = openInMemory();
  index.commit({ nowUs: 5000, rows: [change('a', absent, { stamp: 1 })] });
  assert.equal(index.dropTombstones(2, index.seq, 10), 1);
  const again = openInMemory(index.serialise());
  assert.equal(again.opened, 'existing');
  assert.equal(again.closedCleanly, false);
  assert.equal(again.epoch, epoch('A'));
  assert.equal(again.commit({ nowUs: 0, rows: [change('a', dir)] })[0]?.seq, 5001);
});

test('a change that is not announced keeps its sequence', () => {
  const index = openInMemory();
  index.commit({ nowUs: 5000, rows: [change('a', file('x')), change('b', dir)] });
  assert.deepEqual(index.commit({ nowUs: 9000, rows: [change('a', file('x'), { seen, announce: false })] }), []);
  assert.equal(index.row(path('a'))?.seq, 5000);
  assert.deepEqual(index.row(path('a'))?.seen, seen);
  assert.equal(index.seq, 5001);
  assert.throws(() => index.commit({ nowUs: 1, rows: [change('new', dir, { announce: false })] }), /not announced/);
});

test('a commit that fails changes nothing: rows, counts, sequence, devices', () => {
  const index = openInMemory();
  index.commit({ nowUs: 5000, rows: [change('a', file('x'))] });
  const before = [index.counts(), index.seq, index.wantedCounts()];
  const rows = [
    { ...change('b', file('yy')), record: record('b', file('yy'), { origin: device('Q') }) },
    change('c', dir, { announce: false }),
  ];
  const want = [{ record: record('w', dir), why: 'fetch' as const, sinceMs: 1 }];
  assert.throws(() => index.commit({ nowUs: 6000, rows, want }));
  assert.deepEqual([index.counts(), index.seq, index.wantedCounts()], before);
  assert.equal(index.row(path('b')), undefined);
  index.commit({ nowUs: 6000, rows: rows.slice(0, 1) });
  assert.equal(index.row(path('b'))?.record.origin, device('Q'));
});

test('what was read of a path is read anew after each change of it, and after one that failed', () => {
  const index = openInMemory();
  assert.equal(index.row(path('a')), undefined);
  index.commit({ nowUs: 1, rows: [change('a', file('x'))] });
  const first = index.row(path('a'));
  assert.deepEqual(first?.record, record('a', file('x')));
  const rows = [change('a', file('other')), change('new', dir, { announce: false })];
  assert.throws(() => index.commit({ nowUs: 1, rows }));
  assert.deepEqual(index.row(path('a')), first);
  index.commit({ nowUs: 1, rows: [change('a', file('x'), { seen, racy: true, announce: false })] });
  assert.deepEqual(index.row(path('a')), { ...first, seen, racy: true });
  index.commit({ nowUs: 1, rows: [change('a', absent)] });
  assert.equal(index.row(path('a'))?.record.entry.kind, 'absent');
  index.dropTombstones(Number.MAX_SAFE_INTEGER, index.seq, 10);
  assert.equal(index.row(path('a')), undefined);
  index.commit({ nowUs: 1, rows: [change('a', dir)] });
  assert.equal(index.row(path('a'))?.record.entry.kind, 'dir');
  index.commit({ nowUs: 1, withdraw: [path('a')] });
  assert.equal(index.row(path('a')), undefined);
});

test('of more paths than are kept in mind each is told as it is', () => {
  const index = openInMemory();
  const names = Array.from({ length: 1300 }, (_, i) => path(`f${i}`));
  index.commit({ nowUs: 1, rows: names.map((at) => change(at, dir)) });
  for (let round = 0; round < 2; round++) assert.equal(index.rows(names).size, names.length);
  index.commit({ nowUs: 1, rows: names.map((at) => change(at, absent)) });
  for (const at of names) assert.equal(index.row(at)?.record.entry.kind, 'absent');
});

test('a move is told as one only while the tombstone it left is the change just before it', () => {
  const index = openInMemory();
  const moved = { movedFrom: path('old') };
  const together = index.commit({ nowUs: 100, rows: [change('old', absent), change('new', file('x'), moved)] });
  assert.equal(together[1]?.movedFrom, 'old');
  const told = (after: number): (string | undefined)[] => index.after(seq(after), 10).map((row) => row.movedFrom);
  assert.deepEqual(told(0), [undefined, 'old']);
  assert.deepEqual(told(100), ['old'], 'told from behind the tombstone on');
  index.commit({ nowUs: 100, rows: [change('new', file('x'), { seen, announce: false })] });
  assert.deepEqual(told(100), ['old']);
  index.commit({ nowUs: 100, rows: [change('old', file('y'))] });
  assert.deepEqual(told(0), [undefined, undefined]);
  const apart = index.commit({
    nowUs: 100,
    rows: [change('old', absent), change('x', dir), change('new', file('x'), moved)],
  });
  assert.equal(apart[2]?.movedFrom, undefined);
});

test('what a listing is to show: each live child with its stat, and nothing to go by where the stat may hide something', () => {
  const index = openInMemory();
  const rows = [
    change('\u{10ffff}é', dir, { seen }),
    change('\u{10ffff}é/a', file('a'), { seen }),
    change('\u{10ffff}é/b\nb', file('b'), { seen, racy: true }),
    change('\u{10ffff}é/c', file('c')),
    change('\u{10ffff}é/gone', absent),
    change('\u{10ffff}é/kept', absent, { seen, keptLocally: true }),
    change('\u{10ffff}é/e', dir, { seen }),
    change('\u{10ffff}é/e/below', file('a'), { seen }),
  ];
  index.commit({ nowUs: 1, rows });
  const text = statText(seen);
  assert.deepEqual([...parseExpected(index.expectedIn(''))], [['\u{10ffff}é', text]]);
  const inside = Object.fromEntries(parseExpected(index.expectedIn(path('\u{10ffff}é'))));
  assert.deepEqual(inside, { a: text, 'b\nb': '', c: '', e: text, kept: '' });
  assert.equal(index.expectedIn(path('none')), '');
});

test('children, what lives below, and everything by sequence', () => {
  const index = openInMemory();
  const tree = ['a', 'a/b', 'a/b/c', 'a!', 'a/b!', 'a0', 'ä', 'a/\u{10ffff}', 'a/\u{fffd}', '\u{10ffff}'];
  index.commit({ nowUs: 1, rows: tree.map((at) => change(at, at === 'a/b!' ? absent : dir)) });
  assert.deepEqual(paths(index.children('')), ['a', 'a!', 'a0', 'ä', '\u{10ffff}']);
  assert.deepEqual(paths(index.children(path('a'))), ['a/b', 'a/b!', 'a/\u{fffd}', 'a/\u{10ffff}']);
  assert.deepEqual(paths(index.liveBelow(path('a'))), ['a/b', 'a/b/c', 'a/\u{fffd}', 'a/\u{10ffff}']);
  assert.equal([...index.liveBelow('')].length, tree.length - 1);
  assert.deepEqual(paths(index.after(seq(3), 2)), ['a!', 'a/b!']);
  assert.deepEqual([...index.rows([path('a'), path('gone'), path('ä')]).keys()], ['a', 'ä']);
});

test('deepest first, what is in a directory comes before it, over all pages', () => {
  const index = openInMemory();
  const names = ['d/x', 'd/x!', ...Array.from({ length: 2500 }, (_, i) => `d/x/${String(i).padStart(5, '0')}`)];
  index.commit({ nowUs: 1, rows: ['d', ...names, 'd/y'].map((at) => change(at, dir)) });
  const found = paths(index.liveBelowDeepestFirst(path('d')));
  assert.deepEqual(found, ['d/y', ...names.toSorted().reverse()]);
  assert.equal(found.at(-1), 'd/x');
});

test('going through rows stands commits between two steps, at any page', () => {
  const index = openInMemory();
  const names = Array.from({ length: 2500 }, (_, i) => `d/${String(i).padStart(5, '0')}`);
  index.commit({ nowUs: 1, rows: names.map((at) => change(at, dir)) });
  const found: string[] = [];
  for (const row of index.liveBelow(path('d'))) {
    found.push(row.record.path);
    if (found.length % 500 === 0) index.commit({ nowUs: 1, rows: [change(row.record.path, absent)] });
  }
  assert.deepEqual(found, names);
  assert.equal(index.counts().tombstones, 5);
});

test('property: counts, children, ranges and order agree with a plain map', () => {
  const name = fc.constantFrom('a', 'b', 'a0', 'a.', '~', 'ü', '\u{1f600}', '\u{ff5e}');
  const at = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const entry = fc.oneof(
    fc.constant(dir),
    fc.constant(absent),
    fc.string({ maxLength: 5 }).map((text) => file(text)),
  );
  const commit = fc.array(fc.tuple(at, entry), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 4 }), at, (commits, below) => {
      const index = openInMemory();
      const model = new Map<string, Entry>();
      for (const rows of commits) {
        index.commit({ nowUs: 1, rows: rows.map(([where, what]) => change(where, what)) });
        for (const [where, what] of rows) model.set(where, what);
      }
      const all = [...model]
        .map(([where, what]) => ({ at: path(where), what }))
        .sort((a, b) => comparePaths(a.at, b.at));
      const live = all.filter(({ what }) => what.kind !== 'absent');
      const files = live.map(({ what }) => what).filter((what) => what.kind === 'file');
      assert.deepEqual(index.counts(), {
        files: files.length,
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        entries: live.length,
        tombstones: all.length - live.length,
      });
      assert.deepEqual(openInMemory(index.serialise()).counts(), index.counts());
      assert.deepEqual(
        paths(index.liveBelow(path(below))),
        live.filter((one) => isBelow(one.at, path(below))).map((one) => one.at),
      );
      assert.deepEqual(
        paths(index.liveBelow('')),
        live.map((one) => one.at),
      );
      assert.deepEqual(
        paths(index.children(path(below))),
        all.filter((one) => parentOf(one.at) === below).map((one) => one.at),
      );
      index.close();
    }),
    { numRuns: 60 },
  );
});

test('live files are found by their content', () => {
  const index = openInMemory();
  index.commit({ nowUs: 1, rows: [change('a', file('x')), change('b', file('x')), change('c', file('y'))] });
  assert.deepEqual(paths(index.withContent(hashOf('x'), 10)), ['a', 'b']);
  index.commit({ nowUs: 1, rows: [change('a', absent)] });
  assert.deepEqual(paths(index.withContent(hashOf('x'), 10)), ['b']);
});

test('conflicts are those rows that list a lost content', () => {
  const index = openInMemory();
  const lost = [{ kind: 'file' as const, sha256: hashOf('x'), sizeBytes: 1, origin: device('B'), stamp: 1 }];
  index.commit({ nowUs: 1, rows: [change('b', dir), { ...change('a', dir), record: record('a', dir, { lost }) }] });
  assert.deepEqual([paths(index.conflicts()), index.conflictCount()], [['a'], 1]);
  assert.equal(openInMemory(index.serialise()).conflictCount(), 1);
  index.commit({ nowUs: 1, rows: [change('a', dir)] });
  assert.deepEqual([paths(index.conflicts()), index.conflictCount()], [[], 0]);
});

test('tombstones are dropped by age and sequence, but none that stands for a directory that stayed', () => {
  const index = openInMemory();
  index.commit({
    nowUs: 10,
    rows: [
      change('old', absent, { stamp: 100 }),
      change('young', absent, { stamp: 900 }),
      change('stayed', absent, { stamp: 100, keptLocally: true }),
      change('lives', dir, { stamp: 100 }),
      change('not yet everywhere', absent, { stamp: 100 }),
    ],
  });
  assert.equal(index.dropTombstones(500, seq(13), 10), 1);
  assert.equal(index.row(path('old')), undefined);
  assert.equal(index.counts().tombstones, 3);
});

test('what is not known to be durable is told by sequence', () => {
  const index = openInMemory();
  index.commit({ nowUs: 10, rows: [change('a', dir), change('b', dir), change('c', dir)] });
  index.markDurable(seq(10));
  index.markDurable(seq(4));
  assert.equal(index.durableSeq, 10);
  assert.deepEqual(paths(index.afterDurable(1)), ['b']);
  assert.deepEqual(paths(index.afterDurable(10, seq(11))), ['c']);
  assert.equal(openInMemory(index.serialise()).durableSeq, 10);
});

test('peers: what we have of theirs, what they hold of ours, and forgetting them', () => {
  const index = openInMemory();
  const peer = device('B');
  assert.equal(index.have(peer), undefined);
  index.commit({ nowUs: 1, have: [{ peer, epoch: epoch('B'), seq: seq(4711) }] });
  assert.deepEqual(index.have(peer), { epoch: epoch('B'), seq: 4711 });
  const heard = { epoch: epoch('B'), seq: seq(4712), run: 'r1' as Run };
  index.commit({ nowUs: 1, have: [{ peer, ...heard }] });
  assert.deepEqual(index.have(peer), heard);
  index.commit({ nowUs: 1, rows: [change('a', dir)] });
  assert.deepEqual(openInMemory(index.serialise()).have(peer), heard);
  assert.equal(index.holds(peer), undefined);
  index.commit({ nowUs: 1, peerHolds: [{ peer, epoch: epoch('A'), seq: seq(5) }] });
  assert.deepEqual(index.holds(peer), { epoch: epoch('A'), seq: 5 });
  index.forgetPeer(peer);
  assert.deepEqual([index.have(peer), index.holds(peer)], [undefined, undefined]);
});

test('how far peers have got is written with the next commit, or when the index is closed; a crash takes it, a failure does not', () => {
  const index = openInMemory();
  const [peer, other] = [device('B'), device('C')];
  const at = (n: number): { peer: typeof peer; epoch: ReturnType<typeof epoch>; seq: ReturnType<typeof seq> } => ({
    peer,
    epoch: epoch('B'),
    seq: seq(n),
  });
  const after = (saved: Buffer): unknown[] => [
    openInMemory(saved).have(peer)?.seq,
    openInMemory(saved).holds(other)?.seq,
  ];
  index.commit({ nowUs: 1, have: [at(4)], peerHolds: [{ peer: other, epoch: index.epoch, seq: seq(5) }] });
  assert.deepEqual([index.have(peer)?.seq, index.holds(other)?.seq], [4, 5]);
  assert.deepEqual(after(index.serialise()), [undefined, undefined]);
  assert.throws(() => index.commit({ nowUs: 1, have: [at(6)], rows: [change('new', dir, { announce: false })] }));
  assert.deepEqual([index.have(peer)?.seq, index.holds(other)?.seq], [4, 5]);
  index.commit({ nowUs: 1, rows: [change('a', dir)] });
  assert.deepEqual(after(index.serialise()), [4, 5]);

  index.commit({ nowUs: 1, have: [at(7)] });
  index.forgetPeer(other);
  assert.deepEqual(after(index.serialise()), [7, undefined]);
});

test('meta is kept, changed and taken away', () => {
  const index = openInMemory();
  index.commit({ nowUs: 1, meta: [['boot', 'x']] });
  index.commit({
    nowUs: 1,
    meta: [
      ['boot', 'y'],
      ['id', 'z'],
    ],
  });
  assert.deepEqual([index.meta('boot'), index.meta('id'), index.meta('none')], ['y', 'z', undefined]);
  index.commit({ nowUs: 1, meta: [['boot', null]] });
  assert.equal(index.meta('boot'), undefined);
  index.ping();
});
