// Chance: nothing is given out twice, whatever the lengths that are asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RealRandom } from '../../daemon/system/random.ts';

test('bytes are as many as asked for, in memory of their own, and never the same again', () => {
  const random = new RealRandom();
  const lengths = [1, 4, 10, 16, 1023, 1024, 1025, 5000, 0];
  for (const length of lengths) assert.equal(random.bytes(length).length, length);
  const seen = new Set<string>();
  for (let i = 0; i < 5_000; i++) {
    const bytes = random.bytes(10 + (i % 7));
    assert.equal(bytes.buffer.byteLength, bytes.length);
    seen.add(Buffer.from(bytes).toString('hex'));
  }
  assert.equal(seen.size, 5_000);
});

test('each of the 256 values comes about equally often', () => {
  const counts = Array.from({ length: 256 }, () => 0);
  const random = new RealRandom();
  for (let i = 0; i < 65_536; i++) {
    const [byte = 0] = random.bytes(1);
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  // 256 are expected of each; ten standard deviations away is no chance.
  for (const count of counts) assert.ok(Math.abs(count - 256) < 160, String(count));
});
