// Whole worlds from one number each, the odd ones: any topology, any faults, 200 steps. See random-world.ts.
import { test } from 'node:test';
import { seedsHold } from './seeds-hold.ts';

test('I1, I2, I3, I4, I5, I7, I10, I11, I12, I15: whatever happens to two to six devices, all that must hold does (odd seeds)', (t) =>
  seedsHold(t, 1, 2));
