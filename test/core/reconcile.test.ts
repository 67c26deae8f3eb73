// Every combination of what is here, what is announced and how their versions stand to each other, against a statement of
// the rules that shares nothing with the code but the words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../../daemon/core/conflict.ts';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';
import { reconcile } from '../../daemon/core/reconcile.ts';
import { merge, relate } from '../../daemon/core/version-vector.ts';
import { absent, context, dir, file, hash, record, symlink, vector } from './build.ts';

const KINDS = {
  absent,
  'file A': file('A'),
  'file A with another mode': file('A', 0o600),
  'file A with another time': file('A', 0o644, 2_000_000n),
  'file B': file('B'),
  'empty file': file(''),
  directory: dir(),
  'directory with another mode': dir(0o700),
  link: symlink('x'),
  'link elsewhere': symlink('y'),
} as const satisfies Record<string, Entry>;

type Kind = keyof typeof KINDS;
const ALL = Object.keys(KINDS) as Kind[];

const RELATIONS = [
  'equal, we win',
  'equal, they win',
  'older',
  'newer',
  'concurrent, we win',
  'concurrent, they win',
] as const;
type Standing = (typeof RELATIONS)[number];

/** How two entries stand to each other. */
type Pair =
  | 'the same'
  /** Ours lives on whatever the order says: an edit over a deletion, a directory over what is none. */
  | 'ours must live'
  /** Only mode or time differ, or nothing of ours would be lost. */
  | 'nothing to lose'
  | 'ours would be lost';

const CONTENTS = ['file', 'link', 'directory', 'absent'] as const;

/** What is there, without mode and time. */
function contentOf(kind: Kind): string {
  return kind.replace(/ with another .*/, '');
}

function familyOf(kind: Kind): (typeof CONTENTS)[number] {
  const family = CONTENTS.find((one) => contentOf(kind).includes(one));
  if (family === undefined) throw new Error(kind);
  return family;
}

function pairOf(ours: Kind, theirs: Kind): Pair {
  if (ours === theirs) return 'the same';
  if (contentOf(ours) === contentOf(theirs)) return 'nothing to lose';
  const [mine, other] = [familyOf(ours), familyOf(theirs)];
  if (other === 'absent') return 'ours must live';
  if (mine === 'directory') return 'ours must live';
  return mine === 'absent' ? 'nothing to lose' : 'ours would be lost';
}

const MERGE: Record<Pair, string> = {
  'the same': 'join, merged',
  'ours must live': 'revive',
  'nothing to lose': 'take, merged',
  'ours would be lost': 'take with a conflict, merged',
};
const WE_WIN: Record<Pair, string> = {
  'the same': 'join, merged',
  'ours must live': 'known: ours wins',
  'nothing to lose': 'known: ours wins',
  'ours would be lost': 'known: ours wins',
};
const everywhere = (verdict: string): Record<Pair, string> => ({
  'the same': verdict,
  'ours must live': verdict,
  'nothing to lose': verdict,
  'ours would be lost': verdict,
});

const EXPECTED: Record<Standing, Record<Pair, string>> = {
  'equal, we win': { ...WE_WIN, 'the same': 'known: same version' },
  'equal, they win': MERGE,
  older: everywhere('known: older'),
  newer: { ...everywhere('take'), 'the same': 'join' },
  'concurrent, we win': WE_WIN,
  'concurrent, they win': MERGE,
};

function records(standing: Standing, ours: Entry, theirs: Entry): [FileRecord, FileRecord] {
  const weWin = standing.endsWith('we win');
  const [low, high] = [record(ours, 'A1', weWin ? 9 : 3, 'A'), record(theirs, 'A1', weWin ? 3 : 9, 'B')];
  const mine: FileRecord = { ...low, vector: vector(standing === 'older' ? 'A1 B1' : 'A1') };
  switch (standing) {
    case 'equal, we win':
    case 'equal, they win':
    case 'older':
      return [mine, { ...high, vector: vector('A1') }];
    case 'newer':
      return [mine, { ...high, vector: vector('A1 B1') }];
    case 'concurrent, we win':
    case 'concurrent, they win':
      return [mine, { ...high, vector: vector('B1') }];
  }
}

