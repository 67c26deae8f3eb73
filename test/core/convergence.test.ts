// What decisions lead to when devices tell each other of them, in any order: one record everywhere, and an order of
// versions that agrees with what has seen what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONFLICT_RULES } from '../../daemon/core/common-setting.ts';
import { compareVersions, settle } from '../../daemon/core/conflict.ts';
import { type Entry, type FileRecord, isLive, newVersion, sameEntry } from '../../daemon/core/record.ts';
import { reconcile } from '../../daemon/core/reconcile.ts';
import { reconcileAll, withAnnounced } from '../../daemon/core/rivals.ts';
import type { ConflictRule } from '../../daemon/core/settings.ts';
import { count, merge, relate } from '../../daemon/core/version-vector.ts';
import { absent, context, dir, epoch, file, hash, maker, record, symlink } from './build.ts';

const LETTERS = ['A', 'B', 'C', 'D', 'E'] as const;
const entry: fc.Arbitrary<Entry> = fc.constantFrom(
  absent,
  file('one'),
  file('one', 0o600),
  file('two'),
  file('three'),
  dir(),
  dir(0o700),
  symlink('x'),
);
const letter = fc.constantFrom(...LETTERS);
const vector = fc
  .array(fc.tuple(letter, fc.integer({ min: 1, max: 3 })), { maxLength: 5 })
  .map((pairs) => pairs.reduce((all, [name, n]) => merge(all, [[epoch(name), n]]), merge([], [])));
const version: fc.Arbitrary<FileRecord> = fc
  .tuple(entry, vector, fc.integer({ min: 0, max: 4 }), letter, fc.boolean())
  .map(([what, seen, stamp, by, mark]) => ({ ...record(what, '', stamp, by), vector: seen, mark }));

test('the order of conflicts is total: antisymmetric, transitive, and equal only for the same entry by one maker', () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert(compareVersions(a, c) <= 0);
      if (compareVersions(a, b) === 0) assert(sameEntry(a.entry, b.entry) && a.maker === b.maker);
    }),
    { numRuns: 3000 },
  );
});

test('vectors: relate is the order of merge, which is associative, commutative and idempotent', () => {
  fc.assert(
    fc.property(vector, vector, vector, letter, fc.integer({ min: 0, max: 9 }), (a, b, c, by, nowMs) => {
      assert.deepEqual(merge(a, b), merge(b, a));
      assert.deepEqual(merge(merge(a, b), c), merge(a, merge(b, c)));
      assert.deepEqual(merge(a, a), a);
      assert.equal(relate(a, b) === 'older', relate(b, a) === 'newer');
      assert.equal(relate(a, b) === 'equal', JSON.stringify(a) === JSON.stringify(b));
      assert(['equal', 'newer'].includes(relate(merge(a, b), a)));
      assert.equal(relate(merge(a, b), a) === 'equal', ['equal', 'older'].includes(relate(b, a)));
      assert.equal(relate(count(a, epoch(by), nowMs), a), 'newer');
    }),
    { numRuns: 2000 },
  );
});

test('settling concurrent versions two by two gives one winner and one vector, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 2, maxLength: 5 }), fc.infiniteStream(fc.nat(1000)), (entries, order) => {
      const versions = entries.map((one, i) => {
        const by = LETTERS[i] ?? 'A';
        return record(one, `${by}1`, i % 2, by);
      });
      const settled = [
        versions,
        versions.toReversed(),
        versions.toSorted(() => (order.next().value % 2 === 0 ? 1 : -1)),
      ].map((all) => {
        const [first, ...rest] = all;
        assert(first !== undefined);
        return rest.reduce((a, b) => (compareVersions(a, b) > 0 ? settle(a, b, hash) : settle(b, a, hash)), first);
      });
      for (const one of settled) {
        assert.deepEqual(one.entry, settled[0]?.entry);
        assert.deepEqual(one.vector, settled[0]?.vector);
      }
    }),
  );
});

/** What happens: somebody edits, or the oldest message of one link arrives. */
type Happening =
  | { readonly kind: 'edit'; readonly device: number; readonly entry: Entry; readonly at: number }
  | { readonly kind: 'deliver'; readonly from: number; readonly to: number }
  | { readonly kind: 'apply'; readonly device: number }
  /** The folder's rule has been changed, and this device hears of it. */
  | { readonly kind: 'rule'; readonly device: number; readonly rule: ConflictRule };

const happening = (devices: number): fc.Arbitrary<Happening> => {
  const device = fc.nat(devices - 1);
  return fc.oneof(
    fc.record({ kind: fc.constant('edit' as const), device, entry, at: fc.nat(20) }),
    fc.record({ kind: fc.constant('deliver' as const), from: device, to: device }),
    fc.record({ kind: fc.constant('apply' as const), device }),
    fc.record({ kind: fc.constant('rule' as const), device, rule: fc.constantFrom(...CONFLICT_RULES) }),
  );
};

