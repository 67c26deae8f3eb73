// A clock that is set back, and one that is a year off, while the daemons run: what was written later wins all the same,
// because records say what they have seen, and nothing is taken for a conflict, an echo or an old copy.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pair, settle, startDaemon, temporaryDirectory, type Daemon } from './daemon.ts';
import { CAN_FAKE_CLOCKS, NO_FAKE_CLOCK, ownClock } from './own-clock.ts';
import { assertSameTrees, exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('T26 S54 I2 I3: a clock that steps back an hour, or a year either way, makes no conflict and loses no edit', async (t) => {
  if (!CAN_FAKE_CLOCKS) return t.skip(NO_FAKE_CLOCK);
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plantMany(left, 60);
  const clock = ownClock(place);
  const hub = await startDaemon(t, { name: 'hub', under: clock.under });
  const laptop = await startDaemon(t, { name: 'laptop' });
  await pair(hub, laptop, 'docs', [left, right]);
  const same = async (): Promise<void> => {
    await settle('docs', hub, laptop);
    assertSameTrees(left, right);
    assert.deepEqual(await Promise.all([hub, laptop].map(conflictsOf)), [0, 0]);
  };
  await same();

  for (const [round, offset] of ['-1h', '-365d', '+365d', '+0'].entries()) {
    // Edited there, then here by the other clock, then there again: each has seen the one before.
    for (let n = 0; n < 20; n++) plant(right, { [`d000/f${n}.txt`]: `laptop, ${n} in round ${round}` });
    await same();
    clock.set(offset);
    for (let n = 0; n < 20; n++) plant(left, { [`d000/f${n}.txt`]: `hub, ${n} in round ${round}` });
    rmSync(join(left, `d000/f${20 + round}.txt`));
    plant(left, { [`new ${round}.txt`]: offset });
    await same();
    for (let n = 0; n < 20; n++) assert.equal(read(right, `d000/f${n}.txt`), `hub, ${n} in round ${round}`, offset);
    assert.equal(exists(right, `d000/f${20 + round}.txt`), false);
    plant(right, { [`d000/f${20 + round}.txt`]: 'made again' });
    await waitFor('a new file is not eaten by the old deletion', () => exists(left, `d000/f${20 + round}.txt`));
  }
  await hub.restart();
  await same();
});

async function conflictsOf(daemon: Daemon): Promise<number> {
  return (await daemon.folder('docs')).conflicts;
}
