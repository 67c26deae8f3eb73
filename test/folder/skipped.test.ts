// What is named as left alone, and until when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { SkippedPaths } from '../../daemon/folder/skipped.ts';

const never = (): boolean => false;

test('I11: what was skipped in a directory that is not there any more is not named any more', () => {
  const skipped = new SkippedPaths(() => undefined);
  skipped.set('d/gone/a', 'E_ACCESS');
  skipped.set('d/there/a', 'E_ACCESS');
  skipped.set('elsewhere/a', 'E_ACCESS');
  skipped.replaceIn('d' as RelativePath, [], new Set(['d/there']), never);
  assert.deepEqual(
    skipped.list(9).map(({ path }) => path),
    ['d/there/a', 'elsewhere/a'],
  );
});

test('I11: what waits to be written there stays named, and so does what cannot be looked at', () => {
  const skipped = new SkippedPaths(() => undefined);
  skipped.set('gone/wanted', 'E_ACCESS');
  skipped.set('locked/a', 'E_ACCESS');
  skipped.replaceIn('', [{ path: 'locked', code: 'E_ACCESS' }], new Set(), (path) => path === 'gone/wanted');
  assert.deepEqual(
    skipped.list(9).map(({ path }) => path),
    ['gone/wanted', 'locked/a', 'locked'],
  );
});

test('I11: an entry that can be looked at again is not named any more', () => {
  const skipped = new SkippedPaths(() => undefined);
  skipped.set('d/a', 'E_ACCESS');
  skipped.replaceIn('d' as RelativePath, [], new Set(['d/a']), never);
  assert.equal(skipped.size, 0);
});

test('what is not in the way any more is told once, whatever has shown that', () => {
  const over: string[] = [];
  const skipped = new SkippedPaths((path) => over.push(path));
  for (const path of ['looked', 'looked', 'listed', 'tree/a', 'tree/b', 'role']) skipped.set(path, 'E_KIND');
  skipped.set('role', 'E_ROLE');

  for (let n = 0; n < 2; n++) skipped.clear('looked');
  skipped.replaceIn('', [], new Set(['tree', 'role', '.']), (path) => path === 'role');
  for (let n = 0; n < 2; n++) skipped.clearBelow('tree' as RelativePath, never);
  for (let n = 0; n < 2; n++) skipped.clearCode('E_ROLE');
  skipped.set('.', 'E_ACCESS');
  skipped.comesIntoReach('never skipped');
  skipped.comesIntoReach('.');

  assert.deepEqual(over, ['looked', 'listed', 'tree/a', 'tree/b', 'role', '.']);
  assert.deepEqual(skipped.list(9), [{ path: '.', code: 'E_ACCESS' }]);
});

test('what waits to be written into a directory that has gone stays named, and may be possible now', () => {
  const over: string[] = [];
  const skipped = new SkippedPaths((path) => over.push(path));
  for (const path of ['gone/pipe', 'gone/wanted', 'elsewhere']) skipped.set(path, 'E_KIND');

  skipped.clearBelow('gone' as RelativePath, (path) => path === 'gone/wanted');

  assert.deepEqual(over, ['gone/pipe', 'gone/wanted']);
  assert.deepEqual(
    skipped.list(9).map(({ path }) => path),
    ['gone/wanted', 'elsewhere'],
  );
});
