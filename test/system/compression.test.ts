// Contents on the wire of two running devices, packed or not: what is counted is bytes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair } from './daemon.ts';

const SIZE = 2_000_000;

test('compression: contents become smaller on the wire as it is set, and arrive as they were', async (t) => {
  const { hub, left, right, same } = await startPair(t);
  const wrong = await hub.ctl('edit-folder', 'docs', '--set', 'compression=gzip');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /compression: found gzip; expected auto, always, never/);
  let made = 0;
  /** No two are the same in any part, so that nothing of one is found in another. */
  const text = (): string =>
    Array.from({ length: SIZE / 40 }, (_, n) => `${made++}: a line of a text that is long, ${n}\n`)
      .join('')
      .slice(0, SIZE);
  /** How many bytes the hub sends of one file that it gets. */
  const sent = async (name: string, content: string | Buffer): Promise<number> => {
    const before = (await hub.traffic()).sent;
    writeFileSync(join(left, name), content);
    await same();
    assert.deepEqual(readFileSync(join(right, name)), Buffer.from(content));
    return (await hub.traffic()).sent - before;
  };
  const set = async (...settings: string[]): Promise<void> => {
    for (const setting of settings) await hub.ok('edit-folder', 'docs', '--set', setting);
  };

  await set('compression=never');
  assert.ok((await sent('never', text())) > SIZE);
  await set('compression=always');
  assert.ok((await sent('always', text())) < SIZE / 2);
  assert.ok((await sent('always.zip', text())) < SIZE / 2);
  await hub.restart();
  assert.ok((await sent('after a restart', text())) < SIZE / 2);
  assert.ok((await sent('random', randomBytes(SIZE))) > SIZE, 'what cannot become smaller goes as it is');

  const small = 'a small file, of which much is the same. '.repeat(200);
  assert.ok((await sent('small', small)) < small.length / 2, 'small ones that go along with their announcement, too');

  await set('compression=auto', 'bandwidth={up: 5MB/s}');
  assert.ok((await sent('auto', text())) < SIZE / 2, 'with a limit it pays');
  assert.ok((await sent('auto.jpg', text())) > SIZE, 'what is packed already is not packed again');
});
