// What is named as left alone, and until when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { SkippedPaths } from '../../daemon/folder/skipped.ts';

const never = (): boolean => false;

test('I11: what was skipped in a directory that is not there any more is not named any more', () => {
  const skipped = new SkippedPaths();
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
  const skipped = new SkippedPaths();
  skipped.set('gone/wanted', 'E_ACCESS');
  skipped.set('locked/a', 'E_ACCESS');
  skipped.replaceIn('', [{ path: 'locked', code: 'E_ACCESS' }], new Set(), (path) => path === 'gone/wanted');
  assert.deepEqual(
    skipped.list(9).map(({ path }) => path),
    ['gone/wanted', 'locked/a', 'locked'],
  );
});

test('I11: an entry that can be looked at again is not named any more', () => {
  const skipped = new SkippedPaths();
  skipped.set('d/a', 'E_ACCESS');
  skipped.replaceIn('d' as RelativePath, [], new Set(['d/a']), never);
  assert.equal(skipped.size, 0);
});
