// Which older contents of a path stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionId } from '../../daemon/core/ids.ts';
import { DAY_MS, type Kept, thinnedOut } from '../../daemon/core/version-thinning.ts';

const HOUR_MS = 60 * 60 * 1000;
/** The end of a day. */
const NOW_MS = 20_000 * DAY_MS;

/** So many hours ago. */
const kept = (hours: number, why: Kept['why'] = 'replaced'): Kept => ({
  id: `v${hours}` as VersionId,
  replacedMs: NOW_MS - hours * HOUR_MS,
  why,
});

const CASES: readonly { readonly why: string; readonly versions: readonly Kept[]; readonly gone: readonly string[] }[] =
  [
    { why: 'nothing is kept', versions: [], gone: [] },
    { why: 'all of the last day stay', versions: [kept(1), kept(2), kept(2), kept(23)], gone: [] },
    {
      why: 'of each day before stays the first',
      versions: [kept(1), kept(25), kept(30), kept(47), kept(49), kept(70), kept(73)],
      gone: ['v49', 'v30', 'v25'],
    },
    { why: 'the newest stays, whatever its day', versions: [kept(25), kept(30), kept(47)], gone: ['v30'] },
    { why: 'one that is all that is left of its day stays', versions: [kept(1), kept(26), kept(60)], gone: [] },
    {
      why: 'what lost a conflict stays, and is not the one of its day',
      versions: [kept(1), kept(25, 'conflict'), kept(30), kept(47, 'conflict')],
      gone: [],
    },
    {
      why: 'a deletion replaces like any other change',
      versions: [kept(1), kept(25, 'deleted'), kept(40)],
      gone: ['v25'],
    },
  ];

for (const { why, versions, gone } of CASES)
  test(`versions are thinned out: ${why}`, () => {
    assert.deepEqual(thinnedOut(versions, NOW_MS), gone);
  });

test('I1: thinning out again, hour by hour, never empties a day that it had kept something of', () => {
  const all = Array.from({ length: 24 * 6 }, (_, hour) => kept(hour + 1));
  let left: readonly Kept[] = all;
  for (let nowMs = NOW_MS; nowMs < NOW_MS + 10 * DAY_MS; nowMs += HOUR_MS) {
    const gone = new Set(thinnedOut(left, nowMs));
    left = left.filter(({ id }) => !gone.has(id));
  }
  const days = (versions: readonly Kept[]) =>
    new Set(versions.map(({ replacedMs }) => Math.floor(replacedMs / DAY_MS)));
  assert.deepEqual(days(left), days(all));
  assert.equal(left.length, days(all).size + 1, 'one of each day, and the newest');
});
