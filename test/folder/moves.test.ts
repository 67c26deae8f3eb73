// Moves of much: no deletion, however long it takes to read what has moved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT } from './one-device.ts';

test('a large directory that is moved while it takes long to read is no mass deletion', async () => {
  const files: Record<string, string> = {};
  for (let dir = 0; dir < 100; dir++) for (let i = 0; i < 3; i++) files[`old/${dir}/${i}.txt`] = `content ${dir} ${i}`;
  const device = await new OneDevice({ maxDelete: 0.5 }).start(files);
  await device.crash();
  device.user.rename(`${ROOT}/old`, `${ROOT}/new`);
  device.jobMs = 1_500;
  device.folder.start();
  await device.until(() => device.row('old')?.record.entry.kind === 'absent', 'the move', 600_000);

  assert.notEqual(device.folder.condition.kind, 'held');
  await device.until(() => device.row('new/99/2.txt') !== undefined, 'the new place', 600_000);
  assert.equal(device.index.counts().files, 300);
  await device.stop();
});
