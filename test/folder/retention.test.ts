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
