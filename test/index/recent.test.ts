// What is kept in mind of what was written is what the tables say.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Commit } from '../../daemon/index/commit.ts';
import type { FolderIndex } from '../../daemon/index/folder-index.ts';
import { Recent } from '../../daemon/index/recent.ts';
import { absent, change, device, dir, file, hashOf, openInMemory, path, record, seen, seq } from './rows.ts';

const NAMES = ['a', 'b', 'a/c'] as const;
const entry = fc.constantFrom(file('x'), file('yy', { mtimeUs: -1n }), dir, absent, {
  kind: 'symlink',
  target: 'ü',
} as const);
const name = fc.constantFrom(...NAMES);
const why = fc.constantFrom('fetch', 'held', 'skipped', 'ignored');
const peer = fc.constantFrom(device('B'), device('C'), device('A'));
const source = fc.record({ peer, seq: fc.integer({ min: 1, max: 5 }).map(seq) });
const lost = [{ kind: 'file' as const, sha256: hashOf('l'), sizeBytes: 1, origin: device('D'), stamp: 5 }];

const row = fc
  .record({ name, entry, isSeen: fc.boolean(), isLost: fc.boolean(), racy: fc.boolean() })
  .map(({ name: at, entry: what, isSeen, isLost, racy }) => {
    const made = change(at, what, { seen: isSeen ? seen : undefined, racy });
    return isLost ? { ...made, record: { ...made.record, lost } } : made;
  });
const want = fc
  .record({
    name,
    entry,
    why,
    rival: fc.option(entry, { nil: undefined }),
    source: fc.option(source, { nil: undefined }),
  })
  .map(({ name: at, entry: what, why: forWhat, rival, source: from }) => ({
    record: record(at, what),
    rivals: rival === undefined ? [] : [record(at, rival, { stamp: 3 })],
    why: forWhat,
    sinceMs: 4,
    source: from,
  }));
const commit: fc.Arbitrary<Commit> = fc.record({
  nowUs: fc.constant(1),
  rows: fc.array(row, { maxLength: 3 }),
  withdraw: fc.array(name.map(path), { maxLength: 1 }),
  want: fc.array(want, { maxLength: 3 }),
  unwant: fc.array(name.map(path), { maxLength: 1 }),
  sources: fc.array(
    fc
      .record({ name, source, has: fc.boolean() })
      .map(({ name: at, source: from, has }) => ({ path: path(at), ...from, has })),
    { maxLength: 3 },
  ),
  mark: fc.array(
    fc.record({ name, why, attempts: fc.nat(9) }).map(({ name: at, ...mark }) => ({ path: path(at), ...mark })),
    { maxLength: 2 },
  ),
});

function assertAsStored(index: FolderIndex): void {
  const stored = openInMemory(index.serialise());
  for (const at of NAMES.map(path)) {
    assert.deepEqual(index.row(at), stored.row(at));
    assert.deepEqual(index.wanted(at), stored.wanted(at));
  }
  assert.deepEqual(index.wantedCounts(), stored.wantedCounts());
  stored.close();
}

test('what was written is answered as it lies in the tables, whatever came before, and after a commit that failed', () => {
  fc.assert(
    fc.property(fc.array(commit, { minLength: 1, maxLength: 5 }), (commits) => {
      const index = openInMemory();
      for (const one of commits) {
        index.commit(one);
        assertAsStored(index);
        const impossible = { path: path('a'), peer: device('B'), seq: Number.NaN as ReturnType<typeof seq>, has: true };
        const wrong = { record: record('a', dir), why: 'fetch' as const, sinceMs: 1 };
        assert.throws(() => index.commit({ ...one, want: [...(one.want ?? []), wrong], sources: [impossible] }));
        assertAsStored(index);
      }
      index.close();
    }),
    { numRuns: 60 },
  );
});

test('what was read or written last stays in mind, and the rest is forgotten', () => {
  const recent = new Recent<number>();
  const read: string[] = [];
  const get = (at: string): number =>
    recent.get(path(at), () => {
      read.push(at);
      return 0;
    });
  for (let i = 0; i < 10_000; i++) recent.set(path(`${i}`), i);
  assert.deepEqual([get('9999'), get('9500'), read], [9999, 9500, []]);
  assert.deepEqual([get('0'), get('0'), read], [0, 0, ['0']]);
  recent.set(path('9500'), 1);
  assert.equal(get('9500'), 1);
  recent.forgetAll();
  get('9500');
  assert.deepEqual(read, ['0', '9500']);
});
