// Moves of much: no deletion, however long it takes to read what has moved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import type { WatchListener } from '../../daemon/ports/watch.ts';
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

/** b.txt was moved over a.txt, which lives. */
async function assertMovedOver(device: OneDevice): Promise<void> {
  await device.until(() => device.row('b.txt')?.record.entry.kind === 'absent', 'the move');
  await device.clock.advance(1_000);

  assert.equal(device.read('a.txt'), 'a');
  assert.equal(device.peer.lastTold('a.txt')?.entry.kind, 'file');
  await device.stop();
}

test('I1: a file that is moved over another of the same content and time lives, though a peer deletes what was there', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
  device.write('b.txt', 'a');
  for (const name of ['a.txt', 'b.txt']) device.user.touch(`${ROOT}/${name}`, 1_700_000_000_000_000n);
  await device.clock.advance(1_000);
  const deletion = device.peer.version('a.txt', { kind: 'absent' });
  device.user.rename(`${ROOT}/b.txt`, `${ROOT}/a.txt`);
  await device.clock.advance(100);
  device.peer.tell(deletion);
  await assertMovedOver(device);
});

test('I1: and also where it is found in its new place before it is missed in the old one', async () => {
  const device = new OneDevice();
  const watch = handWatch(device);
  await device.start({ 'a.txt': 'a', 'b.txt': 'a' });
  for (const name of ['a.txt', 'b.txt']) device.user.touch(`${ROOT}/${name}`, 1_700_000_000_000_000n);
  watch.tell(['a.txt', 'b.txt']);
  await device.clock.advance(5_000);
  const deletion = device.peer.version('a.txt', { kind: 'absent' });
  device.user.rename(`${ROOT}/b.txt`, `${ROOT}/a.txt`);
  watch.tell(['a.txt']);
  await device.clock.advance(100);
  watch.tell(['b.txt']);
  await device.clock.advance(100);
  device.peer.tell(deletion);
  await assertMovedOver(device);
});

