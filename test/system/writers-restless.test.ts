// Files that are written without pause, written in place by one long call, or replaced while they are received: what the
// other device shows is always something that was there, and in the end all of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Accounts } from './accounts.ts';
import { atEnd } from './at-end.ts';
import { node, startPair } from './daemon.ts';
import { rounds } from './rounds.ts';
import { compareTrees, noise, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const MIB = 1 << 20;
/** A file that never rests is taken after half a minute; here with time for a busy machine. */
const GROWING_LIMIT_MS = 90_000;

test('T12 S03 I5 I15: a file that is appended to without pause arrives as it was at a moment, and holds up nothing', async (t) => {
  const { hub, left, right, same } = await startPair(t, {});
  const log = join(left, 'busy.log');
  let lines = 0;
  const writer = setInterval(() => appendFileSync(log, `line ${lines++} of a log that never rests\n`), 5);
  atEnd(t, () => clearInterval(writer));
  await waitFor('it is written', () => lines > 10);

  const startedMs = performance.now();
  for (let n = 0; n < 100; n++) plant(left, { [`beside/${n}.txt`]: `beside ${n}` });
  await waitFor('the others arrive', () => read(right, 'beside/99.txt') === 'beside 99');
  t.diagnostic(`the others came within ${Math.round(performance.now() - startedMs)} ms`);
  for (let shown = 0, looks = 0; looks < 3; looks++) {
    const longer = (): string | undefined => unlessShorter(read(right, 'busy.log'), shown + 1);
    const prefix = await waitFor('more of it arrives', longer, GROWING_LIMIT_MS);
    assert.ok(readFileSync(log, 'utf8').startsWith(prefix), 'it is a true prefix');
    shown = prefix.length;
  }
  t.diagnostic(`three states of it came within ${Math.round(performance.now() - startedMs)} ms`);
  const codes = (await hub.folder('docs')).skipped.map(({ path, code }) => `${path} ${code}`);
  assert.ok(codes.length === 0 || codes.includes('busy.log E_CHANGING'));

  clearInterval(writer);
  await same();
  assert.equal(read(right, 'busy.log'), readFileSync(log, 'utf8'));
  assert.deepEqual((await hub.folder('docs')).skipped, []);
});

test('T12 I5 I6: a file that is overwritten in place by one long call is never taken half', async (t) => {
  const { left, right, same } = await startPair(t, {
    before: (root) => writeFileSync(join(root, 'image.bin'), noise(32 * MIB, 1)),
  });
  const file = join(left, 'image.bin');
  for (let round = 0; round < rounds(2); round++) {
    // One write(2): its time is that of its beginning, and a reader may come at any moment of it.
    const program = `
      const fs = require('node:fs');
      const bytes = Buffer.alloc(${32 * MIB}, ${round + 1});
      const fd = fs.openSync(${JSON.stringify(file)}, 'r+');
      fs.writeSync(fd, bytes, 0, 1, 0);
      setTimeout(() => { for (let at = 0; at < 4; at++) fs.writeSync(fd, bytes, 0, bytes.length, 0); }, ${round * 40});`;
    const writer = spawn(node, ['-e', program], { stdio: 'ignore' });
    await waitFor('it is written', () => writer.exitCode !== null);
    await same();
    const got = readFileSync(join(right, 'image.bin'));
    assert.ok(
      got.every((byte) => byte === round + 1),
      `round ${round}: all of it has arrived`,
    );
  }
});

test('S32 I5 I1: a file that is replaced again and again while it is received is never a mix, and the last one wins', async (t) => {
  const accounts = new Accounts();
  const size = 12 * MIB;
  const { left, right, same } = await startPair(t, {
    before: (root) => accounts.write(root, 'image.bin', noise(size, 1)),
  });
  const whole = accounts.watchWhole(t, right);
  for (let n = 0; n < rounds(8); n++) {
    accounts.replace(left, 'image.bin', noise(size, n + 2));
    await waitFor('some of it is on its way', () => isReceiving(right) || compareTrees(left, right).length === 0);
  }
  await same();
  whole.assertWhole();
  assert.deepEqual(readFileSync(join(right, 'image.bin')), noise(size, rounds(8) + 1));
  assert.equal(isReceiving(right), false, 'nothing is left of those that did not win');
});

function unlessShorter(text: string | undefined, length: number): string | undefined {
  return text !== undefined && text.length >= length ? text : undefined;
}

function isReceiving(root: string): boolean {
  return readdirSync(join(root, '.syncd/staging')).length > 0;
}
