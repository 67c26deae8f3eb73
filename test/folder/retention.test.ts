// How long older contents are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, file } from './one-device.ts';

const HOUR_MS = 60 * 60 * 1000;

test('I1: of versions that take too much room only as many go as there must, the oldest first', async () => {
  const device = new OneDevice({ versions: { keepMs: 365 * 24 * HOUR_MS, maxShare: 0.1 } });
  device.fs.setCapacity(100_000);
  await device.start({ 'a.txt': 'the first'.padEnd(3_000) });
  for (const word of ['second', 'third', 'fourth', 'fifth', 'last']) {
    const content = `the ${word}`.padEnd(3_000);
    device.peer.tell(device.peer.version('a.txt', file(content)), content);
    await device.until(() => device.read('a.txt') === content, word);
  }
  device.clock.jump(25 * HOUR_MS);
  await device.clock.advance(HOUR_MS + 5_000);

  assert.deepEqual(
    device.kept().map((content) => content.trim()),
    ['the third', 'the fourth', 'the fifth'],
  );
  await device.stop();
});

test('T26 I1: a clock that jumps a year ahead lets nothing go; after a day it is believed', async () => {
  const device = await new OneDevice({ versions: { keepMs: 30 * 24 * HOUR_MS, maxShare: 1 } }).start({
    'a.txt': 'old',
  });
  device.peer.tell(device.peer.version('a.txt', file('new')), 'new');
  await device.until(() => device.read('a.txt') === 'new', 'the new one');
  device.clock.jump(365 * 24 * HOUR_MS);
  await device.clock.advance(2 * HOUR_MS);
  assert.deepEqual(device.kept(), ['old']);
  device.clock.jump(25 * HOUR_MS);
  await device.clock.advance(HOUR_MS + 5_000);
  assert.deepEqual(device.kept(), [], 'then its time is over');
  await device.stop();
});
