// `wait` on all devices at once: when all say that they are in sync, the trees are equal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step, UserStep } from './steps.ts';
import { runPlan } from './world.ts';

const user = (device: number, does: UserStep): Step => ({ kind: 'user', device, does });
const write = (device: number, path: string, content: string): Step => user(device, { kind: 'write', path, content });
const pass = (ms: number): Step => ({ kind: 'pass', ms });
const wait: Step = { kind: 'wait' };

async function holds(...steps: readonly Step[]): Promise<void> {
  for (const watchBatchMs of [0, 50, 400])
    for (const seed of [1, 2, 3])
      assert.equal(await runPlan({ seed, shape: 'line', devices: 2, watchBatchMs, steps }), undefined);
}

/** Each device has what only it ignores to have. */
const ignored: readonly Step[] = [
  write(0, '.syncignore', '*.log\n'),
  pass(3_000),
  write(0, 'zero.log', 'made on 0'),
  write(1, 'one.log', 'made on 1'),
  pass(3_000),
];

test('I15: wait: what is not ignored any more, by rules that were changed just before, is everywhere', () =>
  holds(...ignored, write(0, '.syncignore', '*.tmp\n'), wait));

test('I15: wait: what is not ignored any more, because its rules were removed just before, is everywhere', () =>
  holds(...ignored, user(0, { kind: 'remove', path: '.syncignore' }), wait));

test('I15: wait: what is not ignored any more, because its rules were moved away with their directory, is everywhere', () =>
  holds(
    write(0, 'd/.syncignore', '*.log\n'),
    pass(3_000),
    write(0, 'd/zero.log', 'made on 0'),
    write(1, 'd/one.log', 'made on 1'),
    pass(3_000),
    user(0, { kind: 'rename', path: 'd/.syncignore', to: 'e' }),
    wait,
  ));
