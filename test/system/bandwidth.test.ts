// Limits of bandwidth and priorities on two running devices. How long something takes at least is certain; how long it takes
// at most is not, on a machine that is busy: there one run is compared with another.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { type Daemon, pair, settle, startPair } from './daemon.ts';
import { waitFor } from './wait-for.ts';

const SIZE = 1_200_000;
/** At 200 kB/s, less what may gather while nothing goes, and what went just before. */
const AT_LEAST_MS = 4_500;

const set = async (daemon: Daemon, setting: string): Promise<void> =>
  void (await daemon.ok('edit-folder', 'docs', '--set', setting));

/** Milliseconds until all of these are there, whole. */
async function arrival(write: () => readonly string[]): Promise<number> {
  const beganMs = performance.now();
  const files = write();
  await waitFor('all to arrive', () => files.every((file) => existsSync(file)));
  return performance.now() - beganMs;
}

/** Hidden from compression: what is random stays as long as it is. */
const content = (bytes = SIZE): Buffer => randomBytes(bytes);

/** It is there as a whole: what is seen while it is written would be a version of its own. */
function put(dir: string, name: string, bytes = SIZE): void {
  writeFileSync(`${dir}.part`, content(bytes));
  renameSync(`${dir}.part`, join(dir, name));
}

test('bandwidth: what is set for a folder, a peer or the device holds, and changes while it runs', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t);
  for (const wrong of ['bandwidth=5kB/s', 'bandwidth=fast', 'bandwidth={up: 10}', 'bandwidth={sideways: 1MB/s}']) {
    const refused = await hub.ctl('edit-folder', 'docs', '--set', wrong);
    assert.equal(refused.code, 2, wrong);
    assert.match(refused.stderr, /E_CONFIG: .*bandwidth/);
  }
  const atNight = await hub.ctl('edit-folder', 'docs', '--set', 'bandwidth={at: {"at night": 1MB/s}}');
  assert.match(atNight.stderr, /expected times such as "mon-fri 08:00-18:00"/);

  const send = (name: string): Promise<number> =>
    arrival(() => {
      put(left, name);
      return [join(right, name)];
    });
  const free = await send('free');

  await set(hub, 'bandwidth={up: 200kB/s}');
  const limited = await send('by the folder');
  assert.ok(limited >= AT_LEAST_MS, `${limited} ms`);
  assert.ok(limited > 1.5 * free, `${limited} ms, without a limit ${free} ms`);

  await set(hub, 'bandwidth={up: 10MB/s, at: {"00:00-24:00": {up: 200kB/s}}}');
  assert.match(await hub.ok('config', 'show'), /"?00:00-24:00"?:\s*up: "?200kB\/s/);
  await hub.restart();
  await same();
  assert.ok((await send('by the time of day')) >= AT_LEAST_MS);
  await set(hub, 'bandwidth=');

  const [file] = readdirSync(join(laptop.home, 'peers.d'));
  assert.ok(file !== undefined);
  const peerFile = join(laptop.home, 'peers.d', file);
  const before = readFileSync(peerFile, 'utf8');
  writeFileSync(peerFile, before.replace(/^( +)id: /m, '$1bandwidth: { down: 200kB/s }\n$1id: '));
  const { received } = await hub.traffic();
  assert.match(await laptop.ok('reload'), /hub: changed/);
  await waitFor('the hub to hear of it', async () => (await hub.traffic()).received > received);
  await same();
  const small = await arrival(() =>
    Array.from({ length: 40 }, (_, n) => {
      put(left, `small-${n}`, SIZE / 40);
      return join(right, `small-${n}`);
    }),
  );
  assert.ok(small >= AT_LEAST_MS, `what comes is limited by asking for no more: ${small} ms`);
  writeFileSync(peerFile, before);

  laptop.configure('bandwidth: { up: 200kB/s }');
  assert.match(await laptop.ok('reload'), /bandwidth: changed/);
  const sent = await arrival(() => {
    put(right, 'by the device');
    return [join(left, 'by the device')];
  });
  assert.ok(sent >= AT_LEAST_MS, `${sent} ms`);
  laptop.configure('');
  await laptop.ok('reload');
  await same();
});

