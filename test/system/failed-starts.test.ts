// What is remembered of starts that failed.
import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FailedStarts } from '../../daemon/system/failed-starts.ts';
import { temporaryDirectory } from './daemon.ts';

test('starts that nobody has ended count until one is forgotten; another process goes on from there', (t) => {
  const file = join(temporaryDirectory(t), 'state/failed-starts');
  assert.deepEqual([new FailedStarts(file).begin(), new FailedStarts(file).begin()], [0, 1]);
  const third = new FailedStarts(file);
  assert.equal(third.begin(), 2);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  third.forget();
  assert.equal(new FailedStarts(file).begin(), 0);
});

test('what nobody can read is none, and where nothing can be written nothing is counted', (t) => {
  const place = temporaryDirectory(t);
  const file = join(place, 'failed-starts');
  for (const text of ['', 'many', '-00001', '999999999']) {
    writeFileSync(file, text);
    const failed = new FailedStarts(file).begin();
    assert.equal(failed, text.startsWith('9') ? 999_999 : 0, text);
  }
  mkdirSync(join(place, 'directory'));
  const nowhere = new FailedStarts(join(place, 'directory'));
  assert.equal(nowhere.begin(), undefined);
  nowhere.forget();
});
