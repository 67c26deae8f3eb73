import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type LocalChange,
  type Observation,
  type SeenStat,
  editedMs,
  judge,
  looksSame,
  sameFile,
  tombstone,
} from '../../daemon/core/observation.ts';
import type { Entry, FileRecord, LiveEntry } from '../../daemon/core/record.ts';
import { relate } from '../../daemon/core/version-vector.ts';
import { absent, dir, file, maker, path, record, symlink } from './build.ts';

const STAT: SeenStat = { kind: 'file', size: 1, mtimeNs: 1_000_000_000n, ctimeNs: 5n, ino: 7n, mode: 0o644, nlink: 1 };
const TIMES = { nowMs: 2000, sinceMs: 500 };

const present = (entry: Entry, seen: SeenStat = STAT): Observation => {
  assert(entry.kind !== 'absent');
  return { kind: 'present', entry, seen, boundary: false };
};

interface Known {
  readonly record: FileRecord;
  readonly seen: SeenStat | undefined;
  readonly keptLocally: boolean;
}
const known = (entry: Entry): Known => ({ record: record(entry, 'B1', 9, 'B'), seen: STAT, keptLocally: false });
/** What is known, and is not on the disk. */
const unseen = (entry: Entry): Known => ({ ...known(entry), seen: undefined });
const keptLocally: Known = { ...known(absent), keptLocally: true };
const wanted = record(file('wanted'), 'C1', 9, 'C');

const TABLE: readonly (readonly [
  why: string,
  observation: Observation,
  known: Known | undefined,
  wanted: FileRecord | undefined,
  expected: LocalChange['kind'],
])[] = [
  ['nothing is there and nothing is known', { kind: 'absent' }, undefined, undefined, 'same'],
  ['a tombstone is known and nothing is there', { kind: 'absent' }, unseen(absent), undefined, 'same'],
  ['what is known is not there', { kind: 'absent' }, known(file('x')), undefined, 'vanished'],
  ['a directory that is known is not there', { kind: 'absent' }, known(dir()), undefined, 'vanished'],
  ['it was not read, because it looks the same', { kind: 'same' }, known(file('x')), undefined, 'same'],
  ['it changes while it is read', { kind: 'changing' }, known(file('x')), undefined, 'look again'],
  ['it cannot be read', { kind: 'unknown', code: 'E_ACCESS' }, known(file('x')), undefined, 'skip'],
  ['a pipe is there', { kind: 'unknown', code: 'E_KIND' }, undefined, undefined, 'skip'],
  ['something new', present(file('x')), undefined, undefined, 'changed'],
  ['something new where something was deleted', present(file('x')), unseen(absent), undefined, 'changed'],
  ['another content', present(file('y')), known(file('x')), undefined, 'changed'],
  ['another mode', present(file('x', 0o600)), known(file('x')), undefined, 'changed'],
  ['another time', present(file('x', 0o644, 2n)), known(file('x')), undefined, 'changed'],
  ['another kind', present(dir()), known(file('x')), undefined, 'changed'],
  ['another target', present(symlink('y')), known(symlink('x')), undefined, 'changed'],
  ['the same in all', present(file('x')), known(file('x')), undefined, 'same'],
  ['the same behind another inode', present(file('x'), { ...STAT, ino: 8n }), known(file('x')), undefined, 'looked'],
  ['the same that nobody has looked at', present(file('x')), unseen(file('x')), undefined, 'looked'],
  ['what is wanted, where nothing was', present(file('wanted')), undefined, wanted, 'arrived'],
  ['what is wanted, over what was known', present(file('wanted')), known(file('x')), wanted, 'arrived'],
  ['neither what is known nor what is wanted', present(file('z')), known(file('x')), wanted, 'changed'],
  ['what is known, though something else is wanted', present(file('x')), known(file('x')), wanted, 'same'],
  [
    'a directory that was deleted and stays because of what is ignored in it',
    present(dir()),
    keptLocally,
    undefined,
    'same',
  ],
  ['another directory in its place', present(dir(), { ...STAT, ino: 8n }), keptLocally, undefined, 'changed'],
  ['a file where such a directory stayed', present(file('x')), keptLocally, undefined, 'changed'],
];

