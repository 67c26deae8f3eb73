// What a path is may change between the look at it and the reading of it: that is no failure of the disk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe } from '../../daemon/disk/observe.ts';
import type { Call } from '../simulation/memory-file-system.ts';
import { ROOT, TREE, folder, path } from './tree.ts';

const AT = `${ROOT}/a`;

const RACES: readonly { why: string; call: Call; before: 'file' | 'link'; after: 'link' | 'directory' }[] = [
  { why: 'a link takes the place of a file', call: 'openFile', before: 'file', after: 'link' },
  { why: 'a directory takes the place of a file', call: 'openFile', before: 'file', after: 'directory' },
  { why: 'a directory takes the place of a link', call: 'readlink', before: 'link', after: 'directory' },
];
for (const { why, call, before, after } of RACES)
  test(`${why} while it is looked at: it is looked at again, and is not told as unreadable`, () => {
    const fs = folder();
    if (before === 'file') fs.user.write(AT, 'a file');
    else fs.user.symlink(AT, 'target');
    const stop = fs.before(
      call,
      (at) => at === AT,
      () => {
        stop();
        fs.user.remove(AT);
        if (after === 'link') fs.user.symlink(AT, 'target');
        else fs.user.mkdir(AT);
      },
    );
    const look = () => observe.run(fs, { tree: TREE, items: [{ path: path('a') }] })[0];

    assert.deepEqual(look(), { kind: 'changing' });
    assert.equal(look()?.kind, 'present');
  });
