import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  formatDuration,
  formatPercent,
  parseDuration,
  parsePercent,
  parseRate,
  parseSize,
} from '../../daemon/config/quantities.ts';

const TABLE: readonly [(value: unknown) => number | undefined, unknown, number | undefined][] = [
  [parseDuration, '500ms', 500],
  [parseDuration, '1.5h', 5_400_000],
  [parseDuration, '2w', 1_209_600_000],
  [parseDuration, '10', undefined],
  [parseDuration, 10, undefined],
  [parseDuration, '-1s', undefined],
  [parseDuration, '1 m', undefined],
  [parseDuration, '999999999999w', undefined],
  [parseSize, 0, 0],
  [parseSize, 512, 512],
  [parseSize, -1, undefined],
  [parseSize, '10MB', 10_000_000],
  [parseSize, '1.5KiB', 1536],
  [parseSize, '1kiB', undefined],
  [parseSize, '10M', undefined],
  [parseRate, 0, 0],
  [parseRate, '10MB/s', 10_000_000],
  [parseRate, '10MB', undefined],
  [parseRate, 10, undefined],
  [parsePercent, '0%', 0],
  [parsePercent, '12.5%', 0.125],
  [parsePercent, '100%', 1],
  [parsePercent, '100.1%', undefined],
  [parsePercent, 50, undefined],
];
for (const [parse, value, expected] of TABLE)
  test(`${parse.name}: ${JSON.stringify(value)} is ${expected ?? 'refused'}`, () => {
    assert.equal(parse(value), expected);
  });

test('what is formatted is parsed to the same', () => {
  for (const ms of [1, 999, 1000, 90_000, 3_600_000, 86_400_000, 2_592_000_000, 0])
    assert.equal(parseDuration(formatDuration(ms)), ms);
  for (const text of ['0%', '7%', '12.5%', '33.333333%', '100%'])
    assert.equal(formatPercent(parsePercent(text) ?? -1), text);
});