/** Devices that know one path, as folder/ does it: what is announced is wanted, and carried out later. */
class Talk {
  readonly held: (FileRecord | undefined)[];
  readonly wanted: (readonly FileRecord[])[];
  readonly ever: FileRecord[] = [];
  readonly #rules: ConflictRule[];
  readonly #links = new Map<string, FileRecord[]>();
  #now = 100;

  constructor(devices: number, rule: ConflictRule = 'newest') {
    this.#rules = Array.from({ length: devices }, () => rule);
    this.held = Array.from({ length: devices }, () => undefined);
    this.wanted = this.held.map(() => []);
  }

  take(what: Happening): void {
    this.#now++;
    switch (what.kind) {
      case 'edit': {
        const mine = this.held[what.device];
        if (mine === undefined ? what.entry.kind === 'absent' : sameEntry(mine.entry, what.entry)) return;
        // The first device is the authority.
        const by = { ...maker(LETTERS[what.device] ?? 'A'), mark: what.device === 0 };
        const made = newVersion(
          record(absent, '', 0).path,
          what.entry,
          mine === undefined ? [] : [mine],
          by,
          what.at,
          this.#now,
        );
        this.#hold(what.device, made);
        return;
      }
      case 'deliver': {
        const arrived = this.#link(what.from, what.to).shift();
        if (arrived === undefined) return;
        this.wanted[what.to] = withAnnounced(this.wanted[what.to] ?? [], arrived, hash) ?? this.wanted[what.to] ?? [];
        this.#decide(what.to, false);
        return;
      }
      case 'apply':
        this.#decide(what.device, true);
        return;
      case 'rule':
        this.#rules[what.device] = what.rule;
        return;
    }
  }

  /** Everything arrives and is carried out. Answers with how many messages that took. */
  finish(): number {
    for (let messages = 0; ; messages++) {
      for (let device = 0; device < this.held.length; device++) this.#decide(device, true);
      const link = [...this.#links].find(([, queue]) => queue.length > 0);
      if (link === undefined) return messages;
      assert(messages < 2000, 'a bounded number of messages');
      const [from, to] = link[0].split('-').map(Number);
      this.take({ kind: 'deliver', from: from ?? 0, to: to ?? 0 });
    }
  }

  #decide(device: number, carryOut: boolean): void {
    const announced = this.wanted[device] ?? [];
    if (announced.length === 0) return;
    const mine = this.held[device];
    const { verdict } = reconcileAll(mine, announced, {
      ...context(LETTERS[device] ?? 'A', this.#now),
      rule: this.#rules[device] ?? 'newest',
    });
    const needsDisk = verdict.kind === 'take' && (isLive(verdict.record) || isLive(mine));
    if (needsDisk && !carryOut) return;
    this.wanted[device] = [];
    if (verdict.kind !== 'known') this.#hold(device, verdict.record);
  }

  #hold(device: number, made: FileRecord): void {
    const before = this.held[device];
    if (before !== undefined)
      assert(['equal', 'newer'].includes(relate(made.vector, before.vector)), 'vectors never go back');
    this.held[device] = made;
    this.ever.push(made);
    for (let to = 0; to < this.held.length; to++) if (to !== device) this.#link(device, to).push(made);
  }

  #link(from: number, to: number): FileRecord[] {
    const name = `${from}-${to}`;
    const queue = this.#links.get(name) ?? [];
    this.#links.set(name, queue);
    return queue;
  }
}

for (const devices of [2, 3, 5])
  test(`I2, I13: ${devices} devices that edit and tell each other, in any order, end with one record`, () => {
    fc.assert(
      fc.property(fc.array(happening(devices), { maxLength: 60, size: 'max' }), (all) => {
        const talk = new Talk(devices);
        for (const one of all) talk.take(one);
        talk.finish();
        const [first, ...rest] = talk.held;
        for (const other of rest) {
          assert.equal(other === undefined, first === undefined);
          if (first === undefined || other === undefined) continue;
          assert.deepEqual(other.entry, first.entry);
          assert.deepEqual(other.vector, first.vector);
          assert.deepEqual(other.lost, first.lost);
        }
        // The order of conflicts never puts a version before one that it has seen and replaced by another.
        for (const a of talk.ever)
          for (const b of talk.ever)
            if (relate(a.vector, b.vector) === 'newer' && !sameEntry(a.entry, b.entry))
              assert(compareVersions(a, b) > 0);
      }),
      { numRuns: devices === 5 ? 500 : 1500 },
    );
  });

test('I14: what was decided is known when it is announced again', () => {
  fc.assert(
    fc.property(version, version, (ours, theirs) => {
      const verdict = reconcile(ours, theirs, context('A'));
      if (verdict.kind === 'known') return;
      assert.equal(reconcile(verdict.record, theirs, context('A')).kind, 'known');
      assert.equal(reconcile(verdict.record, verdict.record, context('A')).kind, 'known');
    }),
    { numRuns: 3000 },
  );
});
