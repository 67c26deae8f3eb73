// What the disk in memory has beyond the contract: a user, faults, a capacity, mounts, and sight of every change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errnoOf } from '../../daemon/ports/file-system.ts';
import { SimulatedClock } from './clock.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

const disk = (): MemoryFileSystem => new MemoryFileSystem(new SimulatedClock());

function errno(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return errnoOf(error);
  }
}

test('the user writes, saves, reads, moves and removes as people do', () => {
  const { user } = disk();
  user.write('/root/notes/a.md', 'one');
  user.write('/root/notes/a.md', 'two');
  user.save('/root/notes/a.md', 'three');
  user.symlink('/root/link', 'notes/a.md');
  assert.equal(user.read('/root/link'), 'three');
  user.rename('/root/notes', '/root/old');
  assert.equal(user.exists('/root/notes'), false);
  assert.equal(user.exists('/root/link'), true);
  user.remove('/root/old');
  assert.deepEqual([...user.tree('/root')], [['link', 'link to notes/a.md']]);
});

test('writing keeps the inode, saving makes another', () => {
  const { user } = disk();
  user.write('/a', '1');
  const first = user.follow('/a', 'stat').ino;
  user.write('/a', '2');
  assert.equal(user.follow('/a', 'stat').ino, first);
  user.save('/a', '3');
  assert.notEqual(user.follow('/a', 'stat').ino, first);
});

test('a tree is described by what is synced, so that equal trees are equal maps', () => {
  const [left, right] = [disk(), disk()];
  for (const { user } of [left, right]) {
    user.mkdir('/root');
    user.write('/root/.syncd/marker', `${Math.random()}`);
  }
  left.user.write('/root/b', 'x');
  for (const { user } of [left, right]) user.write('/root/a/c', 'y'.repeat(100));
  right.user.write('/root/b', 'x');
  for (const { user } of [left, right]) {
    user.touch('/root/b', 5n);
    user.touch('/root/a/c', -5n);
  }
  assert.deepEqual([...left.user.tree('/root')], [...right.user.tree('/root')]);
  assert.equal(left.user.tree('/root').get('b'), 'file 644 at 5: "x"');
  right.user.chmod('/root/b', 0o600);
  assert.notDeepEqual(left.user.tree('/root'), right.user.tree('/root'));
});

test('a full disk takes what fits and says ENOSPC; removing makes room', () => {
  const fs = disk();
  fs.makeRoot('/root');
  fs.setCapacity(10);
  const root = fs.openRoot('/root');
  const file = root.openFile('a', 'create');
  assert.equal(
    errno(() => file.write(new Uint8Array(16), 0)),
    'ENOSPC',
  );
  assert.equal(file.stat().size, 10);
  assert.equal(fs.space(root).freeBytes, 0);
  root.remove('a', 'file');
  assert.equal(fs.space(root).freeBytes, 0, 'an open file still has its space');
  file.close();
  assert.equal(fs.space(root).freeBytes, 10);
  root.close();
  assert.equal(fs.openHandles, 0);
});

test('a call can be made to fail, and to find the world changed', () => {
  const fs = disk();
  fs.user.write('/root/a', 'x');
  const root = fs.openRoot('/root');
  const heal = fs.fail('lstat', (path) => path === '/root/a', 'EIO');
  assert.equal(
    errno(() => root.lstat('a')),
    'EIO',
  );
  assert.equal(root.lstat().kind, 'dir');
  heal();
  assert.equal(root.lstat('a').size, 1);
  const stop = fs.before(
    'rename',
    (path) => path.endsWith('/a'),
    () => {
      stop();
      fs.user.write('/root/b', 'meanwhile');
    },
  );
  assert.equal(
    errno(() => root.rename('a', root, 'b', 'noreplace')),
    'EEXIST',
  );
  root.rename('a', root, 'b', 'exchange');
  assert.equal(fs.user.read('/root/a'), 'meanwhile');
});

test('every change is told with its path at that time and who made it', () => {
  const fs = disk();
  fs.makeRoot('/root');
  const root = fs.openRoot('/root');
  const seen: string[] = [];
  const stop = fs.onChange(({ path, what, kind, by }) => seen.push(`${by}: ${kind} ${path} ${what}`));
  fs.user.mkdir('/root/dir');
  const file = root.openFile('a', 'create');
  fs.user.rename('/root/a', '/root/dir/b');
  file.write(Uint8Array.of(1), 0);
  fs.user.remove('/root/dir');
  file.write(Uint8Array.of(2), 0);
  stop();
  fs.user.mkdir('/root/unseen');
  assert.deepEqual(seen, [
    'user: dir /root/dir created',
    'daemon: file /root/a created',
    'user: file /root/a removed',
    'user: file /root/dir/b created',
    'daemon: file /root/dir/b changed',
    'user: file /root/dir/b removed',
    'user: dir /root/dir removed',
  ]);
});

test('the number of a removed inode is given to the next new one, and ctime never stands still', () => {
  const { user } = disk();
  user.write('/a', 'x');
  const { ino, ctimeNs } = user.follow('/a', 'stat');
  user.remove('/a');
  user.write('/b', 'x');
  const next = user.follow('/b', 'stat');
  assert.equal(next.ino, ino);
  assert.ok(next.ctimeNs > ctimeNs);
});

test('a mount hides what is below it and is another device', () => {
  const fs = disk();
  fs.user.write('/root/disk/a', 'below');
  const root = fs.openRoot('/root');
  const { dev } = root.lstat('disk');
  fs.user.mount('/root/disk');
  assert.notEqual(root.lstat('disk').dev, dev);
  assert.deepEqual(root.openDir('disk').list(), []);
  fs.user.write('/root/b', '');
  assert.equal(
    errno(() => root.rename('b', root.openDir('disk'), 'b', 'noreplace')),
    'EXDEV',
  );
  assert.equal(
    errno(() => root.remove('disk', 'dir')),
    'EBUSY',
  );
  fs.user.unmount('/root/disk');
  assert.equal(fs.user.read('/root/disk/a'), 'below');
});
