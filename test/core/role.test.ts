// What a role lets a peer do, version by version: the table of core/role.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileRecord } from '../../daemon/core/record.ts';
import { type Ruling, allowsChange, grantedRole, judgeByRole, localRole } from '../../daemon/core/role.ts';
import type { Role } from '../../daemon/core/settings.ts';
import { relate } from '../../daemon/core/version-vector.ts';
import { absent, context, dir, epoch, file, record, symlink, vector } from './build.ts';

/** We are A, the peer is P, and C is another of our peers. */
const speaker = { epoch: epoch('P'), others: new Set([epoch('C')]) };
const ours = record(file('ours'), 'A1', 10);
const edit = record(file('edited'), 'A1 P1', 20, 'P');

function judge(role: Role, mine: FileRecord | undefined, theirs: FileRecord, movedFrom?: FileRecord): Ruling {
  return judgeByRole(role, mine, theirs, movedFrom, speaker, context('A'));
}

const ROWS: readonly {
  readonly why: string;
  readonly ours: FileRecord | undefined;
  readonly theirs: FileRecord;
  readonly movedFrom?: FileRecord;
  readonly edit: string;
  readonly read: string;
}[] = [
  { why: 'an edit', ours, theirs: edit, edit: 'allowed', read: 'answered' },
  { why: 'a version that is older than ours', ours: edit, theirs: ours, edit: 'passed over', read: 'passed over' },
  { why: 'the very version that we hold', ours, theirs: ours, edit: 'passed over', read: 'passed over' },
  { why: 'a deletion', ours, theirs: record(absent, 'A1 P1', 20, 'P'), edit: 'answered', read: 'answered' },
  {
    why: 'a chmod alone',
    ours,
    theirs: record(file('ours', 0o600), 'A1 P1', 20, 'P'),
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'a time alone',
    ours,
    theirs: record(file('ours', 0o644, 5n), 'A1 P1', 20, 'P'),
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'a link in place of a file',
    ours,
    theirs: record(symlink('x'), 'A1 P1', 20, 'P'),
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'a directory in place of a file',
    ours,
    theirs: record(dir(), 'A1 P1', 20, 'P'),
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'a file in place of a directory',
    ours: record(dir(), 'A1', 10),
    theirs: record(file('x'), 'A1 P1', 20, 'P'),
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'another target of a link',
    ours: record(symlink('x'), 'A1', 10),
    theirs: record(symlink('y'), 'A1 P1', 20, 'P'),
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'a creation',
    ours: undefined,
    theirs: record(file('new'), 'P1', 20, 'P'),
    edit: 'nothing here',
    read: 'nothing here',
  },
  {
    why: 'a creation where something was deleted',
    ours: record(absent, 'A2', 15),
    theirs: record(file('new'), 'A2 P1', 20, 'P'),
    edit: 'nothing here',
    read: 'nothing here',
  },
  {
    why: 'a deletion of what is not here',
    ours: undefined,
    theirs: record(absent, 'P1', 20, 'P'),
    edit: 'passed over',
    read: 'passed over',
  },
  {
    why: 'the new path of a move of our content',
    ours: undefined,
    theirs: record(file('ours'), 'P1', 20, 'P', 'b'),
    movedFrom: ours,
    edit: 'answered',
    read: 'answered',
  },
  {
    why: 'the new path of a move of another content',
    ours: undefined,
    theirs: record(file('mine'), 'P1', 20, 'P', 'b'),
    movedFrom: ours,
    edit: 'nothing here',
    read: 'nothing here',
  },
  {
    why: 'the same content made apart from ours',
    ours,
    theirs: record(file('ours'), 'P1', 20, 'P'),
    edit: 'passed over',
    read: 'passed over',
  },
  {
    why: 'another content made apart from ours, which would lose',
    ours,
    theirs: record(file('x'), 'P1', 5, 'P'),
    edit: 'allowed',
    read: 'answered',
  },
  {
    why: 'an answer to our own answer',
    ours: record(file('ours'), 'A2 P1', 20),
    theirs: record(file('theirs'), 'A2 P2', 20, 'P'),
    edit: 'allowed',
    read: 'answers our answer',
  },
  {
    why: 'what says to have seen more of another peer than we have',
    ours,
    theirs: record(file('x'), 'A1 C9 P1', 20, 'P'),
    edit: 'unsure',
    read: 'unsure',
  },
  {
    why: 'what says to have seen more of us than there is',
    ours,
    theirs: record(file('x'), 'A9 P1', 20, 'P'),
    edit: 'unsure',
    read: 'unsure',
  },
  {
    why: 'what was made on a device of which we have not heard',
    ours,
    theirs: record(file('x'), 'A1 D1', 20, 'D'),
    edit: 'allowed',
    read: 'answered',
  },
  {
    why: 'what says to be of two makers',
    ours,
    theirs: record(file('x'), 'A1 D1 E1', 20, 'D'),
    edit: 'allowed',
    read: 'answered',
  },
  {
    why: 'what says to be of many makers',
    ours,
    theirs: record(file('x'), 'A1 D1 E1 F1 P1', 20, 'D'),
    edit: 'unsure',
    read: 'unsure',
  },
];