test('bandwidth: what is said is not held up, and a limit that is lifted is lifted for what is under way', async (t) => {
  const { hub, left, right, same } = await startPair(t);
  writeFileSync(join(left, 'old'), 'x');
  await same();
  await set(hub, 'bandwidth={up: 20kB/s}');
  // Five minutes' worth.
  put(left, 'large', 6_000_000);
  for (let n = 0; n < 50; n++) put(left, `some-${n}`, 10_000);
  await waitFor('it is on its way', async () => (await hub.traffic()).sent > 100_000);
  rmSync(join(left, 'old'));
  mkdirSync(join(left, 'new'));
  await waitFor(
    'what needs no content is done',
    () => !existsSync(join(right, 'old')) && existsSync(join(right, 'new')),
  );
  assert.equal(existsSync(join(right, 'large')), false);
  await hub.restart();
  assert.equal(existsSync(join(right, 'large')), false);
  await set(hub, 'bandwidth=0');
  await same();
  assert.equal(statSync(join(right, 'large')).size, 6_000_000);
});

test('bandwidth: over any 10 seconds no more goes than the limit and a twentieth, of large files and of small ones', async (t) => {
  const { hub, left, right, same } = await startPair(t);
  const rate = 150_000;
  await set(hub, 'bandwidth={up: 150kB/s}');
  put(left, 'large', 1_700_000);
  for (let n = 0; n < 10; n++) put(left, `small-${n}`, 100_000);
  const seen: { readonly fromMs: number; readonly toMs: number; readonly sent: number }[] = [];
  const isWhole = (): boolean => existsSync(join(right, 'large')) && readdirSync(right).length >= 12;
  await waitFor('all to arrive', async () => {
    const fromMs = performance.now();
    const { sent } = await hub.traffic();
    seen.push({ fromMs, toMs: performance.now(), sent });
    return isWhole();
  });
  await same();
  let windows = 0;
  for (const first of seen)
    for (const last of seen) {
      const lastedMs = last.toMs - first.fromMs;
      if (lastedMs < 10_000 || lastedMs > 11_000) continue;
      windows++;
      const most = (1.05 * rate * lastedMs) / 1_000;
      assert.ok(last.sent - first.sent <= most, `${last.sent - first.sent} bytes in ${lastedMs} ms`);
    }
  assert.ok(windows > 0);
});

test('priority: a small change of a folder of high priority overtakes a large file of one of low priority', async (t) => {
  const { hub, laptop, left, right } = await startPair(t);
  const [first, second] = [`${left}-first`, `${right}-first`];
  await pair(hub, laptop, 'first', [first, second]);
  await settle('first', hub, laptop);
  hub.configure('bandwidth: { up: 100kB/s }');
  await hub.ok('reload');
  await hub.ok('edit-folder', 'first', '--set', 'priority=high');
  await set(hub, 'priority=low');
  // Two minutes' worth.
  put(left, 'large', 12_000_000);
  await waitFor('it is on its way', async () => (await hub.traffic()).sent > 200_000);
  await hub.restart();
  for (let n = 0; n < 5; n++) {
    put(first, `small-${n}`, 3_000);
    await waitFor('what is small', () => existsSync(join(second, `small-${n}`)));
    assert.equal(existsSync(join(right, 'large')), false, 'what is large is still on its way');
  }
  hub.configure('');
  await hub.ok('reload');
  await settle('docs', hub, laptop);
});

test('priority: of two folders the one of higher priority goes first, whichever side says so', async (t) => {
  const { hub, laptop, left, right } = await startPair(t);
  const [first, second] = [`${left}-first`, `${right}-first`];
  await pair(hub, laptop, 'first', [first, second]);
  await settle('first', hub, laptop);
  const wrong = await hub.ctl('edit-folder', 'docs', '--set', 'priority=urgent');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /priority: found urgent; expected high, normal, low/);
  hub.configure('bandwidth: { up: 400kB/s }');
  await hub.ok('reload');
  const arrived = (dir: string, run: string): number => readdirSync(dir).filter((name) => name.startsWith(run)).length;
  for (const [run, who] of [
    ['sender', hub],
    ['receiver', laptop],
  ] as const) {
    await who.ok('edit-folder', 'first', '--set', 'priority=high');
    await who.ok('edit-folder', 'docs', '--set', 'priority=low');
    for (let n = 0; n < 30; n++) put(left, `${run}-${n}`, 40_000);
    for (let n = 0; n < 30; n++) put(first, `${run}-${n}`, 40_000);
    await waitFor(`all of high priority, by the ${run}`, () => arrived(second, run) === 30);
    const other = arrived(right, run);
    assert.ok(other <= 20, `${run}: ${other} of 30 of low priority came before the last one of high priority`);
    await settle('docs', hub, laptop);
    await who.ok('edit-folder', 'first', '--set', 'priority=');
    await who.ok('edit-folder', 'docs', '--set', 'priority=normal');
  }
});
