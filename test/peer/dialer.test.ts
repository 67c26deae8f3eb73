// How soon a peer is dialled again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dialer } from '../../daemon/peer/dialer.ts';
import { RealRandom } from '../../daemon/system/random.ts';
import { CodedError } from '../../protocol/errors.ts';
import { SimulatedClock } from '../simulation/clock.ts';

test('a link that is cut during the handshake is dialled again soon; a refusal that comes again is believed', async (t) => {
  const clock = new SimulatedClock();
  const waits: number[] = [];
  let tries = 0;
  const believed = Promise.withResolvers<undefined>();
  const dialer = new Dialer({
    clock: {
      nowMs: () => clock.nowMs(),
      nowUs: () => clock.nowUs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, callback) => {
        waits.push(tries);
        believed.resolve(undefined);
        return clock.after(delayMs, callback);
      },
    },
    random: new RealRandom(),
    attempt: () => {
      tries++;
      return Promise.reject(new CodedError('E_NOT_TRUSTED', 'it closed'));
    },
    failed: () => undefined,
  });
  t.after(() => dialer.stop());

  await believed.promise;

  assert.deepEqual(waits, [2], 'the long wait comes after the second try');
});
