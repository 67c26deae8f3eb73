import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_RIVALS, reconcileAll, withAnnounced } from '../../daemon/core/rivals.ts';
import type { FileRecord } from '../../daemon/core/record.ts';
import { absent, context, dir, epoch, file, hash, record, vector } from './build.ts';

const ofB = record(file('of B'), 'B1', 20, 'B');
const ofC = record(file('of C'), 'C1', 10, 'C');

/** What is announced, one after the other, beside nothing. */
function announced(...versions: readonly FileRecord[]): readonly FileRecord[] {
  return versions.reduce<readonly FileRecord[]>((known, one) => withAnnounced(known, one, hash) ?? known, []);
}

test('versions of which none has seen another stay as they were announced, the greatest last', () => {
  assert.deepEqual(announced(ofB, ofC), [ofC, ofB]);
  assert.deepEqual(announced(ofC, ofB), [ofC, ofB]);
});

test('a version takes the place of all that it has seen', () => {
  const both = record(file('of both'), 'B1 C1 D1', 30, 'D');
  assert.deepEqual(announced(ofB, ofC, both), [both]);
  assert.equal(withAnnounced([both], ofC, hash), undefined);
});

test('the same version again says nothing new, unless it knows of another loser', () => {
  assert.equal(withAnnounced([ofB], ofB, hash), undefined);
  const lost = [{ kind: 'file' as const, sha256: hash('x'), sizeBytes: 1, origin: ofC.origin, stamp: 1 }];
  assert.deepEqual(withAnnounced([ofB], { ...ofB, lost }, hash), [{ ...ofB, lost }]);
});

test('I2: when the winner is deleted before it came, the other one is wanted', () => {
  const deleted = record(absent, 'B2', 21, 'B');
  const { verdict, content } = reconcileAll(undefined, announced(ofB, ofC, deleted), context('A'));
  assert.equal(content, ofC);
  assert.equal(verdict.kind, 'take');
  assert(verdict.kind === 'take');
  assert.deepEqual(verdict.record.entry, ofC.entry);
  // It lives on over the deletion as a new version, which everybody takes.
  assert.deepEqual(verdict.record.vector, [...vector(''), [epoch('A'), 1000], ...vector('B2 C1')]);
  assert(verdict.record.stamp > deleted.stamp);
});

test('what the winner is edited to before it came is no conflict with the winner', () => {
  const edited = record(file('of B, edited'), 'B2', 25, 'B');
  const { verdict } = reconcileAll(undefined, announced(ofB, ofC, edited), context('A'));
  assert(verdict.kind === 'take');
  assert.deepEqual(verdict.record.entry, edited.entry);
  assert.deepEqual(
    verdict.record.lost.map(({ sha256 }) => sha256),
    [hash('of C')],
  );
});

test('ours that is deleted by its maker before the merge keeps what is on our disk', () => {
  const ours = record(file('ours'), 'A1', 5, 'A');
  const deleted = record(absent, 'B2', 21, 'B');
  const { verdict } = reconcileAll(ours, announced(ofB, deleted), context('A'));
  assert(verdict.kind === 'revive');
  assert.deepEqual(verdict.record.entry, ours.entry);
});

test('a directory among them lives over a file with a greater stamp', () => {
  const made = record(dir(), 'C1', 10, 'C');
  const { verdict, content } = reconcileAll(undefined, announced(ofB, made), context('A'));
  assert.equal(content, made);
  assert(verdict.kind === 'take');
  assert.equal(verdict.record.entry.kind, 'dir');
  assert.deepEqual(
    verdict.record.lost.map(({ sha256 }) => sha256),
    [hash('of B')],
  );
});

test('ours that all lose against stays', () => {
  const ours = record(file('ours'), 'A1', 50, 'A');
  const { verdict } = reconcileAll(ours, announced(ofB, ofC), context('A'));
  assert.deepEqual(verdict, { kind: 'known', why: 'ours wins' });
});

test('what is taken and taken back needs nothing of the disk: the greatest of them is as ours', () => {
  const ours = record(file('ours'), 'A1', 5, 'A');
  const equal = record(file('ours'), 'D1', 30, 'D');
  const { verdict, content } = reconcileAll(ours, announced(ofB, equal), context('A'));
  assert.equal(content, undefined);
  assert(verdict.kind === 'join');
  assert.deepEqual(verdict.record.vector, vector('A1 B1 D1'));
  assert(verdict.record.lost.some(({ sha256 }) => sha256 === hash('of B')));
});

test('I10: more versions than the bound become one, whose loser is named', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.slice(0, MAX_RIVALS + 1);
  const many = [...letters].map((letter, i) => record(file(`of ${letter}`), `${letter}1`, i, letter));
  const kept = announced(...many);
  assert.equal(kept.length, MAX_RIVALS);
  assert.deepEqual(kept[0]?.vector, vector('A1 B1'));
  assert.deepEqual(
    kept[0]?.lost.map(({ sha256 }) => sha256),
    [hash('of A')],
  );
});