for (const [why, observation, before, want, expected] of TABLE)
  test(`a look at a path: ${why}: ${expected}`, () => {
    const change = judge(path('a'), observation, before, want === undefined ? [] : [want], maker('A'), TIMES);
    assert.equal(change.kind, expected);
    if (change.kind !== 'changed') return;
    assert.deepEqual(change.record.entry, observation.kind === 'present' ? observation.entry : undefined);
    if (before === undefined) return;
    assert.equal(relate(change.record.vector, before.record.vector), 'newer');
    assert(change.record.stamp > before.record.stamp);
  });

test('I4: what could not be looked at is never taken for deleted', () => {
  const codes = ['E_ACCESS', 'E_IO', 'E_UNREADABLE', 'E_CROSS_DEVICE', 'E_KIND', 'E_NAME'] as const;
  for (const code of codes)
    assert.equal(
      judge(path('a'), { kind: 'unknown', code }, known(file('x')), [wanted], maker('A'), TIMES).kind,
      'skip',
    );
});

test('an edit is as old as its file says only between the last look and now', () => {
  const at = (ms: number): LiveEntry => {
    const made = file('x', 0o644, BigInt(ms) * 1000n);
    assert(made.kind === 'file');
    return made;
  };
  assert.equal(editedMs(at(1500), TIMES), 1500);
  assert.equal(editedMs(at(2000), TIMES), 2000);
  assert.equal(editedMs(at(500), TIMES), 2000, 'an old copy that was put back was put back now');
  assert.equal(editedMs(at(2001), TIMES), 2000, 'a time to come is no time of an edit');
  assert.equal(editedMs({ kind: 'dir', mode: 0o755 }, TIMES), 2000);
});

test('a tombstone has seen what it buries, and is stamped after it', () => {
  const buried = record(file('x'), 'B7', 9000, 'B');
  const stone = tombstone(buried, maker('A'), 2000);
  assert.equal(relate(stone.vector, buried.vector), 'newer');
  assert.equal(stone.stamp, 9001);
  assert.deepEqual(stone.entry, absent);
});

test('a stat that differs in anything is looked at; a rename leaves the same file', () => {
  const others: Partial<SeenStat>[] = [
    { size: 2 },
    { mtimeNs: 1n },
    { ctimeNs: 6n },
    { ino: 8n },
    { mode: 0o600 },
    { kind: 'symlink' },
  ];
  for (const other of others) assert.equal(looksSame(STAT, { ...STAT, ...other }), false, Object.keys(other).join());
  assert.equal(looksSame(STAT, STAT), true);
  assert.equal(looksSame(undefined, STAT), false);
  assert.equal(sameFile(STAT, { ...STAT, ctimeNs: 6n, mode: 0o600 }), true);
  const directory: SeenStat = { ...STAT, kind: 'dir' };
  assert.equal(
    looksSame(directory, { ...directory, size: 9, mtimeNs: 9n, ctimeNs: 9n, ino: 9n }),
    true,
    'its times are not its own',
  );
  assert.equal(looksSame(directory, { ...directory, mode: 0o700 }), false);
});

test('I4: a directory that is a mount point now, or is none any more, is unknown, with its mode and time', () => {
  const seen: SeenStat = { ...STAT, kind: 'dir', mode: 0o755 };
  for (const boundary of [true, false])
    for (const mode of [0o755, 0o777]) {
      const look = { kind: 'present', entry: { kind: 'dir', mode }, seen: { ...seen, mode }, boundary } as const;
      const before = { ...known(dir()), seen, boundary: !boundary };
      const change = judge(path('d'), look, before, [], maker('A'), TIMES);
      assert.deepEqual(change, { kind: 'skip', code: 'E_CROSS_DEVICE' });
    }
  const look = { kind: 'present', entry: { kind: 'dir', mode: 0o755 }, seen, boundary: true } as const;
  const change = judge(path('d'), look, undefined, [], maker('A'), TIMES);
  assert.equal(change.kind, 'changed', 'one that is new is as it is');
});
