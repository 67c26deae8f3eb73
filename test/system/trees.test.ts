// The comparison that all system tests rely on: it must see each kind of difference.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from './daemon.ts';
import { compareTrees, plant } from './trees.ts';

const TIME = 1_700_000_000;

test('two trees are compared by names, kinds, contents, modes, targets and times of files', (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  const make = (root: string): void => {
    rmSync(root, { recursive: true, force: true });
    plant(root, { 'a.txt': 'aaa', 'dir/b.txt': 'b', empty: { dir: true }, link: { link: 'a.txt' }, '.syncd/id': root });
    for (const file of ['a.txt', 'dir/b.txt']) utimesSync(join(root, file), TIME, TIME);
  };
  const ways: Record<string, (root: string) => void> = {
    content: (root) => {
      writeFileSync(join(root, 'a.txt'), 'bbb');
      utimesSync(join(root, 'a.txt'), TIME, TIME);
    },
    time: (root) => utimesSync(join(root, 'a.txt'), TIME + 0.000_002, TIME + 0.000_002),
    'mode of a file': (root) => chmodSync(join(root, 'a.txt'), 0o600),
    'mode of a directory': (root) => chmodSync(join(root, 'dir'), 0o700),
    'missing file': (root) => unlinkSync(join(root, 'dir/b.txt')),
    'missing directory': (root) => rmSync(join(root, 'empty'), { recursive: true }),
    'further directory': (root) => mkdirSync(join(root, 'more')),
    'name that is not UTF-8': (root) =>
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), ''),
    target: (root) => {
      unlinkSync(join(root, 'link'));
      symlinkSync('dir', join(root, 'link'));
    },
    kind: (root) => {
      rmSync(join(root, 'empty'), { recursive: true });
      symlinkSync('dir', join(root, 'empty'));
    },
  };

  for (const [what, change] of Object.entries(ways)) {
    make(left);
    make(right);
    assert.deepEqual(compareTrees(left, right), []);
    change(right);
    assert.equal(compareTrees(left, right).length, 1, what);
  }
});
