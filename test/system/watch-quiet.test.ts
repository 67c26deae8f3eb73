// Ignored directories cost no inotify watches, however they come into being; when they are ignored no more, they are watched.
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, startDaemon, temporaryDirectory } from './daemon.ts';
import { plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('T49: ignored directories are not watched, also new ones; let in again they are, and hints come from them', async (t) => {
  const place = temporaryDirectory(t);
  const root = join(place, 'docs');
  plant(root, { 'src/a.txt': 'a', 'node_modules/m/lib/x.js': 'x', 'x/node_modules/n/y.js': 'y', 'build/o/z': 'z' });
  const daemon = await startDaemon(t, { name: 'one' });
  // Another folder: the watcher's process outlives what is changed of the first.
  await daemon.ok('add-folder', 'other', join(place, 'other'));
  await daemon.ok('add-folder', 'docs', root, '--ignore', 'node_modules/**', '--ignore', '/build');
  const isWatched = (path: string): boolean => watched(daemon).has(lstatSync(join(root, path)).ino);
  await waitFor('watching', () => isWatched('src'));
  await waitFor('files', async () => (await daemon.folder('docs')).files === 1);
  for (const path of ['node_modules/m', 'node_modules/m/lib', 'x/node_modules/n', 'build/o'])
    assert.equal(isWatched(path), false, path);

  mkdirSync(join(root, 'node_modules/p/q'), { recursive: true });
  mkdirSync(join(root, 'src/node_modules/r/s'), { recursive: true });
  mkdirSync(join(root, 'src/new/deep'), { recursive: true });
  await waitFor('what is new and not ignored', () => isWatched('src/new/deep'));
  for (const path of ['node_modules/p', 'node_modules/p/q', 'src/node_modules/r', 'src/node_modules/r/s'])
    assert.equal(isWatched(path), false, path);

  await daemon.ok('edit-folder', 'docs', '--set', 'ignore=["/build"]');
  await waitFor('what is not ignored any more', () =>
    ['node_modules/m/lib', 'node_modules/p/q', 'src/node_modules/r/s', 'x/node_modules/n'].every(isWatched),
  );
  assert.equal(isWatched('build/o'), false);
  writeFileSync(join(root, 'node_modules/m/lib/new.js'), 'new');
  await waitFor('its hint', async () => (await daemon.folder('docs')).files === 4);

  mkdirSync(join(root, 'node_modules/m/lib/inner'));
  await waitFor('a new directory in it', () => isWatched('node_modules/m/lib/inner'));
  writeFileSync(join(root, '.syncignore'), 'lib/\n');
  await waitFor('the rule of a file', () => !isWatched('node_modules/m/lib/inner'));
  await waitFor('all else', () => isWatched('src/new/deep') && isWatched('node_modules/m/lib'));
  assert.equal(isWatched('node_modules/m/lib/inner'), false);
});

/** The inodes that the daemon's processes watch. */
function watched(daemon: Daemon): Set<number> {
  const inodes = new Set<number>();
  for (const pid of familyOf(daemon.pid)) {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== 'anon_inode:inotify') continue;
        const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
        for (const [, ino = ''] of info.matchAll(/^inotify wd:\S+ ino:([0-9a-f]+)/gm)) inodes.add(parseInt(ino, 16));
      } catch {
        // Closed meanwhile.
      }
    }
  }
  return inodes;
}

function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => familyOf(Number(child))))];
}
