// What peers change of what was deleted here, before the deletion is believed or while it is held.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, file } from './one-device.ts';

const FILES: Record<string, string> = Object.fromEntries(
  Array.from({ length: 30 }, (_, i) => [`d/${i}.txt`, `content ${i}`]),
);
const BRAKE = { maxDelete: 0.5 };

async function withHeldDirectory() {
  const device = await new OneDevice(BRAKE).start({ ...FILES, 'kept.txt': 'x' });
  device.remove('d');
  await device.until(() => device.folder.progress.condition.kind === 'held', 'the hold');
  return device;
}

test('I11: from the first sign of many deletions to their hold a folder is never idle', async () => {
  const device = await new OneDevice(BRAKE).start({ ...FILES, 'kept.txt': 'x' });
  device.remove('d');
  const kind = (): string => device.folder.progress.condition.kind;
  await device.until(() => kind() !== 'idle', 'the first sign');
  const seen = new Set<string>();
  await device.until(() => {
    seen.add(kind());
    return kind() === 'held';
  }, 'the hold');
  assert.deepEqual([...seen], ['syncing', 'held']);
  await device.stop();
});

test('a held file that a peer edits leaves the hold and is written; the others stay held', async () => {
  const device = await withHeldDirectory();

  device.peer.tell(device.peer.version('d/3.txt', file('edited')), 'edited');
  await device.until(() => device.exists('d/3.txt'), 'the edit');

  assert.equal(device.read('d/3.txt'), 'edited');
  await device.clock.advance(5_000);
  assert.equal(device.folder.progress.condition.kind, 'held');
  assert.equal(device.row('d/4.txt')?.record.entry.kind, 'file');
  const done = device.folder.approve();
  await device.clock.advance(2_000);
  assert.equal(await done, 29);
  assert.equal(device.row('d/4.txt')?.record.entry.kind, 'absent');
  assert.equal(device.row('d/3.txt')?.record.entry.kind, 'file');
  await device.stop();
});

test('a new file of a peer in a held directory is written', async () => {
  const device = await withHeldDirectory();

  device.peer.tell(device.peer.version('d/new.txt', file('new')), 'new');
  await device.until(() => device.exists('d/new.txt'), 'the new file');

  assert.ok((await device.jobsIn(10_000)) < 100);
  assert.equal(device.row('d/4.txt')?.record.entry.kind, 'file');
  await device.stop();
});

test('reject does not bring back an older version than a peer has announced', async () => {
  const device = await withHeldDirectory();
  device.folder.pause();
  const edited = device.peer.version('d/3.txt', file('edited'));
  device.peer.tell(edited);
  await device.clock.advance(100);

  const done = device.folder.reject();
  await device.clock.advance(1_000);
  await done;

  assert.deepEqual(device.wanted('d/3.txt')?.record.vector, edited.vector);
  await device.stop();
});

test('a held file that a peer deletes as well is no longer held, and nothing is tried in vain', async () => {
  const device = await withHeldDirectory();

  device.peer.tell(device.peer.version('d/3.txt', { kind: 'absent' }));
  await device.until(() => device.row('d/3.txt')?.record.entry.kind === 'absent', 'the deletion');

  assert.ok((await device.jobsIn(10_000)) < 100);
  assert.equal(device.wanted('d/3.txt'), undefined);
  assert.equal(device.row('d/4.txt')?.record.entry.kind, 'file');
  assert.equal(device.folder.progress.condition.kind, 'held');
  await device.stop();
});

test('a held directory that a peer deletes as well is no longer held', async () => {
  const device = await withHeldDirectory();

  for (const path of [...Object.keys(FILES), 'd']) device.peer.tell(device.peer.version(path, { kind: 'absent' }));
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'the end of the hold');

  assert.equal(device.row('d')?.record.entry.kind, 'absent');
  assert.equal(device.row('d/4.txt')?.record.entry.kind, 'absent');
  assert.equal(device.row('kept.txt')?.record.entry.kind, 'file');
  await device.stop();
});

test('a held file that a peer moves is written at its new place', async () => {
  const device = await withHeldDirectory();

  device.peer.contents.set('moved.txt', 'content 3');
  device.peer.tell(device.peer.version('moved.txt', file('content 3')));
  device.peer.tell(device.peer.version('d/3.txt', { kind: 'absent' }));
  await device.until(() => device.exists('moved.txt'), 'the file at its new place');

  assert.equal(device.read('moved.txt'), 'content 3');
  assert.equal(device.row('d/3.txt')?.record.entry.kind, 'absent');
  await device.stop();
});

test('a directory that vanishes after some of it was held waits with it, and is counted once', async () => {
  const device = await new OneDevice(BRAKE).start({ ...FILES, 'kept.txt': 'x' });
  for (let i = 1; i < 30; i++) device.remove(`d/${i}.txt`);
  await device.until(() => device.folder.progress.condition.kind === 'held', 'the hold');
  device.remove('d');
  await device.clock.advance(5_000);

  assert.equal(device.row('d/0.txt')?.record.entry.kind, 'file');
  assert.match(JSON.stringify(device.folder.progress.condition), /31 deletions/);
  const done = device.folder.approve();
  await device.clock.advance(2_000);
  assert.equal(await done, 31);
  await device.stop();
});

test('wait answers after reject only when what was held is back', async () => {
  const device = await withHeldDirectory();
  const rejected = device.folder.reject();
  await device.clock.advance(1_000);
  assert.equal(await rejected, 31);

  const waited = device.folder.wait(5_000, new AbortController().signal);
  await device.clock.advance(6_000);

  assert.equal((await waited).kind, 'not in time');
  assert.equal(device.exists('d/3.txt'), false);
  await device.stop();
});

test('a new file in a held directory is not one of those that were held', async () => {
  const device = await withHeldDirectory();
  device.peer.tell(device.peer.version('d/new.txt', file('new')), 'new');
  await device.until(() => device.exists('d/new.txt'), 'the new file');

  assert.match(JSON.stringify(device.folder.progress.condition), /; 30 deletions/);
  const done = device.folder.approve();
  await device.clock.advance(2_000);
  assert.equal(await done, 30);
  await device.stop();
});

test('one deletion that is left of a hold is told of in the singular', async () => {
  const device = await new OneDevice(BRAKE).start({ 'a.txt': 'a', 'b.txt': 'b' });
  const told = (): string => {
    const { condition } = device.folder.progress;
    return 'message' in condition ? condition.message : '';
  };
  for (const name of ['a.txt', 'b.txt']) device.remove(name);
  await device.until(() => told().endsWith('; 2 deletions wait for approve or reject'), 'the hold');
  device.write('b.txt', 'again');

  await device.until(() => told().endsWith('; 1 deletion waits for approve or reject'), 'one less');
  await device.stop();
});
