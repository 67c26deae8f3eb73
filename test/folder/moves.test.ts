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

  assert.notEqual(device.folder.progress.condition.kind, 'held');
  await device.until(() => device.row('new/99/2.txt') !== undefined, 'the new place', 600_000);
  assert.equal(device.index.counts().files, 300);
  await device.stop();
});

test('I1: a file that is moved over another of the same content and time lives, though a peer deletes what was there', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
  device.write('b.txt', 'a');
  for (const name of ['a.txt', 'b.txt']) device.user.touch(`${ROOT}/${name}`, 1_700_000_000_000_000n);
  await device.clock.advance(1_000);
  const deletion = device.peer.version('a.txt', { kind: 'absent' });
  device.user.rename(`${ROOT}/b.txt`, `${ROOT}/a.txt`);
  await device.clock.advance(100);
  device.peer.tell(deletion);
  await device.until(() => device.row('b.txt')?.record.entry.kind === 'absent', 'the move');
  await device.clock.advance(1_000);

  assert.equal(device.read('a.txt'), 'a');
  assert.equal(device.peer.lastTold('a.txt')?.entry.kind, 'file');
  await device.stop();
});
