// What a device changes on an index that is an older copy, before it meets anybody, beside what that index has forgotten.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ROOT } from './simulated-device.ts';
import type { Step, UserStep } from './steps.ts';
import { World } from './world.ts';

const user = (does: UserStep): Step => ({ kind: 'user', device: 0, does });
const write = (path: string, content: string): Step => user({ kind: 'write', path, content });
const remove = (path: string): Step => user({ kind: 'remove', path });
const pass = (ms: number): Step => ({ kind: 'pass', ms });

interface History {
  /** After the backup: its index forgets it. */
  readonly told: readonly Step[];
  /** With the older copy, and without the peer. */
  readonly then: readonly Step[];
  /** Files on both in the end, by path: their contents. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths with a conflict. */
  readonly conflicts?: readonly string[];
}

const HOURS_MS = 3_600_000;

/** Both begin with the file `a`. */
async function holds(byMs: number, how: 'restored' | 'index back', history: History): Promise<void> {
  const apart = (steps: readonly Step[]): Step[] => steps.flatMap((step) => [step, pass(1_700)]);
  const world = new World({
    seed: 1,
    shape: 'line',
    devices: 2,
    steps: [
      ...apart([write('a', 'first'), { kind: 'clock', device: 0, byMs }]),
      { kind: 'settle' },
      ...apart(history.told),
      { kind: 'cut', a: 0, b: 1 },
      { kind: 'crash', device: 0 },
      { kind: how, device: 0 },
      { kind: 'start', device: 0 },
      ...apart([...history.then, { kind: 'heal', a: 0, b: 1 }]),
    ],
  });
  try {
    assert.equal(await world.run(), undefined);
    for (const { fs, index } of world.devices) {
      const paths = [...fs.user.tree(ROOT).keys()];
      assert.deepEqual(Object.fromEntries(paths.map((path) => [path, fs.user.read(`${ROOT}/${path}`)])), history.files);
      assert.deepEqual(
        index?.conflicts().map(({ record }) => record.path),
        history.conflicts ?? [],
      );
    }
  } finally {
    await world.end();
  }
}

for (const how of ['restored', 'index back'] as const)
  describe(`an older copy of the index, ${how}`, () => {
    const edits = [write('a', 'one'), write('a', 'two'), write('a', 'three')];
    const deletion = [write('a', 'one'), write('a', 'two'), remove('a')];

    for (const byMs of [0, -20 * HOURS_MS]) {
      const clock = byMs === 0 ? 'whose clock goes right' : 'whose clock was set back';
      test(`I3: an edit on a device ${clock} lives over a deletion that it has forgotten`, () =>
        holds(byMs, how, { told: deletion, then: [write('a', 'new')], files: { a: 'new' } }));

      test(`I2: what a device ${clock} moves and makes comes to the other`, () =>
        holds(byMs, how, {
          told: [write('b', 'one')],
          then: [user({ kind: 'rename', path: 'a', to: 'c' }), write('d', 'new')],
          files: { b: 'one', c: 'first', d: 'new' },
        }));

      test(`I3: a deletion that a device ${clock} has forgotten stays one`, () =>
        holds(byMs, how, { told: deletion, then: [write('b', 'new')], files: { b: 'new' } }));
    }

    test('I2: an edit on a device whose clock was set back, and later ones that it has forgotten, are a conflict', () =>
      holds(-20 * HOURS_MS, how, { told: edits, then: [write('a', 'new')], files: { a: 'three' }, conflicts: ['a'] }));
  });
