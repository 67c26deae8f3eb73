import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRoles } from './role-world.ts';

const SEEDS = 25;

for (const roles of [['read-only'], ['read-only', 'read-only'], ['edit-only'], ['edit-only', 'read-only']] as const)
  test(`I2, I7, I9: a hub with clients that are ${roles.join(' and ')}: whatever they do, in ${SEEDS} histories`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const problem = await runRoles(seed, roles);
      assert.equal(problem, undefined, `seed ${seed}: ${problem}`);
    }
  });
