// Moves of much: no deletion, however long it takes to read what has moved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { hashText } from '../../daemon/disk/versions.ts';
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

test('files that are moved with their directory are not read again, but one that was written to since is', async () => {
  const device = await new OneDevice().start({
    'old/deep/a.txt': 'aaaa',
    'old/deep/b.txt': 'bbbb',
    'old/c.txt': 'cccc',
  });
  await device.clock.advance(5_000);
  const read = new Set<string>();
  const isRead = (path: string): boolean => {
    read.add(path);
    return false;
  };
  device.fs.fail('openFile', isRead, 'EIO');
  const { seen } = device.row('old/c.txt') ?? {};
  device.user.rename(`${ROOT}/old`, `${ROOT}/new`);
  // Of the same size and time: only the ctime tells.
  device.write('new/c.txt', 'CCCC');
  device.user.touch(`${ROOT}/new/c.txt`, (seen?.mtimeNs ?? 0n) / 1000n);
  await device.until(() => device.peer.lastTold('new/deep/b.txt') !== undefined, 'the move');
  await device.until(() => device.peer.lastTold('new/c.txt') !== undefined, 'the changed file');
  await device.until(() => device.peer.lastTold('old') !== undefined, 'the old place');

  assert.equal(device.peer.told.find(({ record }) => record.path === 'new/deep/a.txt')?.movedFrom, 'old/deep/a.txt');
  assert.deepEqual(device.peer.lastTold('new/deep/a.txt')?.entry, device.row('new/deep/a.txt')?.record.entry);
  const changed = device.peer.lastTold('new/c.txt')?.entry;
  assert.equal(changed?.kind === 'file' && changed.sha256, hashText('CCCC'));
  assert.deepEqual(
    [...read].filter((path) => path.startsWith(`${ROOT}/new/`)),
    [`${ROOT}/new/c.txt`],
  );
  await device.stop();
});

test('what is told of many moves does not end between the two records of one', async () => {
  const files = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`old/${i}.txt`, `content ${i}`]));
  const device = await new OneDevice().start(files);
  await device.clock.advance(5_000);
  const ends: string[] = [];
  const announce = device.peer.announce.bind(device.peer);
  device.peer.announce = (announcements) => {
    ends.push(announcements.at(-1)?.record.entry.kind ?? '');
    announce(announcements);
  };
  device.user.rename(`${ROOT}/old`, `${ROOT}/new`);
  await device.until(() => device.peer.lastTold('old')?.entry.kind === 'absent', 'all of it');

  assert.equal(device.peer.told.filter(({ movedFrom }) => movedFrom !== undefined).length, 700);
  assert.deepEqual(
    ends.slice(0, -1).filter((kind) => kind === 'absent'),
    [],
  );
  await device.stop();
});

test('a directory of very much that is deleted is told in order, the directory last, while more of it is written down', async () => {
  const files = Object.fromEntries(Array.from({ length: 2_500 }, (_, i) => [`old/${i % 7}/${i}.txt`, `content ${i}`]));
  const device = await new OneDevice().start(files);
  await device.clock.advance(5_000);
  const before = device.peer.told.length;
  device.user.remove(`${ROOT}/old`);
  await device.until(() => device.peer.lastTold('old')?.entry.kind === 'absent', 'the deletion');

  const told = device.peer.told.slice(before).map(({ record }) => record.path);
  assert.equal(told.length, 2_508);
  assert.equal(told.at(-1), 'old');
  for (let dir = 0; dir < 7; dir++) {
    const last = told.findLastIndex((path) => path.startsWith(`old/${dir}/`));
    assert.ok(last < told.indexOf(`old/${dir}` as RelativePath), `what is in ${dir} before it`);
  }
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
