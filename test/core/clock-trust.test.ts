// When a clock may say that something is old.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClockSeen, lookAtClock } from '../../daemon/core/clock-trust.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = 400 * DAY_MS;

/** One look after each of these steps; when each was trusted. */
function looks(...stepsMs: readonly number[]): boolean[] {
  let seen: ClockSeen | undefined;
  let nowMs = START_MS;
  return stepsMs.map((stepMs) => {
    nowMs += stepMs;
    const { isTrusted, ...next } = lookAtClock(seen, nowMs);
    seen = next;
    return isTrusted;
  });
}

test('I1: a clock is believed when it has gone on for a day', () => {
  assert.deepEqual(looks(0, HOUR_MS, 22 * HOUR_MS, HOUR_MS, HOUR_MS), [false, false, false, true, true]);
});

test('I1: a clock that jumps a year ahead is doubted for a day, and when it is set right again', () => {
  const year = 365 * DAY_MS;
  assert.deepEqual(looks(0, DAY_MS, year, HOUR_MS, -year, HOUR_MS, DAY_MS), [
    false,
    true,
    false,
    false,
    false,
    false,
    true,
  ]);
});

test('a machine that is off for some nights, and a clock that is corrected by minutes, are nothing', () => {
  assert.deepEqual(looks(0, DAY_MS, 3 * DAY_MS, -10 * 60 * 1000, HOUR_MS), [false, true, true, true, true]);
});
