// Times and durations as people write them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../ctl/read/duration.ts';
import { parseTime } from '../../ctl/read/time.ts';

test('durations', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['90s', 90_000],
    ['1h', 3_600_000],
    ['2h30m', 9_000_000],
    ['1.5d', 129_600_000],
    ['1w', 604_800_000],
    ['', undefined],
    ['1', undefined],
    ['h', undefined],
    ['1 h', undefined],
    ['-1h', undefined],
  ];
  for (const [text, ms] of rows) assert.equal(parseDuration(text), ms, text);
});

test('times', () => {
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
  const local = (month: number, day: number, hours = 0, minutes = 0, seconds = 0): number =>
    new Date(2026, month - 1, day, hours, minutes, seconds).getTime();
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['now', now],
    ['2h', now - 7_200_000],
    ['2h ago', now - 7_200_000],
    ['-30m', now - 1_800_000],
    ['2026-11-12T18:40:00Z', Date.UTC(2026, 10, 12, 18, 40)],
    ['2026-11-12 18:40:30+02:00', Date.UTC(2026, 10, 12, 16, 40, 30)],
    ['2026-11-12', local(11, 12)],
    ['2026-11-12 18:40', local(11, 12, 18, 40)],
    ['2026-11-12T18:40:05', local(11, 12, 18, 40, 5)],
    ['today', local(11, 21)],
    ['yesterday', local(11, 20)],
    ['yesterday 14:00', local(11, 20, 14)],
    ['9:05', local(11, 21, 9, 5)],
    ['', undefined],
    ['tomorrow', undefined],
    ['25:00', undefined],
    ['2026-02-31', undefined],
    ['2026-11-12 18', undefined],
    ['12', undefined],
  ];
  for (const [text, ms] of rows) assert.equal(parseTime(text, now), ms, text);
});
