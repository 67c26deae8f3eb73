import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STEP_BYTES, withScratch } from '../../daemon/disk/scratch.ts';

test('the same room is lent again, also after a failure', () => {
  const first = withScratch(10, (room) => room);
  assert.equal(first.length, 10);
  assert.throws(() => withScratch(10, () => assert.fail('no')));
  assert.equal(withScratch(STEP_BYTES, (room) => room).buffer, first.buffer);
});

test('who asks while it is lent, or for more, gets room of its own', () => {
  withScratch(10, (room) => {
    room.fill(1);
    withScratch(10, (other) => assert.notEqual(other.buffer, room.buffer));
  });
  const large = withScratch(STEP_BYTES + 1, (room) => room);
  assert.equal(large.length, STEP_BYTES + 1);
  assert.notEqual(large.buffer, withScratch(1, (room) => room).buffer);
});