test('what is found in its new place before it is missed in the old one is no mass deletion, and counts as none', async () => {
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.txt`, `content ${i}`]));
  const device = new OneDevice({ maxDelete: 0.3 });
  const watch = handWatch(device);
  await device.start({ ...files, 'deleted.txt': 'x' });
  for (let i = 0; i < 40; i++) device.user.rename(`${ROOT}/${i}.txt`, `${ROOT}/moved-${i}.txt`);
  watch.tell(Array.from({ length: 40 }, (_, i) => `moved-${i}.txt`));
  await device.until(() => device.peer.lastTold('moved-39.txt') !== undefined, 'the new place');
  watch.tell(Object.keys(files));
  await device.until(() => device.peer.lastTold('39.txt')?.entry.kind === 'absent', 'the old place');
  device.remove('deleted.txt');
  watch.tell(['deleted.txt']);
  await device.until(() => device.peer.lastTold('deleted.txt')?.entry.kind === 'absent', 'a deletion');

  assert.notEqual(device.folder.progress.condition.kind, 'held');
  await device.stop();
});

test('of a mass deletion that is held, what was moved is gone from its old place', async () => {
  const files = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`d/${i}.txt`, `content ${i}`]));
  const device = new OneDevice({ maxDelete: 0.3 });
  const watch = handWatch(device);
  await device.start(files);
  device.user.rename(`${ROOT}/d/7.txt`, `${ROOT}/moved.txt`);
  watch.tell(['moved.txt']);
  await device.until(() => device.peer.lastTold('moved.txt') !== undefined, 'the new place');
  device.remove('d');
  watch.tell(['d']);
  await device.until(() => device.folder.progress.condition.kind === 'held', 'the hold');

  await device.until(() => device.peer.lastTold('d/7.txt')?.entry.kind === 'absent', 'the old place');
  assert.equal(device.row('d/8.txt')?.record.entry.kind, 'file');
  const done = device.folder.approve();
  await device.clock.advance(2_000);
  assert.equal(await done, 60);
  await device.stop();
});

test('a thousand files that are moved while it takes long to look at each are no mass deletion', async () => {
  const files = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`a/${i}.txt`, `content ${i}`]));
  const device = new OneDevice({ maxDelete: 0.3 });
  const watch = handWatch(device);
  await device.start({ ...files, 'b/x.txt': 'x' });
  device.jobMs = 1_500;
  for (let i = 0; i < 1_000; i++) device.user.rename(`${ROOT}/a/${i}.txt`, `${ROOT}/b/${i}.txt`);
  // The watcher says in no order what has gone and what has come.
  watch.tell([...Object.keys(files), ...Object.keys(files).map((path) => path.replace('a/', 'b/'))]);
  await device.until(() => device.row('b/999.txt') !== undefined, 'the new places', 600_000);
  await device.until(() => device.row('a/999.txt')?.record.entry.kind === 'absent', 'the old places', 600_000);

  assert.notEqual(device.folder.progress.condition.kind, 'held');
  assert.equal(device.peer.told.filter(({ movedFrom }) => movedFrom !== undefined).length, 1_000);
  await device.stop();
});

/** A watcher that tells nothing by itself. */
function handWatch(device: OneDevice) {
  let listener: WatchListener | undefined;
  device.watch = {
    subscribe: (_root, given) => {
      listener = given;
      return { addTree: () => undefined, settled: () => Promise.resolve(), close: () => Promise.resolve() };
    },
  };
  const tell = (paths: readonly string[]): void =>
    listener?.onHints(paths.map((path) => ({ kind: 'path', path: path as RelativePath })));
  return { tell };
}

test('where much has vanished nothing is believed before the watcher has told of all: it may be behind', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `${i}.txt`);
  const files = Object.fromEntries(names.map((name) => [`ping/${name}`, `content ${name}`]));
  const device = new OneDevice({ maxDelete: 0.5 });
  let listener: WatchListener | undefined;
  const asked: (() => void)[] = [];
  device.watch = {
    subscribe: (_root, given) => {
      listener = given;
      return {
        addTree: () => {},
        settled: () => new Promise((resolve) => asked.push(resolve)),
        close: () => Promise.resolve(),
      };
    },
  };
  await device.start({ ...files, 'pong/there.txt': 'there' });
  await device.clock.advance(5_000);
  const tell = (dir: string): void =>
    listener?.onHints(names.map((name) => ({ kind: 'path', path: `${dir}/${name}` as RelativePath })));

  for (const name of names) device.user.rename(`${ROOT}/ping/${name}`, `${ROOT}/pong/${name}`);
  tell('ping');
  await device.clock.advance(3_000);
  assert.equal(asked.length, 1, 'the watcher is asked once');
  assert.ok(names.every((name) => device.row(`ping/${name}`)?.record.entry.kind === 'file'));
  tell('pong');
  for (const answer of asked) answer();
  await device.until(() => device.row('ping/99.txt')?.record.entry.kind === 'absent', 'the moves');

  assert.notEqual(device.folder.progress.condition.kind, 'held');
  assert.ok(names.every((name) => device.row(`pong/${name}`)?.record.entry.kind === 'file'));
  await device.stop();
});

test('a watcher that never says that it has told of all does not keep much that was deleted from being believed', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `${i}.txt`);
  const device = new OneDevice();
  let listener: WatchListener | undefined;
  device.watch = {
    subscribe: (_root, given) => {
      listener = given;
      return {
        addTree: () => {},
        // As where the disk is full and no probe can be written.
        settled: async () => {
          await new Promise<void>((resolve) => device.clock.after(1_000, resolve));
          listener?.onHints([{ kind: 'everything', why: 'the watcher did not report a probe in time' }]);
        },
        close: () => Promise.resolve(),
      };
    },
  };
  await device.start({ ...Object.fromEntries(names.map((name) => [`d/${name}`, name])), 'other.txt': 'stays' });
  await device.clock.advance(5_000);

  for (const name of names) device.user.remove(`${ROOT}/d/${name}`);
  listener?.onHints(names.map((name) => ({ kind: 'path', path: `d/${name}` as RelativePath })));
  await device.until(
    () => names.every((name) => device.row(`d/${name}`)?.record.entry.kind === 'absent'),
    'the deletions',
    10_000,
  );
  await device.stop();
});
