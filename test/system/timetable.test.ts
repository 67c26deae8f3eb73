// When a folder syncs: interval, schedule, rescan, enabled and pause, on two running devices.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair, type Daemon, type Ended } from './daemon.ts';
import { read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const HOUR_MS = 3_600_000;

/** An hour of the day that begins so many hours from now. */
function windowIn(hours: number): string {
  const at = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
  const fromMs = Date.now() + hours * HOUR_MS;
  return `${at(fromMs)}-${at(fromMs + 2 * HOUR_MS)} UTC`;
}

const set = (daemon: Daemon, ...settings: string[]): Promise<Ended> =>
  daemon.ctl('edit-folder', 'docs', ...settings.flatMap((one) => ['--set', one]));

test('interval: changes are gathered until it is over, or until sync', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t);
  for (const wrong of ['interval=4s', 'interval=often', 'interval=8d', 'interval=5']) {
    const refused = await set(hub, wrong);
    assert.equal(refused.code, 2, wrong);
    assert.match(refused.stderr, /E_CONFIG: .*interval: found .*; expected realtime, or a time from 5s to 7d/);
  }
  assert.equal((await set(hub, 'interval=1h')).code, 0);
  writeFileSync(join(left, 'gathered'), 'by the hub');
  writeFileSync(join(right, 'sent'), 'by the laptop');
  await waitFor('what comes is not held up', () => read(left, 'sent') === 'by the laptop');
  const late = await hub.ctl('wait', 'docs', '--timeout', '3');
  assert.equal(late.code, 4, late.stderr);
  assert.match(late.stderr, /gathered and sent in \d{4} s/);
  assert.match(await hub.ok('status'), /note\tdocs\tchanges are gathered and sent in \d{4} s/);
  assert.equal(existsSync(join(right, 'gathered')), false);

  await hub.ok('sync', 'docs');
  await hub.ok('wait', 'docs');
  assert.equal(readFileSync(join(right, 'gathered'), 'utf8'), 'by the hub');

  assert.equal((await set(hub, 'interval=5s')).code, 0);
  for (let n = 0; n < 20; n++) writeFileSync(join(left, `many-${n}`), 'x'.repeat(n));
  await same();

  assert.equal((await set(hub, 'interval=1d')).code, 0);
  await waitFor('sync to be over', async () => {
    writeFileSync(join(left, 'again'), String(Date.now()));
    return (await hub.ok('status')).includes('changes are gathered');
  });
  await hub.restart();
  assert.match(await hub.ok('config', 'show'), /interval: "1d"/);
  await waitFor('what was gathered goes out at the start', () => existsSync(join(right, 'again')));
  writeFileSync(join(left, 'last'), 'one more');
  await waitFor('gathering', async () => (await hub.ok('status')).includes('changes are gathered'));
  assert.equal((await set(hub, 'interval=realtime')).code, 0);
  await same();
  assert.equal(existsSync(join(laptop.home, 'folders.d')), true);
});

test('schedule: outside of it a folder stands still and shows what waits; sync goes once', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t);
  for (const wrong of [
    'at night',
    '25:00-26:00',
    '22:00-06:00 Mars/Olympus',
    '0 3 * *',
    '"61 * * * *"',
    '22:00-22:00',
  ]) {
    const refused = await set(laptop, `schedule=${wrong}`);
    assert.equal(refused.code, 2, wrong);
    assert.match(
      refused.stderr,
      /schedule: found .*; expected windows such as "mon-fri 22:00-06:00", a cron expression/,
    );
  }
  const closed = windowIn(6);
  assert.equal((await set(laptop, `schedule=${closed}`)).code, 0);
  writeFileSync(join(left, 'big'), 'x'.repeat(900_000));
  writeFileSync(join(left, 'small'), 'y');
  writeFileSync(join(right, 'mine'), 'z');
  await waitFor('the laptop shows what waits', async () => (await laptop.folder('docs')).pending_files === 2);
  const folder = await laptop.folder('docs');
  assert.equal(folder.state, 'paused');
  assert.equal(folder.error?.code, 'E_SCHEDULE');
  assert.match(folder.error?.message ?? '', /outside of its schedule until \d{4}-\d\d-\d\dT\d\d:\d\dZ/);
  assert.equal((await laptop.ctl('status', '--check')).code, 0, 'that is nothing to be called for');
  const waited = await laptop.ctl('wait', 'docs', '--timeout', '30');
  assert.equal(waited.code, 5);
  assert.match(waited.stderr, /E_SCHEDULE/);
  assert.equal((await hub.ctl('wait', 'docs', '--timeout', '1')).code, 4, 'the hub has nobody who confirms');
  assert.equal(existsSync(join(left, 'mine')), false);

  await laptop.restart();
  await waitFor('it is closed after a restart too', async () => (await laptop.folder('docs')).state === 'paused');
  assert.equal(existsSync(join(right, 'small')), false);
  await waitFor('it is connected again', async () => (await laptop.folder('docs')).peers[0]?.connected);

  await laptop.ok('sync', 'docs');
  await laptop.ok('wait', 'docs');
  for (const name of ['big', 'small', 'mine'])
    assert.deepEqual(readFileSync(join(left, name)), readFileSync(join(right, name)), name);
  await waitFor('it stands still again', async () => (await laptop.folder('docs')).state === 'paused');

  // The other way round: what the hub wants of the laptop, it is told to ask for later.
  assert.equal((await set(laptop, `schedule=${windowIn(-1)}`)).code, 0);
  await same();
  assert.equal((await set(laptop, `schedule="0 0 29 2 * Europe/Berlin"`)).code, 0, 'cron');
  writeFileSync(join(right, 'for leap years'), '29');
  assert.equal((await laptop.folder('docs')).error?.code, 'E_SCHEDULE');
  assert.equal((await set(laptop, 'schedule=always')).code, 0);
  await same();
  assert.deepEqual([(await hub.folder('docs')).skipped, (await laptop.folder('docs')).skipped], [[], []]);
});

test('enabled, pause and rescan take effect while it runs', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t);
  assert.equal((await set(laptop, 'enabled=perhaps')).code, 2);
  assert.equal((await set(laptop, 'rescan=4s')).code, 2);
  assert.equal((await set(laptop, 'enabled=false')).code, 0);
  writeFileSync(join(left, 'one'), '1');
  assert.equal((await hub.ctl('wait', 'docs', '--timeout', '1')).code, 4);
  assert.match(await laptop.ok('folders'), /docs\t.*disabled/);
  await laptop.restart();
  assert.deepEqual((await laptop.status()).folders, []);
  assert.equal(existsSync(join(right, 'one')), false);
  assert.equal((await set(laptop, 'enabled=true')).code, 0);
  await same();

  await laptop.ok('pause', 'docs');
  writeFileSync(join(left, 'two'), '2');
  writeFileSync(join(right, 'three'), '3');
  await waitFor('what waits is shown', async () => (await laptop.folder('docs')).pending_files === 1);
  await laptop.ok('sync', 'docs');
  await laptop.restart();
  assert.equal((await laptop.folder('docs')).state, 'paused');
  assert.equal((await laptop.ctl('wait', 'docs')).code, 5);
  await laptop.ok('resume', 'docs');
  await same();

  assert.equal((await set(laptop, 'watch=poll', 'rescan=5s')).code, 0);
  writeFileSync(join(right, 'four'), '4');
  await waitFor('a scan finds it', () => existsSync(join(left, 'four')));
});
