// One random tree, changed on two or three devices, each in its own way; then they tell each other, in any order, and
// carry out what they decide, step by step: the deciding part alone (observation, reconcile, rivals, conflict, plan) on
// trees in memory. What must come of it is said from the trees alone (model/expected.ts). ROUNDS=20 runs twenty times as
// many; FROM=123 CASES=1 runs case 123 again.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { type ModelCase, caseOf, tellCase } from './model/case.ts';
import { ModelRun } from './model/run.ts';
import { shorten } from './model/shorten.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const FROM = Number(process.env['FROM'] ?? 1);
const CASES = Number(process.env['CASES'] ?? 1_000_000 * ROUNDS);

function problemOf(what: ModelCase, schedule: number, say?: (line: string) => void): string | undefined {
  try {
    return new ModelRun(what, schedule, say).run();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Fails with the shortest case that shows it, and all that happens in it. */
function tellFailure(seed: number): never {
  const least = shorten(caseOf(seed), (what) => problemOf(what, seed) !== undefined);
  const lines: string[] = [];
  const problem = problemOf(least, seed, (line) => lines.push(line));
  assert.fail(`case ${seed}: ${problem}\n${tellCase(least)}\n${lines.join('\n')}`);
}

test(`I1, I2, I3, I4, I13, I14: of one tree that several have changed comes one tree, and nothing is lost (${CASES} cases)`, () => {
  for (let seed = FROM; seed < FROM + CASES; seed++) if (problemOf(caseOf(seed), seed) !== undefined) tellFailure(seed);
});
