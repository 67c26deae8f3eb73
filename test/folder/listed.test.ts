import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenStat } from '../../daemon/core/observation.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import { type Different, batchOf } from '../../daemon/folder/listed.ts';

const MIB = 1 << 20;

test('what a scan has found is looked at in large batches where it is small, and in small ones where it is large', () => {
  assert.equal(batchOf([]), 0);
  assert.equal(batchOf(files(7, 4096)), 7);
  assert.equal(batchOf(files(5000, 4096)), 1024);
  assert.equal(batchOf(files(5000, MIB)), 256);
  assert.equal(batchOf([...files(300, 0), ...files(300, MIB)]), 316, 'the 17th of the large ones is too many');
  assert.equal(batchOf(Array.from({ length: 5000 }, () => ({ path: 'gone' as RelativePath }))), 1024);
});

function files(count: number, size: number): Different[] {
  const seen: SeenStat = { kind: 'file', size, mtimeNs: 0n, ctimeNs: 0n, ino: 1n, mode: 0o644, nlink: 1 };
  return Array.from({ length: count }, (_, i) => ({ path: `f${i}` as RelativePath, seen }));
}
