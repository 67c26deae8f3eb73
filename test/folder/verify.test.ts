// Reading everything again: damage is told from an edit, is not spread, and is fetched again if somebody asks for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifyItem } from '../../daemon/folder/view.ts';
import { OneDevice, ROOT } from './one-device.ts';

async function verify(device: OneDevice, repair = false): Promise<VerifyItem[]> {
  const items: VerifyItem[] = [];
  let ended: unknown = false;
  const reading = async (): Promise<void> => {
    for await (const item of device.folder.verify(repair, new AbortController().signal)) items.push(item);
  };
  reading().then(
    () => (ended = true),
    (error: unknown) => (ended = error),
  );
  await device.until(() => ended !== false, 'the end of verifying');
  if (ended !== true) throw ended;
  return items;
}

const found = (items: readonly VerifyItem[]): string[] =>
  items.flatMap((item) => ('path' in item ? [`${item.kind} ${item.path}`] : []));

test('I5: a file that the disk has changed is named, and stays as it is on all devices', async () => {
  const device = await new OneDevice().start({ good: 'good', bad: 'bad' });
  const told = device.peer.told.length;
  device.user.rot(`${ROOT}/bad`);
  const items = await verify(device);
  assert.deepEqual(found(items), ['damaged bad']);
  assert.deepEqual(items.at(-1), { kind: 'done', files: 2, bytes: 7, damaged: 1, unreadable: 0, changed: 0 });
  await device.folder.sync();
  await device.clock.advance(10_000);
  assert.equal(device.peer.told.length, told, 'nobody was told of it');
  assert.equal(device.read('bad'), 'cad');
  await device.stop();
});

test('I5, I11: what is damaged is fetched again from a peer, named until it is here, and the damaged one is kept', async () => {
  const device = await new OneDevice().start({ bad: 'bad' });
  device.user.rot(`${ROOT}/bad`);
  assert.deepEqual(found(await verify(device, true)), ['damaged bad']);
  assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'bad', code: 'E_DAMAGED' }]);
  const record = device.row('bad')?.record;
  assert(record !== undefined);
  device.peer.contents.set('bad', 'bad');
  device.peer.tell(record);
  await device.until(() => device.read('bad') === 'bad', 'the content from the peer', 120_000);
  await device.clock.advance(3_000);
  assert.deepEqual(device.folder.snapshot().skipped, []);
  assert.deepEqual(device.kept(), ['cad']);
  assert.deepEqual(found(await verify(device)), []);
  await device.stop();
});

test('I6: an edit that nobody has seen is an edit, not damage', async () => {
  const device = await new OneDevice().start({ a: 'one' });
  device.write('a', 'two');
  assert.deepEqual(found(await verify(device)), ['changed a']);
  await device.until(() => device.peer.lastTold('a')?.entry.kind === 'file', 'the edit to be told');
  await device.stop();
});

test('I4: with its root away a folder is not verified, and nothing is called damaged', async () => {
  const device = await new OneDevice().start({ a: 'one' });
  device.user.rename(ROOT, '/srv/elsewhere');
  await device.until(() => device.folder.progress.condition.kind === 'halted', 'the folder to halt');
  await assert.rejects(verify(device), { code: 'E_ROOT_MISSING' });
  await device.stop();
});
