import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRoles, runRolesAtLarge } from './role-world.ts';

const SEEDS = 25;

/** Beside the first histories those in which something was wrong once. */
const WORLDS = [
  { roles: ['read-only'], found: [] },
  { roles: ['read-only', 'read-only'], found: [] },
  { roles: ['edit-only'], found: [52, 511, 596] },
  { roles: ['edit-only', 'read-only'], found: [298, 346, 347, 393] },
] as const;

for (const { roles, found } of WORLDS)
  test(`I2, I7, I9: a hub with clients that are ${roles.join(' and ')}: whatever they do, in ${SEEDS} histories`, async () => {
    for (const seed of [...Array.from({ length: SEEDS }, (_, i) => i + 1), ...found]) {
      const problem = await runRoles(seed, roles);
      assert.equal(problem, undefined, `seed ${seed}: ${problem}`);
    }
  });

const LARGE_SEEDS = 30 * Number(process.env['ROUNDS'] ?? 1);

test(`I2, I7, I9: one to four clients of any role, with faults, in ${LARGE_SEEDS} histories of 300 steps`, async () => {
  for (let seed = 1; seed <= LARGE_SEEDS; seed++) {
    const problem = await runRolesAtLarge(seed);
    assert.equal(problem, undefined, `seed ${seed}: ${problem}`);
  }
});
