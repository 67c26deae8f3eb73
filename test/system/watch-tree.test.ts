// What the watcher's process finds when it looks at a path that it was told of, and the tree has changed since.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { lookAt } from '../../daemon/system/watch-tree.ts';
import { temporaryDirectory } from './daemon.ts';
import { plant } from './trees.ts';

test('below a file there is nothing, nor where a name is too long: neither ends the watching', (t) => {
  const root = temporaryDirectory(t);
  plant(root, { file: 'in the place of a directory' });

  assert.equal(lookAt(root)?.directory, true);
  assert.equal(lookAt(join(root, 'file'))?.directory, false);
  assert.equal(lookAt(join(root, 'file/below')), undefined);
  assert.equal(lookAt(join(root, 'x'.repeat(300))), undefined);
});
