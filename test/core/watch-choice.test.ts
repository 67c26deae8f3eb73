// By what a folder's changes are noticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseWatch } from '../../daemon/core/watch-choice.ts';

for (const [type, kind] of [
  ['ext4', 'inotify'],
  ['btrfs', 'inotify'],
  ['overlay', 'inotify'],
  ['tmpfs', 'inotify'],
  [undefined, 'inotify'],
  ['fuseblk', 'inotify'], // a disk formatted by another system
  ['fuse.gocryptfs', 'inotify'],
  ['nfs', 'poll'],
  ['nfs4', 'poll'],
  ['cifs', 'poll'],
  ['smb3', 'poll'],
  ['9p', 'poll'],
  ['fuse', 'poll'],
  ['fuse.sshfs', 'poll'],
  ['fuse.rclone', 'poll'],
] as const)
  test(`on ${type ?? 'what nobody knows'} auto is ${kind}`, () => {
    const fileSystem = kind === 'poll' ? type : undefined;
    assert.deepEqual(chooseWatch('auto', type), kind === 'poll' ? { kind, fileSystem } : { kind });
  });

test('what is set holds on any file system', () => {
  assert.deepEqual(chooseWatch('inotify', 'nfs'), { kind: 'inotify' });
  assert.deepEqual(chooseWatch('poll', 'ext4'), { kind: 'poll', fileSystem: undefined });
});
