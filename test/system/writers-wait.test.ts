// What was written before `wait` was called is covered by it, each time; a tree that is moved in and at once changed; a
// daemon that stands still for a while.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPair } from './daemon.ts';
import { rounds } from './rounds.ts';
import { countFiles, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('S50 I6: what was written before wait was called is on the other device when it returns, each time', async (t) => {
  const { hub, left, right } = await startPair(t, { before: (root) => plantMany(root, 40) });
  const wait = (): Promise<string> => hub.ok('wait', 'docs', '--timeout', '60');
  const tried = rounds(6);
  for (let round = 0; round < tried; round++) {
    writeFileSync(join(left, 'f.txt'), `round ${round}`);
    await wait();
    assert.equal(read(right, 'f.txt'), `round ${round}`);

    mkdirSync(join(left, `a/b/c/d/e ${round}`), { recursive: true });
    writeFileSync(join(left, `a/b/c/d/e ${round}/g.txt`), 'deep');
    await wait();
    assert.equal(read(right, `a/b/c/d/e ${round}/g.txt`), 'deep');

    unlinkSync(join(left, 'f.txt'));
    await wait();
    assert.equal(exists(right, 'f.txt'), false, `round ${round}: deleted`);

    renameSync(join(left, 'a'), join(left, `moved ${round}`));
    await wait();
    assert.equal(exists(right, 'a'), false, `round ${round}: moved`);
    assert.equal(read(right, `moved ${round}/b/c/d/e ${round}/g.txt`), 'deep');
  }
  t.diagnostic(`${tried * 4} times`);
});

test('S48 I6: a tree that is moved in, changed, moved on and changed again is the same, and is watched', async (t) => {
  const { left, right, same } = await startPair(t, { before: (root) => plantMany(root, 40) });
  const count = rounds(150);
  const outside = join(left, '../outside');
  for (let n = 0; n < count; n++) plant(outside, { [`${n % 10}/${n}/deep/file.txt`]: `file ${n}` });

  renameSync(outside, join(left, 'in'));
  for (let n = 0; n < count; n += 3) writeFileSync(join(left, `in/${n % 10}/${n}/deep/file.txt`), `edited ${n}`);
  for (let n = 1; n < count; n += 3) rmSync(join(left, `in/${n % 10}/${n}/deep/file.txt`));
  renameSync(join(left, 'in'), join(left, 'on'));
  for (let n = 2; n < count; n += 3) writeFileSync(join(left, `on/${n % 10}/${n}/deep/file.txt`), `again ${n}`);
  await same();
  assert.equal(countFiles(join(right, 'on')), Math.ceil(count / 3) + Math.floor(count / 3));
  assert.equal(read(right, 'on/2/2/deep/file.txt'), 'again 2');

  writeFileSync(join(left, 'on/3/3/deep/file.txt'), 'much later');
  const writtenMs = performance.now();
  await waitFor('it is watched', () => read(right, 'on/3/3/deep/file.txt') === 'much later');
  t.diagnostic(`a later change came after ${Math.round(performance.now() - writtenMs)} ms`);
});

test('T29 I2 I15: a daemon that is stopped for a while and goes on misses nothing, and nobody waits for it', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plantMany(root, 40) });
  laptop.signal('SIGSTOP');
  for (let n = 0; n < 200; n++) plant(left, { [`meanwhile/${n}.txt`]: `left ${n}` });
  for (let n = 0; n < 50; n++) plant(right, { [`here/${n}.txt`]: `right ${n}` });
  rmSync(join(left, 'd000/f1.txt'));
  rmSync(join(right, 'd000/f2.txt'));
  await sleep(rounds(2) * 1_000);
  assert.equal((await hub.ctl('wait', 'docs', '--timeout', '1')).code, 4, 'wait says so, and does not hang');
  laptop.signal('SIGCONT');
  await same();
  assert.equal(countFiles(left), 38 + 250);
  assert.equal((await laptop.folder('docs')).conflicts, 0);
});
