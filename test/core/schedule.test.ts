// When a folder syncs, by the clock on the wall of some place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpenAt, nextTimeMs, parseSchedule, type Schedule } from '../../daemon/core/schedule.ts';

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  assert.ok(parsed !== undefined, `${text} is a schedule`);
  return parsed;
}

const next = (text: string, after: string): string => {
  const atMs = nextTimeMs(schedule(text), Date.parse(after));
  return atMs === undefined ? 'never' : new Date(atMs).toISOString().slice(0, 16);
};
const open = (text: string, at: string): boolean => isOpenAt(schedule(text), Date.parse(at));

// 2026-11-21 is a Saturday.
for (const [text, at, expected] of [
  ['22:00-06:00 UTC', '2026-11-21T21:59:59Z', false],
  ['22:00-06:00 UTC', '2026-11-21T22:00:00Z', true],
  ['22:00-06:00 UTC', '2026-11-22T05:59:59Z', true],
  ['22:00-06:00 UTC', '2026-11-22T06:00:00Z', false],
  ['12:00-13:00, 22:00-24:00 UTC', '2026-11-21T12:30:00Z', true],
  ['12:00-13:00, 22:00-24:00 UTC', '2026-11-22T00:00:00Z', false],
  ['mon-fri 18:00-07:00 UTC', '2026-11-21T06:00:00Z', true], // began on Friday
  ['mon-fri 18:00-07:00 UTC', '2026-11-21T18:30:00Z', false],
  ['mon-fri 18:00-07:00, sat-sun UTC', '2026-11-21T18:30:00Z', true],
  ['sun 22:00-06:00 UTC', '2026-11-23T05:00:00Z', true], // over the end of the week
  ['sat-mon UTC', '2026-11-23T05:00:00Z', true],
  ['Sat,Wed 01:00-02:00 UTC', '2026-11-25T01:30:00Z', true],
  ['Sat,Wed 01:00-02:00,03:00-04:00 UTC', '2026-11-25T03:30:00Z', true],
  ['sat, wed 01:00-02:00 UTC', '2026-11-21T12:00:00Z', true], // the whole Saturday
  ['sat, wed 01:00-02:00 UTC', '2026-11-25T02:30:00Z', false],
  ['22:00-06:00 Europe/Berlin', '2026-11-21T21:30:00Z', true],
  ['22:00-06:00 America/New_York', '2026-11-21T21:30:00Z', false],
  ['0 3 * * *', '2026-11-21T03:00:00Z', false],
] as const)
  test(`«${text}» at ${at}: ${expected ? 'open' : 'closed'}`, () => {
    assert.equal(open(text, at), expected);
  });

for (const [why, text, after, expected] of [
  ['it opens', '22:00-06:00 UTC', '2026-11-21T12:00:30Z', '2026-11-21T22:00'],
  ['it closes', '22:00-06:00 UTC', '2026-11-21T22:00:00Z', '2026-11-22T06:00'],
  ['a week ahead', 'sat 10:00-10:01 UTC', '2026-11-21T10:01:00Z', '2026-11-28T10:00'],
  ['windows that meet are one', '22:00-24:00, 00:00-06:00 UTC', '2026-11-21T23:00:00Z', '2026-11-22T06:00'],
  ['it never closes', 'mon-sun UTC', '2026-11-21T12:00:00Z', 'never'],
  // On 2026-03-29 Berlin has no 02:00 to 03:00; on 2026-10-25 it has that hour twice.
  ['it begins in the hour that is left out', '02:30-06:00 Europe/Berlin', '2026-03-28T22:00:00Z', '2026-03-29T01:00'],
  ['it lies in the hour that is left out', '02:10-02:50 Europe/Berlin', '2026-03-28T22:00:00Z', '2026-03-30T00:10'],
  ['it lies in the hour that comes twice', '02:10-02:50 Europe/Berlin', '2026-10-25T00:50:00Z', '2026-10-25T01:10'],
  ['cron', '0 3 * * *  UTC', '2026-11-21T03:00:00Z', '2026-11-22T03:00'],
  ['cron with names', '*/15 8-18 * * mon-fri Europe/Berlin', '2026-11-21T12:00:00Z', '2026-11-23T07:00'],
  ['cron in the hour that is left out', '30 2 * * * Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00'],
  ['cron in the hour that comes twice', '30 2 * * * Europe/Berlin', '2026-10-25T00:31:00Z', '2026-10-26T01:30'],
] as const)
  test(`the next change is found: ${why}`, () => {
    assert.equal(next(text, after), expected);
  });

for (const text of [
  '',
  'at night',
  '22:00',
  '22:00-22:00',
  '24:00-01:00',
  '22:00-24:01',
  '22:60-23:00',
  'UTC',
  'mon 08:00-09:00,tue',
  'mon-fri 22:00-06:00 Mars/Olympus',
  '0 3 * *',
  '0 0 3 * * *',
  '61 * * * *',
  '0 3 30 2 *',
  '@daily',
])
  test(`«${text}» is no schedule`, () => {
    assert.equal(parseSchedule(text), undefined);
  });

test('the windows of a schedule are found in no time that a loop would notice', () => {
  const began = performance.now();
  for (let n = 0; n < 10; n++) nextTimeMs(schedule('sat 10:00-10:01 Australia/Lord_Howe'), Date.UTC(2026, 0, 3, 10, n));
  assert.ok(performance.now() - began < 2_000);
});
