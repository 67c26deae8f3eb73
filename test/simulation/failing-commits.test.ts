// One commit of an index fails, each of them in turn, in a sample of all short histories (exhaustive-space.ts): nothing is
// killed, no rescan is near, and what the failure has disturbed in memory must come right all the same. ROUNDS=10 takes ten times as many
// histories, FROM=40 those after the first 40.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { HISTORIES, historyOf, tellHistory } from './exhaustive-space.ts';
import { type FailedCommit, beginnings, runHistory } from './exhaustive-run.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const FROM = Number(process.env['FROM'] ?? 0);
const TAKEN = Math.min(40 * ROUNDS, HISTORIES * 2 - FROM);
/** Has no divisor in common with the number of histories on two devices. */
const STRIDE = 10_009;

test(`I1, I2, I11: short histories hold whichever commit of an index fails (${TAKEN} of ${HISTORIES * 2})`, async (t) => {
  const begin = await beginnings();
  let runs = 0;
  for (let i = FROM; i < FROM + TAKEN; i++) {
    const place = (i * STRIDE) % (HISTORIES * 2);
    const device = place % 2;
    const number = (place - device) / 2;
    const history = historyOf(number);
    for (let commits = 0, made = 1; commits < made; commits++, runs++) {
      const fault: FailedCommit = { device, commits };
      const ran = await runHistory(begin, history, fault, { silent: commits % 3 === 0 });
      made = Math.max(made, ran.commits);
      if (ran.problem === undefined) continue;
      const lines: string[] = [];
      await runHistory(begin, history, fault, { say: (line) => lines.push(line) });
      assert.fail(
        `history ${number}, commit ${commits} of device ${device} fails: ${tellHistory(history)}\n${ran.problem}\n${lines.join('\n')}`,
      );
    }
  }
  t.diagnostic(`${runs} commits failed`);
});
