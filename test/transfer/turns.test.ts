// Whose content goes next, and how much of it: limits, shares of peers, priorities of folders.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bandwidth, UNLIMITED, rateAt } from '../../daemon/core/bandwidth.ts';
import { FairShare } from '../../daemon/core/fair-share.ts';
import type { DeviceId, FolderName } from '../../daemon/core/ids.ts';
import type { Priority } from '../../daemon/core/settings.ts';
import { TokenBucket } from '../../daemon/core/token-bucket.ts';
import { parseWindows } from '../../daemon/core/windows.ts';
import { Turns } from '../../daemon/transfer/turns.ts';
import { SimulatedClock } from '../simulation/clock.ts';

const [A, B] = ['A', 'B'].map((letter) => letter.repeat(52)) as [DeviceId, DeviceId];
const [DOCS, PHOTOS] = ['docs', 'photos'] as [FolderName, FolderName];
const PORTION = 10_000;

const up = (rate: number): Bandwidth => ({ ...UNLIMITED, up: rate });

interface World {
  readonly clock: SimulatedClock;
  readonly turns: Turns;
  /** Bytes that went, by folder and device. */
  readonly went: Map<string, number>;
}

function world(limits: { all?: Bandwidth; a?: Bandwidth; docs?: Bandwidth; priority?: Priority } = {}): World {
  const clock = new SimulatedClock();
  const turns = new Turns(clock, 'up');
  turns.configure({
    all: limits.all ?? UNLIMITED,
    peers: new Map([
      [A, limits.a ?? UNLIMITED],
      [B, UNLIMITED],
    ]),
    folders: new Map([
      [DOCS, { bandwidth: limits.docs ?? UNLIMITED, priority: limits.priority ?? 'normal' }],
      [PHOTOS, { bandwidth: UNLIMITED, priority: 'normal' }],
    ]),
  });
  return { clock, turns, went: new Map() };
}

/** Something that always has more to send, a portion a turn. */
function sends({ turns, went }: World, folder: FolderName, device: DeviceId, portion = PORTION): void {
  const key = `${folder} ${device[0]}`;
  const next = (): void =>
    turns.add({
      folder,
      device,
      queuedBytes: () => 0,
      run: () => {
        went.set(key, (went.get(key) ?? 0) + portion);
        next();
        return portion;
      },
    });
  next();
}

const about = (actual: number | undefined, expected: number, what: string): void =>
  assert.ok(Math.abs((actual ?? 0) - expected) <= expected * 0.1 + 2 * PORTION, `${what}: ${actual}, not ${expected}`);

test('a limit holds over time, whatever the size of portions', async () => {
  for (const portion of [1_000, 50_000, 300_000]) {
    const here = world({ all: up(100_000) });
    sends(here, DOCS, A, portion);
    await here.clock.advance(60_000);
    const went = here.went.get('docs A') ?? 0;
    assert.ok(went >= 5_500_000 && went <= 6_000_000 + 2 * portion, `${went} in portions of ${portion}`);
  }
});

for (const rate of [10_000, 100_000, 3_000_000, 100_000_000])
  test(`a limit of ${rate} bytes a second holds within 5 % over any 10 seconds, also after a rest`, async () => {
    const { clock, turns } = world({ all: up(rate) });
    const went: { readonly atMs: number; readonly bytes: number }[] = [];
    await clock.advance(5_000);
    const next = (): void =>
      turns.add({
        folder: DOCS,
        device: A,
        queuedBytes: () => 0,
        run: () => {
          const bytes = Math.floor(turns.portionOf(DOCS, A));
          went.push({ atMs: clock.monotonicMs(), bytes });
          next();
          return bytes;
        },
      });
    const beganMs = clock.monotonicMs();
    next();
    await clock.advance(30_000);
    const within = (fromMs: number): number =>
      went.reduce((sum, { atMs, bytes }) => (atMs >= fromMs && atMs < fromMs + 10_000 ? sum + bytes : sum), 0);
    for (let fromMs = beganMs; fromMs <= beganMs + 20_000; fromMs += 37) {
      const share = within(fromMs) / (10 * rate);
      assert.ok(share >= 0.95 && share <= 1.05, `${share} of it from ${fromMs - beganMs} ms on`);
    }
  });

test('with any limit a small change of high priority overtakes what is low within a second', async () => {
  for (const rate of [10_000, 1_000_000]) {
    const { clock, turns } = world({ all: up(rate), priority: 'high' });
    const portion = (folder: FolderName): number => Math.floor(turns.portionOf(folder, A));
    const low = (): void =>
      turns.add({ folder: PHOTOS, device: A, queuedBytes: () => 0, run: () => (low(), portion(PHOTOS)) });
    low();
    await clock.advance(60_000);
    for (let n = 0; n < 20; n++) {
      let wentMs: number | undefined;
      const sinceMs = clock.monotonicMs();
      turns.add({ folder: DOCS, device: A, queuedBytes: () => 0, run: () => ((wentMs = clock.monotonicMs()), 1_000) });
      await clock.advance(1_000);
      assert.ok(wentMs !== undefined && wentMs - sinceMs <= 1_000, `${wentMs} at ${rate}`);
      await clock.advance(1_237);
    }
  }
});

test('peers share a limit evenly, however many folders each has, and however large their portions are', async () => {
  const here = world({ all: up(100_000) });
  sends(here, DOCS, A);
  sends(here, PHOTOS, A);
  sends(here, DOCS, B, 40_000);
  await here.clock.advance(100_000);
  about(here.went.get('docs A'), 2_500_000, 'docs to A');
  about(here.went.get('photos A'), 2_500_000, 'photos to A');
  about(here.went.get('docs B'), 5_000_000, 'docs to B');
});

