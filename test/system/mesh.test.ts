// Three devices in a row and in a triangle: a change crosses the middle one, travels each link once, and then it is quiet.
import assert from 'node:assert/strict';
import { rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pair, settle, startDaemon, temporaryDirectory, type Daemon } from './daemon.ts';
import { assertSameTrees, exists, noise, plant, plantMany, read } from './trees.ts';

interface Three {
  readonly a: Daemon;
  readonly b: Daemon;
  readonly c: Daemon;
  readonly roots: readonly [string, string, string];
  /** Twice round, because what one learns last the others have yet to confirm. */
  same(): Promise<void>;
}

test('in a row A–B–C a change crosses the middle device in both directions', async (t) => {
  const { roots, same } = await threeInARow(t);

  plant(roots[0], { 'from-a.txt': 'a', 'dir/x.txt': 'x' });
  plant(roots[2], { 'from-c.txt': 'c' });
  await same();
  assert.equal(read(roots[2], 'from-a.txt'), 'a');
  assert.equal(read(roots[0], 'from-c.txt'), 'c');

  writeFileSync(join(roots[2], 'from-a.txt'), 'edited by c');
  unlinkSync(join(roots[0], 'from-c.txt'));
  await same();
  assert.equal(read(roots[0], 'from-a.txt'), 'edited by c');
  assert.equal(exists(roots[2], 'from-c.txt'), false);
});

test('I3: in a row a device that was away does not bring back what was deleted', async (t) => {
  const { c, roots, same } = await threeInARow(t);
  plantMany(roots[0], 40);
  await same();

  await c.stop();
  rmSync(join(roots[0], 'd000/f1.txt'));
  rmSync(join(roots[1], 'd000/f2.txt'));
  await sleep(500); // a and b are not asked to settle with c, which is away
  await c.start();
  await same();

  for (const root of roots) {
    assert.equal(exists(root, 'd000/f1.txt'), false);
    assert.equal(exists(root, 'd000/f2.txt'), false);
  }
});

test('I7: in a triangle each content reaches each device once, and at rest nothing is sent', async (t) => {
  const { a, b, c, roots, same } = await threeInARow(t);
  const invitation = (await a.ok('invite', 'docs')).trim();
  await c.ok('join', invitation);
  await same();
  const sizeBytes = 3_000_000;
  const before = await received([a, b, c]);

  writeFileSync(join(roots[0], 'once.bin'), noise(sizeBytes, 3));
  await same();
  const moved = (await received([a, b, c])) - before;
  assert.ok(moved < 2.5 * sizeBytes, `${moved} bytes were received for ${sizeBytes} bytes on two devices`);

  plantMany(roots[1], 30);
  plant(roots[2], { 'edit.txt': 'by c' });
  await same();
  const atRest = await received([a, b, c]);
  await sleep(3000);
  const chatter = (await received([a, b, c])) - atRest;
  assert.ok(chatter < 3000, `${chatter} bytes were received by three devices at rest`);
  for (const device of [a, b, c]) assert.equal((await device.folder('docs')).conflicts, 0);
});

async function threeInARow(t: TestContext): Promise<Three> {
  const place = temporaryDirectory(t);
  const roots = [join(place, 'a'), join(place, 'b'), join(place, 'c')] as const;
  const [a, b, c] = await Promise.all([
    startDaemon(t, { name: 'a' }),
    startDaemon(t, { name: 'b' }),
    startDaemon(t, { name: 'c' }),
  ]);
  await pair(b, a, 'docs', [roots[1], roots[0]]);
  await pair(b, c, 'docs', [roots[1], roots[2]]);
  const same = async (): Promise<void> => {
    await settle('docs', a, b, c, a, b, c);
    assertSameTrees(roots[0], roots[1]);
    assertSameTrees(roots[1], roots[2]);
  };
  return { a, b, c, roots, same };
}

async function received(daemons: readonly Daemon[]): Promise<number> {
  let bytes = 0;
  for (const daemon of daemons) bytes += (await daemon.traffic()).received;
  return bytes;
}
