// A sample of all short histories with a kill at each call of a disk (exhaustive-space.ts): histories in strides that come
// to each of them once, on one of the two devices, without a kill and with kills spread over all its calls, every third with
// the power of the machine. ROUNDS=20 takes twenty times as many histories, FROM=200 those after the first 200.
// exhaustive-all.ts kills at every call.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { HISTORIES, historyOf, tellHistory } from './exhaustive-space.ts';
import { type Kill, beginnings, runHistory } from './exhaustive-run.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const FROM = Number(process.env['FROM'] ?? 0);
const TAKEN = Math.min(200 * ROUNDS, HISTORIES * 2 - FROM);
/** Has no divisor in common with the number of histories on two devices. */
const STRIDE = 10_007;
const KILLS = 9;
const NEVER: number = Number.MAX_SAFE_INTEGER;

test(`I1, I2, I3, I12: short histories hold whenever one of the devices is killed or loses its power (${TAKEN} of ${HISTORIES * 2})`, async (t) => {
  const begin = await beginnings();
  let kills = 0;
  const holds = async (number: number, kill: Kill, silent: boolean): Promise<number> => {
    const history = historyOf(number);
    const { problem, wasKilled, calls } = await runHistory(begin, history, kill, { silent });
    if (wasKilled) kills++;
    if (problem === undefined) return calls;
    const lines: string[] = [];
    await runHistory(begin, history, kill, { say: (line) => lines.push(line) });
    const how = kill.power === true ? 'powerless' : 'killed';
    const when = wasKilled ? `${how} at call ${kill.calls}` : 'not killed';
    assert.fail(
      `history ${number}, device ${kill.device} ${when}: ${tellHistory(history)}\n${problem}\n${lines.join('\n')}`,
    );
  };
  for (let i = FROM; i < FROM + TAKEN; i++) {
    const place = (i * STRIDE) % (HISTORIES * 2);
    const device = place % 2;
    const number = (place - device) / 2;
    const calls = await holds(number, { device, calls: NEVER }, true);
    for (let n = 0; n < KILLS; n++) {
      const kill = { device, calls: Math.floor(((n + (i % 10) / 10) * calls) / KILLS), power: n % 3 === 2 };
      await holds(number, kill, n === i % KILLS);
    }
  }
  t.diagnostic(`${TAKEN * (KILLS + 1)} runs, ${kills} kills`);
});

/** What the whole space has shown, at the calls around the one where it did. */
const FOUND = [{ number: 21_469, device: 0, power: true, from: 110, to: 150 }];

test('I5: histories that once did not hold do, with their kill at that call and those around it', async () => {
  const begin = await beginnings();
  for (const { number, device, power, from, to } of FOUND)
    for (let calls = from; calls < to; calls++) {
      const { problem } = await runHistory(begin, historyOf(number), { device, calls, power });
      assert.equal(problem, undefined, `history ${number} at call ${calls}`);
    }
});