const outcome = (ruling: Ruling): string => (ruling.kind === 'refused' ? ruling.why : ruling.kind);
for (const { why, ours: mine, theirs, movedFrom, edit: byEditOnly, read } of ROWS)
  test(`I9: ${why} is, of an edit-only peer: ${byEditOnly}; of a read-only one: ${read}`, () => {
    assert.equal(outcome(judge('edit-only', mine, theirs, movedFrom)), byEditOnly);
    assert.equal(outcome(judge('read-only', mine, theirs, movedFrom)), read);
    assert.deepEqual(judge('two-way', mine, theirs, movedFrom), { kind: 'allowed', record: theirs });
  });

test('I9: an answer is our version in all but its vector, which is newer than both', () => {
  const ruling = judge('read-only', ours, edit);
  assert(ruling.kind === 'answered');
  assert.equal(relate(ruling.answer.vector, edit.vector), 'newer');
  assert.deepEqual({ ...ruling.answer, vector: ours.vector }, ours);
});

test('I1: who has edited our version without having heard of an answer to somebody else has not lost against it', () => {
  const ruling = judge('read-only', ours, { ...edit, stamp: Number.MAX_SAFE_INTEGER });
  assert(ruling.kind === 'answered');
  const meanwhile = record(file('of C'), 'A1 C1', ours.stamp + 1, 'C');
  assert.equal(relate(meanwhile.vector, ruling.answer.vector), 'concurrent');
  assert.ok(meanwhile.stamp > ruling.answer.stamp);
});

test('I9: an edit leaves the mode as it is here', () => {
  const ruling = judge('edit-only', ours, record(file('edited', 0o777), 'A1 P1', 20, 'P'));
  assert(ruling.kind === 'allowed');
  assert.deepEqual(ruling.record.entry, file('edited', 0o644));
  assert.equal(relate(ruling.record.vector, edit.vector), 'newer');
});

test('I1: an edit with another mode, made beside an edit of ours, is a conflict that names what has lost', () => {
  const mine = record(file('mine'), 'A2', 15);
  const ruling = judge('edit-only', mine, record(file('edited', 0o777), 'A1 P1', 20, 'P'));
  assert(ruling.kind === 'allowed');
  assert.deepEqual(ruling.record.entry, file('edited', 0o644));
  assert.equal(relate(ruling.record.vector, mine.vector), 'newer');
  assert.equal(ruling.record.lost.length, 1);
});

test('I2: ours, merged with what the peer had, is ours with that vector; a conflict is told of by who may edit alone', () => {
  const lost = [
    { kind: 'file' as const, sha256: 'f'.repeat(64) as never, sizeBytes: 1, origin: ours.origin, stamp: 5 },
  ];
  const merged = { ...ours, vector: vector('A1 P1'), lost };
  assert.deepEqual(judge('edit-only', ours, merged), { kind: 'join', record: merged });
  assert.deepEqual(judge('read-only', ours, merged), { kind: 'join', record: { ...merged, lost: [] } });
});

test('what may be changed on a device is what at least one of its peers takes', () => {
  assert.equal(localRole('two-way', []), 'two-way');
  assert.equal(localRole('two-way', ['read-only', 'read-only']), 'read-only');
  assert.equal(localRole('two-way', ['read-only', 'edit-only']), 'edit-only');
  assert.equal(localRole('send-only', ['read-only', 'two-way']), 'two-way');
  assert.equal(localRole('receive-only', ['two-way']), 'read-only');
  assert.equal(localRole('send-only', ['read-only']), 'two-way');
});

test('I9: who is no peer of a folder, and everybody where it only sends, may change nothing', () => {
  assert.equal(grantedRole(undefined, 'two-way'), 'read-only');
  assert.equal(grantedRole('two-way', 'send-only'), 'read-only');
  assert.equal(grantedRole('edit-only', 'receive-only'), 'edit-only');
});

test('edit-only allows another content of a file, and nothing else', () => {
  assert.ok(allowsChange('edit-only', file('a'), file('b')));
  assert.ok(!allowsChange('edit-only', file('a'), file('a', 0o600)));
  assert.ok(!allowsChange('edit-only', undefined, file('a')));
  assert.ok(!allowsChange('edit-only', symlink('a'), file('a')));
  assert.ok(!allowsChange('read-only', file('a'), file('b')));
});
