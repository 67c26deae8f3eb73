// Who waits is answered, and never told more than is known.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitResult } from '../../daemon/folder/view.ts';
import { Waiters } from '../../daemon/folder/waiters.ts';
import { SimulatedClock } from '../simulation/clock.ts';

test('what was written before wait was called, and is not marked in time, does not count as in sync', async () => {
  const clock = new SimulatedClock();
  const waiters = new Waiters(clock, () => waiters.check(() => ({ kind: 'in sync' })));
  const late = (isMarked: boolean): WaitResult =>
    isMarked ? { kind: 'in sync' } : { kind: 'not in time', why: 'E_TIMEOUT', message: 'the watcher does not answer' };
  const never = new Promise<void>(() => undefined);

  const unanswered = waiters.wait(never, 1_000, new AbortController().signal, late);
  const answered = waiters.wait(Promise.resolve(), 1_000, new AbortController().signal, late);
  await clock.advance(2_000);

  assert.equal((await unanswered).kind, 'not in time');
  assert.equal((await answered).kind, 'in sync');
  assert.equal(waiters.size, 0);
});
