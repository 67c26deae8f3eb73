// A file that is moved over another one with the same bytes: whatever else differs, both devices show the same afterwards,
// and what is done to it next arrives as any edit.
import assert from 'node:assert/strict';
import { chmodSync, linkSync, lstatSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair } from './daemon.ts';
import { exists, plant, read, setMtime } from './trees.ts';

const OLD = 1_500_000_000;
const YES_OR_NO = [true, false];
/** What the two have in common beside their bytes, and whether the one that is moved has another name in the folder. */
const CASES = YES_OR_NO.flatMap((sameTime) =>
  YES_OR_NO.flatMap((sameMode) => YES_OR_NO.map((linked) => ({ sameTime, sameMode, linked }))),
).map((one, n) => ({ ...one, dir: `c${n}` }));

test('I2, I3: a file moved over one with the same bytes, of any time, mode and number of names, is the same on both devices', async (t) => {
  const { left, right, same } = await startPair(t, {
    before: (root) => {
      for (const { dir, sameTime, sameMode, linked } of CASES) {
        plant(root, { [`${dir}/from`]: 'equal', [`${dir}/over`]: 'equal' });
        setMtime(root, `${dir}/over`, OLD);
        setMtime(root, `${dir}/from`, sameTime ? OLD : OLD + 100);
        chmodSync(join(root, dir, 'from'), sameMode ? 0o644 : 0o600);
        chmodSync(join(root, dir, 'over'), 0o644);
        if (linked) linkSync(join(root, dir, 'from'), join(root, dir, 'other'));
      }
    },
  });

  for (const { dir } of CASES) renameSync(join(left, dir, 'from'), join(left, dir, 'over'));
  await same();

  for (const { dir, sameTime, sameMode, linked } of CASES) {
    const [here, there] = [left, right].map((root) => lstatSync(join(root, dir, 'over')));
    assert.equal(there?.mtimeMs, (sameTime ? OLD : OLD + 100) * 1000, dir);
    assert.equal((there?.mode ?? 0) & 0o777, sameMode ? 0o644 : 0o600, dir);
    assert.equal(here?.mode, there?.mode, dir);
    assert.ok(!exists(right, `${dir}/from`), dir);
    assert.equal(read(right, `${dir}/other`), linked ? 'equal' : undefined, dir);
  }

  // Each is as well known as before: an edit of either side replaces it, and nothing is in conflict.
  CASES.forEach(({ dir }, n) => {
    const root = n % 2 === 0 ? left : right;
    // As editors do: another name of it stays as it is.
    writeFileSync(join(root, dir, 'over.new'), `edited ${n}`);
    renameSync(join(root, dir, 'over.new'), join(root, dir, 'over'));
  });
  await same();
  CASES.forEach(({ dir }, n) => assert.equal(read(n % 2 === 0 ? right : left, `${dir}/over`), `edited ${n}`));
  for (const { dir, linked } of CASES) if (linked) assert.equal(read(right, `${dir}/other`), 'equal', dir);
});
