// kill -9 again and again, at any moment of running and of starting, while people go on writing on both sides: no start is
// waited for, and nothing is in sync in between. At the end all that they wrote is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Accounts } from './accounts.ts';
import { startPair } from './daemon.ts';
import { Dice, rounds } from './rounds.ts';
import { noise } from './trees.ts';

const KILLS_IN_A_ROW = 8;
const LONGEST_LIFE_MS = 1_500;
const FILES = 40;

test('T27 I1 I2 I5 I12: killed again and again under load, a daemon ends with all that was written, and nothing else', async (t) => {
  const dice = new Dice();
  const accounts = new Accounts();
  const { hub, laptop, left, right, same } = await startPair(t, {
    config: 'defaults: { max_delete: 100% }\n',
    before: (root) => {
      for (let n = 0; n < FILES; n++) accounts.write(root, `d${n % 4}/${n}.txt`, `first ${n}`);
    },
  });
  accounts.assertAtRest(left, right);
  const whole = accounts.watchWhole(t, left, right);
  /** What exists of each side's own files: nobody writes on both sides of one path. */
  const own = new Map([left, right].map((root) => [root, new Set<number>()]));
  let [kills, edits] = [0, 0];

  for (let row = 0; row < rounds(2); row++) {
    for (let kill = 0; kill < KILLS_IN_A_ROW; kill++) {
      const victim = dice.below(4) === 0 ? hub : laptop;
      const starting = victim.isRunning() ? undefined : victim.start().catch(() => undefined);
      const lifeMs = dice.below(LONGEST_LIFE_MS);
      for (let part = 0; part < 4; part++) {
        write(part % 2 === 0 ? left : right);
        await sleep(lifeMs / 4);
      }
      await victim.kill();
      await starting;
      kills++;
    }
    for (const daemon of [hub, laptop]) if (!daemon.isRunning()) await daemon.start();
    await same();
    accounts.assertAtRest(left, right);
    whole.assertWhole();
  }
  assert.equal(((await laptop.json('conflicts', 'docs')) as unknown[]).length, 0, 'a kill is no reason for a conflict');
  t.diagnostic(`seed ${dice.seed}: ${kills} kills, ${edits} changes, ${whole.looks()} looks`);

  function write(root: string): void {
    const side = root === left ? 'left' : 'right';
    const files = own.get(root) ?? new Set<number>();
    const n = dice.below(FILES);
    const path = `${side} ${n % 3}/${n}.txt`;
    edits++;
    if (files.has(n) && dice.below(3) === 0) {
      accounts.remove(root, path);
      files.delete(n);
      return;
    }
    accounts.write(root, path, dice.below(6) === 0 ? noise(700_000, edits + 1) : `${side} ${n}, change ${edits}`);
    files.add(n);
  }
});
