import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_NAMED, Planned, bytesOf, planned } from '../../daemon/core/sync-plan.ts';
import { Filtered } from '../../daemon/core/filter-plan.ts';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';
import { device, epoch, file, path, vector } from './build.ts';

const ABSENT: Entry = { kind: 'absent' };

function record(entry: Entry): FileRecord {
  return {
    path: path('a'),
    entry,
    vector: vector('A1'),
    origin: device('A'),
    stamp: 1,
    mark: false,
    maker: epoch('A'),
    lost: [],
  };
}

const TABLE: readonly (readonly [why: string, ours: FileRecord | undefined, theirs: Entry, what: string])[] = [
  ['nothing was ever here', undefined, file('x'), 'create'],
  ['what was here is deleted', record(ABSENT), file('x'), 'create'],
  ['other content', record(file('x')), file('y'), 'change'],
  ['the same content, another mode', record(file('x', 0o644)), file('x', 0o755), 'attributes'],
  ['it goes', record(file('x')), ABSENT, 'delete'],
];
for (const [why, ours, theirs, what] of TABLE)
  test(`what would become of a path is named: ${why}`, () => {
    assert.equal(planned(ours, theirs), what);
  });

test('only files have bytes to carry', () => {
  assert.deepEqual([file('12345'), ABSENT, { kind: 'dir', mode: 0o755 } as const].map(bytesOf), [5, 0, 0]);
});

test('a million paths are counted, and the first thousand named', () => {
  const [group, filtered] = [new Planned(), new Filtered()];
  for (let n = 0; n < 1_000_000; n++) {
    group.add({ path: path('a'), what: 'create', bytes: 2, from: undefined, peers: [] });
    filtered.add(path('a'), 3);
  }
  assert.deepEqual([group.count, group.bytes, group.paths.length], [1_000_000, 2_000_000, MAX_NAMED]);
  assert.deepEqual([filtered.count, filtered.bytes, filtered.paths.length], [1_000_000, 3_000_000, MAX_NAMED]);
});
