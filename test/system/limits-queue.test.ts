// More events than the kernel keeps for a watcher: what was dropped from its queue is found all the same, and afterwards
// changes are seen at once as before.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd } from './at-end.ts';
import { startPair } from './daemon.ts';
import { rounds } from './rounds.ts';
import { compareTrees, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const QUEUE = '/proc/sys/fs/inotify/max_queued_events';
const before = (root: string): void => plantMany(root, 20);

test('S49 T24 I6: hundreds of thousands of events in a burst: equal, and watched as before', async (t) => {
  const { laptop, left, right, same } = await startPair(t, { before });
  const events = rounds(100_000);
  pingPong(right, 1_000, events);
  await same();
  plant(right, { 'sentinel.txt': 'I arrive' });
  const sentMs = performance.now();
  await waitFor('a change is seen at once', () => read(left, 'sentinel.txt') === 'I arrive');
  t.diagnostic(`${events} events; the next change came after ${Math.round(performance.now() - sentMs)} ms`);
  assert.equal((await laptop.folder('docs')).error, null);
});

test('T24 I6: with a queue of 16 events nothing that overflows it stays unseen', async (t) => {
  const usual = readFileSync(QUEUE, 'utf8').trim();
  const set = (value: string): void => writeFileSync(QUEUE, value);
  try {
    set(usual);
  } catch {
    return t.skip('only root may set fs.inotify.max_queued_events');
  }
  atEnd(t, () => set(usual));
  set('16');
  // Instances that are made from now on have the queue of now.
  const { laptop, left, right, same } = await startPair(t, { before });
  await waitFor('it watches', async () => (await laptop.folder('docs')).error === null);
  set(usual);
  const files = Array.from({ length: 400 }, (_, n) => `burst/${n % 20}/${n}.txt`);
  for (const file of files) plant(right, { [file]: 'first' });
  await waitFor('all of it arrives', () => files.every((file) => read(left, file) === 'first'));
  for (const file of files) writeFileSync(join(right, file), 'second');
  await waitFor('and all that is written over it', () => files.every((file) => read(left, file) === 'second'));
  pingPong(right, 200, 4_000);
  // How much such a queue holds back before a full scan, no meter can tell; that nothing stays unseen is what must hold.
  await waitFor('all that was renamed', () => compareTrees(left, right).length === 0);
  await same();
});

/** `count` files are renamed to and fro; each rename is two events. */
function pingPong(root: string, count: number, events: number): void {
  const [here, there] = [join(root, 'ping'), join(root, 'pong')];
  mkdirSync(here);
  mkdirSync(there);
  for (let n = 0; n < count; n++) writeFileSync(join(here, `${n}`), `${n}`);
  for (let done = 0; done < events; done += count * 2) {
    const [from, to] = (done / (count * 2)) % 2 === 0 ? [here, there] : [there, here];
    for (let n = 0; n < count; n++) renameSync(join(from, `${n}`), join(to, `${n}`));
  }
}
