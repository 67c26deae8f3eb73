// The setting that all devices of a folder hold alike: begun from proposals, changed by anybody, one for all in the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CONFLICT_RULES,
  type CommonSetting,
  changed,
  invitedWith,
  isCredible,
  joined,
  proposed,
  sameSetting,
} from '../../daemon/core/common-setting.ts';
import { device } from './build.ts';

const [A, B, C] = [device('A'), device('B'), device('C')];
const says = (self: typeof A, authority?: typeof A, conflict?: CommonSetting['conflict']['value']): CommonSetting =>
  proposed({ authority, conflict }, self);

test('without a proposal the smallest device ID is the authority, and the newest edit wins', () => {
  const all = [says(C), says(A), says(B)].reduce(joined);
  assert.equal(all.authority.value, A);
  assert.equal(all.conflict.value, 'newest');
});

test('a proposal goes before none, and that of the proposed authority before those of others', () => {
  assert.equal(joined(says(A), says(B, undefined, 'merge')).conflict.value, 'merge');
  const hub = says(B, B, 'largest');
  const web = says(A, B, 'keep-both');
  assert.equal(joined(web, hub).conflict.value, 'largest');
  assert.equal(joined(web, hub).authority.value, B);
});

test('who joins takes the setting of the inviter, whatever it proposed', () => {
  const inviter = invitedWith(says(C, C), C);
  const both = joined(says(A, C, 'merge'), inviter);
  assert.equal(both.conflict.value, 'newest');
  assert.equal(both.authority.value, C);
});

test('a later change goes over all that is known, also on a device whose clock is behind', () => {
  const before = invitedWith(says(A, A), A);
  const first = { ...before, conflict: changed(before.conflict, 'merge', A, 9000) };
  const second = { ...first, conflict: changed(first.conflict, 'largest', B, 100) };
  assert.equal(joined(first, second).conflict.value, 'largest');
  assert.equal(second.conflict.stamp, 9001);
});

test('a stamp beyond all clocks is not taken: nobody could change what it says', () => {
  const one = says(A, A);
  const nowMs = 1_780_000_000_000;
  assert.ok(isCredible({ ...one, conflict: changed(one.conflict, 'merge', B, nowMs + 86_400_000) }, nowMs));
  assert.ok(!isCredible({ ...one, conflict: { value: 'merge', stamp: Number.MAX_SAFE_INTEGER, by: B } }, nowMs));
});

test('I2: devices that tell each other of any settings, in any order, end with one', () => {
  const by = fc.constantFrom(A, B, C);
  const stamp = fc.integer({ min: 0, max: 4 });
  const setting: fc.Arbitrary<CommonSetting> = fc.record({
    authority: fc.record({ value: by, stamp, by }),
    conflict: fc.record({ value: fc.constantFrom(...CONFLICT_RULES), stamp, by }),
  });
  fc.assert(
    fc.property(setting, setting, setting, (a, b, c) => {
      const all = joined(joined(a, b), c);
      for (const [x, y, z] of [
        [b, c, a],
        [c, b, a],
        [a, c, b],
      ] as const)
        assert.ok(sameSetting(joined(x, joined(y, z)), all));
      assert.ok(sameSetting(joined(all, a), all));
    }),
  );
});
