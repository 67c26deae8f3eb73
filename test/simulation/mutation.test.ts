// Whether the simulator can see: classic bugs are planted into the shipped code, one at a time, and random histories in
// ordinary worlds must find each. A bug that is not found is a blind spot, or code that does nothing.
// ROUNDS=10 looks ten times as long. One by itself: node test/simulation/mutants/hunt.ts --mutation NAME --shrink
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import type { Hunted } from './mutants/hunt.ts';
import { checkMutation } from './mutants/mutation.ts';
import { MUTATIONS } from './mutants/table.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
/** Seeds in which each is to be found. */
const SEEDS = 500 * ROUNDS;
/** Hunts at once: as many as the smallest machine has cores. */
const AT_ONCE = 2;
/** A world that goes on for ever is a failure of this test. */
const LONGEST_MS = 180_000 * ROUNDS;
const LEAST_MUTATIONS = 40;

/** Runs seeds in a process of its own, which loads the code anew: with the mutation in it, or as it is shipped. */
async function hunt(compiled: string, ...options: readonly string[]): Promise<Hunted> {
  const program = join(import.meta.dirname, 'mutants/hunt.ts');
  const child = spawn(process.execPath, [program, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  const [said, wrong] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  const last = said?.().trim().split('\n').at(-1);
  if (code !== 0 || last === undefined) throw new Error(`${options.join(' ')}: ended with ${code}: ${wrong?.()}`);
  return JSON.parse(last) as Hunted;
}

test('each planted bug fits the code as it is, and has a name of its own', () => {
  for (const mutation of MUTATIONS) checkMutation(mutation);
  assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
  assert.ok(MUTATIONS.length >= LEAST_MUTATIONS, `there are ${MUTATIONS.length}`);
});

test('I1, I2, I3, I4, I5, I6, I7, I10, I12: the simulator finds every bug that is planted', async (t) => {
  const compiled = mkdtempSync(join(tmpdir(), 'syncd-test-mutants-'));
  t.after(() => rmSync(compiled, { recursive: true, force: true }));
  const survivors: string[] = [];
  const table: string[] = [];
  const foundIn = new Map<string, Set<number>>();
  const left = [...MUTATIONS];
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const { name, invariant, within, breaks } = one;
      const { seed, problem, seconds } = await hunt(compiled, '--mutation', name, '--seeds', String(SEEDS));
      if (seed === undefined) survivors.push(`${name}: ${breaks}`);
      else foundIn.set(within, (foundIn.get(within) ?? new Set()).add(seed));
      const what = problem?.split('\n').find((line) => !line.startsWith('after step')) ?? 'NOT FOUND';
      const figures = `${String(seed ?? SEEDS).padStart(4)} seeds ${seconds.toFixed(1).padStart(5)} s`;
      table.push(`${name.padEnd(28)} ${invariant.padEnd(4)} ${figures}  ${what.slice(0, 90)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  t.diagnostic(`${table.length} planted bugs:\n${table.toSorted().join('\n')}`);
  assert.deepEqual(survivors, []);
  for (const [within, seeds] of foundIn) {
    const shipped = await hunt(compiled, '--within', within, '--only', [...seeds].join(','));
    assert.equal(shipped.problem, undefined, `without any of them, ${within}, seed ${shipped.seed}`);
  }
});
