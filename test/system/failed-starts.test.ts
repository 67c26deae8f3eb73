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

test('a boot of the machine begins anew', (t) => {
  const file = join(temporaryDirectory(t), 'failed-starts');
  const began = (boot: string): number | undefined => new FailedStarts(file, boot).begin();
  assert.deepEqual(['one', 'one', 'other', 'other', 'one', ''].map(began), [0, 1, 0, 1, 0, 0]);
});

test('what nobody can read is none, and where nothing can be written nothing is counted', (t) => {
  const place = temporaryDirectory(t);
  const file = join(place, 'failed-starts');
  const boot = '6f1f3c52-4e6a-4d0e-9f5e-000000000001';
  for (const text of ['', '000003', 'many', `many  ${boot}`, `-00001${boot}`, `999999${boot}`]) {
    writeFileSync(file, text);
    const failed = new FailedStarts(file, boot).begin();
    assert.equal(failed, text.startsWith('9') ? 999_999 : 0, text);
  }
  mkdirSync(join(place, 'directory'));
  const nowhere = new FailedStarts(join(place, 'directory'));
  assert.equal(nowhere.begin(), undefined);
  nowhere.forget();
});
