// A sample of all short histories with a kill at each call of a disk (exhaustive-space.ts): histories in strides that come to
// each of them once, on one of the two devices, without a kill and with kills spread over all its calls. ROUNDS=20 takes
// twenty times as many histories; `node test/simulation/exhaustive-all.ts NUMBER` runs one with a kill at every call.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { HISTORIES, historyOf, tellHistory } from './exhaustive-space.ts';
import { type Kill, beginnings, runHistory } from './exhaustive-run.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const TAKEN = Math.min(300 * ROUNDS, HISTORIES * 2);
/** Has no divisor in common with the number of histories on two devices. */
const STRIDE = 10_007;
const KILLS = 9;
const NEVER: number = Number.MAX_SAFE_INTEGER;

test(`I1, I2, I3, I12: short histories hold whenever one of the devices is killed (${TAKEN} of ${HISTORIES * 2})`, async (t) => {
  const begin = await beginnings();
  let kills = 0;
  const holds = async (number: number, kill: Kill, silent: boolean): Promise<number> => {
    const history = historyOf(number);
    const { problem, wasKilled, calls } = await runHistory(begin, history, kill, { silent });
    if (wasKilled) kills++;
    if (problem === undefined) return calls;
    const lines: string[] = [];
    await runHistory(begin, history, kill, { say: (line) => lines.push(line) });
    const when = wasKilled ? `killed at call ${kill.calls}` : 'not killed';
    assert.fail(
      `history ${number}, device ${kill.device} ${when}: ${tellHistory(history)}\n${problem}\n${lines.join('\n')}`,
    );
  };
  for (let i = 0; i < TAKEN; i++) {
    const place = (i * STRIDE) % (HISTORIES * 2);
    const device = place % 2;
    const number = (place - device) / 2;
    const calls = await holds(number, { device, calls: NEVER }, true);
    for (let kill = 0; kill < KILLS; kill++)
      await holds(number, { device, calls: Math.floor(((kill + (i % 10) / 10) * calls) / KILLS) }, kill === i % KILLS);
  }
  t.diagnostic(`${TAKEN * (KILLS + 1)} runs, ${kills} kills`);
});