/** The verdict in the words of the tables, with everything about its record checked. */
function decided(ours: FileRecord, theirs: FileRecord): string {
  const verdict = reconcile(ours, theirs, context('A'));
  if (verdict.kind === 'known') return `known: ${verdict.why}`;
  const { record: result } = verdict;
  const both = merge(ours.vector, theirs.vector);
  const isMerged = relate(theirs.vector, ours.vector) !== 'newer';
  const relation = relate(result.vector, both);
  assert(result.stamp >= Math.max(ours.stamp, theirs.stamp) || verdict.kind !== 'revive', 'stamps rise');
  switch (verdict.kind) {
    case 'join':
      assert.deepEqual(result.entry, ours.entry);
      assert.equal(relation, 'equal');
      return isMerged ? 'join, merged' : 'join';
    case 'take': {
      assert.deepEqual(result.entry, theirs.entry);
      assert.equal(relation, 'equal');
      const lost = result.lost.map(({ sha256 }) => sha256);
      assert.deepEqual(lost, verdict.conflict && ours.entry.kind !== 'dir' ? [lostOf(ours.entry)] : []);
      return `take${verdict.conflict ? ' with a conflict' : ''}${isMerged ? ', merged' : ''}`;
    }
    case 'revive':
      assert.deepEqual(result.entry, ours.entry);
      assert.equal(relation, 'newer', 'a new version, over both');
      assert(result.stamp > Math.max(ours.stamp, theirs.stamp), 'which wins against both');
      return 'revive';
  }
}

function lostOf(entry: Entry): string {
  if (entry.kind === 'file') return entry.sha256;
  return entry.kind === 'symlink' ? hash(entry.target) : 'nothing';
}

for (const standing of RELATIONS)
  test(`what is announced ${tellStanding(standing)}, for each of ${ALL.length} × ${ALL.length} pairs`, () => {
    for (const ours of ALL)
      for (const theirs of ALL) {
        const [mine, other] = records(standing, KINDS[ours], KINDS[theirs]);
        const pair = pairOf(ours, theirs);
        assert.equal(decided(mine, other), EXPECTED[standing][pair], `ours: ${ours}, theirs: ${theirs} (${pair})`);
      }
  });

function tellStanding(standing: Standing): string {
  switch (standing) {
    case 'equal, we win':
      return 'has the same versions in its vector, and ours is the greater one';
    case 'equal, they win':
      return 'has the same versions in its vector, and is the greater one';
    case 'older':
      return 'is older than ours';
    case 'newer':
      return 'is newer than ours';
    case 'concurrent, we win':
      return 'has not seen ours and loses against it';
    case 'concurrent, they win':
      return 'has not seen ours and wins against it';
  }
}

test('what is announced of a path that is not known is taken as it is', () => {
  for (const kind of ALL) {
    const theirs = record(KINDS[kind], 'B1', 5, 'B');
    assert.deepEqual(reconcile(undefined, theirs, context('A')), { kind: 'take', record: theirs, conflict: false });
  }
});

test('one version of which one side knows more losers joins them', () => {
  const lost = [
    { kind: 'file' as const, sha256: hash('x'), sizeBytes: 1, origin: record(absent, '', 0).origin, stamp: 1 },
  ];
  const ours = record(file('A'), 'A1', 5);
  assert.deepEqual(reconcile(ours, { ...ours, lost }, context('A')), { kind: 'join', record: { ...ours, lost } });
  assert.deepEqual(reconcile({ ...ours, lost }, ours, context('A')), { kind: 'known', why: 'same version' });
});

test('by stamp, then by the mark of the authority, then by the maker', () => {
  const low = record(file('A'), 'A1', 5, 'A');
  const order = [
    low,
    record(file('B'), 'B1', 5, 'B'),
    { ...low, mark: true },
    { ...record(file('B'), 'B1', 5, 'B'), mark: true },
    record(file('C'), 'A2', 6, 'A'),
  ];
  order.forEach((a, i) => {
    order.forEach((b, j) => assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j)));
  });
});