test('a folder of higher priority goes first, and the others go on', async () => {
  for (const [priority, share] of [
    ['high', 16 / 20],
    ['low', 1 / 5],
  ] as const) {
    const here = world({ all: up(100_000), priority });
    sends(here, DOCS, A);
    sends(here, PHOTOS, A);
    await here.clock.advance(100_000);
    about(here.went.get('docs A'), 10_000_000 * share, priority);
  }
});

test('each peer and each folder has its own limit besides', async () => {
  const here = world({ all: up(100_000), a: up(20_000), docs: up(10_000) });
  sends(here, DOCS, A);
  sends(here, PHOTOS, A);
  sends(here, PHOTOS, B);
  await here.clock.advance(100_000);
  about(here.went.get('docs A'), 1_000_000, 'docs to A');
  about(here.went.get('photos A'), 1_000_000, 'photos to A');
  about(here.went.get('photos B'), 8_000_000, 'photos to B');
});

test('what was sent without a turn is paid for by what comes after it', async () => {
  const here = world({ all: up(100_000) });
  here.turns.spent(DOCS, A, 1_000_000);
  assert.equal(here.turns.isFree(DOCS, A), false);
  sends(here, PHOTOS, B);
  await here.clock.advance(9_000);
  assert.equal(here.went.get('photos B'), undefined);
  await here.clock.advance(11_000);
  about(here.went.get('photos B'), 1_000_000, 'afterwards');
});

test('limits change at times of the week, and when they are set', async () => {
  const at = parseWindows('01:00-02:00 UTC');
  assert.ok(at !== undefined);
  const night: Bandwidth = { ...up(10_000), at: [{ windows: at, rates: { up: 100_000 } }] };
  const here = world({ all: night });
  const { clock } = here;
  sends(here, DOCS, A);
  const gone = async (): Promise<number> => {
    const before = here.went.get('docs A') ?? 0;
    await clock.advance(100_000);
    return (here.went.get('docs A') ?? 0) - before;
  };
  about(await gone(), 1_000_000, 'by day');
  await clock.advance(Date.UTC(2026, 0, 1, 1, 1) - clock.nowMs());
  about(await gone(), 10_000_000, 'by night');
  here.turns.configure({ all: up(20_000), peers: new Map([[A, UNLIMITED]]), folders: new Map() });
  about(await gone(), 2_000_000, 'as it was set anew');
});

test('where several times hold, the least of their rates does; a direction that they do not name stays', () => {
  const times = ['00:00-12:00 UTC', '06:00-24:00 UTC'].map((text) => parseWindows(text));
  const [first, second] = times;
  assert.ok(first !== undefined && second !== undefined);
  const bandwidth: Bandwidth = {
    up: 5,
    down: 7,
    at: [
      { windows: first, rates: { up: 20 } },
      { windows: second, rates: { up: 10, down: Infinity } },
    ],
  };
  const rates = (hour: number): number[] => [
    rateAt(bandwidth, 'up', Date.UTC(2026, 0, 1, hour)),
    rateAt(bandwidth, 'down', Date.UTC(2026, 0, 1, hour)),
  ];
  assert.deepEqual(
    [rates(1), rates(7), rates(13)],
    [
      [20, 7],
      [10, Infinity],
      [10, Infinity],
    ],
  );
});

test('a peer that does not take what it is given keeps nobody else back', async () => {
  const here = world();
  let queued = 2 << 20;
  const run: string[] = [];
  const turn = (device: DeviceId, name: string, queuedBytes: () => number | undefined): void =>
    here.turns.add({ folder: DOCS, device, queuedBytes, run: () => run.push(name) });
  turn(A, 'slow', () => queued);
  turn(A, 'not needed', () => undefined);
  turn(B, 'other', () => 0);
  assert.deepEqual(run, ['other']);
  queued = 0;
  here.turns.give();
  assert.deepEqual(run, ['other', 'slow']);
});

test('a turn that does not end keeps the folders of its peer back for a moment only', async () => {
  const here = world();
  const run: string[] = [];
  const never = new Promise<number>(() => {});
  here.turns.add({ folder: DOCS, device: A, queuedBytes: () => 0, run: () => never });
  here.turns.add({ folder: PHOTOS, device: A, queuedBytes: () => 0, run: () => run.push('photos') });
  assert.deepEqual(run, []);
  await here.clock.advance(5_000);
  assert.deepEqual(run, ['photos']);
});

test('who had nothing to do has no claim from then', () => {
  const share = new FairShare<string>();
  for (let n = 0; n < 100; n++) share.served('busy', 1000, 1);
  const order: string[] = [];
  for (let n = 0; n < 6; n++) {
    const next = share.choose(['busy', 'new']);
    assert.ok(next !== undefined);
    order.push(next);
    share.served(next, 1000, 1);
  }
  assert.equal(order.filter((one) => one === 'new').length, 3);
});

test('a bucket gathers no more than a moment', () => {
  const bucket = new TokenBucket();
  bucket.setRate(1_000, 0);
  bucket.spend(200, 3_600_000);
  assert.equal(bucket.readyInMs(3_600_000), 0);
  bucket.spend(1_050, 3_600_000);
  assert.equal(bucket.readyInMs(3_600_000), 1_000);
});
