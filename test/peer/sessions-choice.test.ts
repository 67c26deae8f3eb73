// Which of two sessions with one device is kept: both sides must choose the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceId, parseDeviceId } from '../../daemon/core/ids.ts';
import { type Candidate, chooseSession } from '../../daemon/peer/sessions.ts';

const small = named('A');
const large = named('B');

const rows: readonly { why: string; older: Candidate; newer: Candidate; expect: ReturnType<typeof chooseSession> }[] = [
  {
    why: 'dialled again by the same device: it has lost the older one',
    older: session(large, 0),
    newer: session(large, 10),
    expect: 'newer',
  },
  {
    why: 'both dialled at once: the one of the smaller device ID is kept, though it came first',
    older: session(small, 0),
    newer: session(large, 10),
    expect: 'older',
  },
  {
    why: 'both dialled at once: the one of the smaller device ID is kept, though it came last',
    older: session(large, 0),
    newer: session(small, 10),
    expect: 'newer',
  },
  {
    why: 'the other side dials long after: it has noticed before us that the older one is dead',
    older: session(small, 0),
    newer: session(large, 60_000),
    expect: 'newer',
  },
  {
    why: 'another boot: ask the older one whether it lives',
    older: session(large, 0, 'first'),
    newer: session(large, 60_000, 'second'),
    expect: 'ask',
  },
];

for (const { why, older, newer, expect } of rows) test(why, () => assert.equal(chooseSession(older, newer), expect));

test('in a race both sides choose the same session, in whatever order they see the two', () => {
  for (const first of [small, large])
    for (const second of [small, large]) {
      if (first === second) continue;
      const [a, b] = [session(first, 0), session(second, 10)];
      const here = chooseSession(a, b) === 'older' ? a.dialler : b.dialler;
      const there = chooseSession(session(second, 0), session(first, 10)) === 'older' ? second : first;
      assert.equal(here, there);
    }
});

function session(dialler: DeviceId, monotonicMs: number, boot = 'boot'): Candidate {
  return { dialler, hello: { boot }, since: { monotonicMs } };
}

function named(letter: string): DeviceId {
  const device = parseDeviceId(letter.repeat(52));
  if (device === undefined) throw new Error('no device');
  return device;
}
