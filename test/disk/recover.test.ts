// What lies in staging is looked through while jobs from before may still be at work there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recover } from '../../daemon/disk/recover.ts';
import { ROOT, TREE, file, folder, path, staged, version } from './tree.ts';

test('I12: what another job has given its name meanwhile does not keep the rest from being looked at', () => {
  const fs = folder();
  const name = staged(fs, 'wanted', 'wanted');
  fs.user.write(`${ROOT}/.syncd/staging/0.part`, 'unfinished');
  fs.user.write(`${ROOT}/.syncd/staging/somebody`, 'somebody had this');
  const isPart = (at: string): boolean => at.endsWith('0.part');
  fs.before('lstat', isPart, () => fs.user.remove(`${ROOT}/.syncd/staging/0.part`));
  const wanted = [{ staged: name, path: path('wanted'), entry: file('wanted') }];
  const found = recover.run(fs, { tree: TREE, wanted, ids: [version()] });
  assert.deepEqual(found.ready, ['wanted']);
  assert.equal(found.filed.length, 1);
});
