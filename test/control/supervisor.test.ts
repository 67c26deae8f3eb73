// What the service manager is told, and when: also where a disk does not answer, and until the very end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../daemon/ports/log.ts';
import { statusLine } from '../../daemon/status-line.ts';
import { READY_WITHIN_MS, Supervisor, watchdogOf } from '../../daemon/supervisor.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { FakeDaemon, FakeFolder, LAPTOP, NAS, named, peer, settings } from './fake-daemon.ts';

const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, with: () => quiet };
function ignore(): void {
  // Nobody reads it.
}

function supervised(watchdogUs?: number) {
  const [clock, said] = [new SimulatedClock(), [] as string[]];
  const supervisor = new Supervisor({ notify: (state) => said.push(state), watchdogUs }, clock, quiet);
  return { clock, said, supervisor, times: (what: string) => said.filter((one) => one === what).length };
}

test('a start that never ends is ready all the same, and asks for time until then', async () => {
  const { clock, said, supervisor } = supervised();
  const starting = supervisor.starting(new FakeDaemon(), new Promise<void>(ignore));
  await clock.advance(READY_WITHIN_MS - 1);
  assert.deepEqual(said, ['STATUS=no folders · no peers', 'EXTEND_TIMEOUT_USEC=30000000']);
  await clock.advance(1);
  await starting;
  await clock.advance(60_000);
  assert.deepEqual(said.slice(2), ['READY=1'], 'it asks for no more time');
});

test('a start that fails is told by its failure alone', async () => {
  const { said, supervisor } = supervised();
  await assert.rejects(supervisor.starting(new FakeDaemon(), Promise.reject(new Error('no home'))), /no home/);
  assert.ok(!said.includes('READY=1'));
});

test('the watchdog is fed three times as often as it must be, also while the daemon stops, and by an index with errors', async () => {
  const { clock, supervisor, times } = supervised(60_000_000);
  const daemon = new FakeDaemon();
  const broken = daemon.add(new FakeFolder(settings('photos', '/srv/photos')));
  broken.history = () => {
    throw new Error('disk I/O error');
  };
  await supervisor.starting(daemon, Promise.resolve());
  await clock.advance(60_000);
  assert.equal(times('WATCHDOG=1'), 3);
  supervisor.stopping();
  assert.equal(times('STOPPING=1\nSTATUS=stopping'), 1);
  await clock.advance(60_000);
  assert.equal(times('WATCHDOG=1'), 6);
});

test('only what was meant for this process is its watchdog', () => {
  assert.equal(watchdogOf({ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '7' }, 7), 3_000_000);
  assert.equal(watchdogOf({ WATCHDOG_USEC: '3000000' }, 7), 3_000_000);
  assert.equal(watchdogOf({ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '8' }, 7), undefined);
  for (const WATCHDOG_USEC of ['', '0', 'soon', '-1']) assert.equal(watchdogOf({ WATCHDOG_USEC }, 7), undefined);
  assert.equal(watchdogOf({}, 7), undefined);
});

test('the status line names what is not as it should be', () => {
  const daemon = new FakeDaemon();
  daemon.peerList = [peer(LAPTOP, 'laptop'), peer(NAS, 'nas', { connected: false })];
  daemon.add(new FakeFolder(settings('docs', '/srv/docs')));
  const held = { kind: 'held', code: 'E_MASS_DELETE', message: '30 deletions', deletions: 30 } as const;
  daemon.add(new FakeFolder(settings('photos', '/srv/photos'), { condition: held, pendingFiles: 1 }));
  const lost = settings('lost', '/srv/lost');
  daemon.disabled.set(named('lost'), lost);
  assert.equal(
    statusLine(daemon),
    '1 of 3 folders in sync · 1 held · 1 not open · 1 of 2 peers connected · 1 file to come',
  );
});

test('the pause before a start grows with those that failed in a row, to five minutes, and systemd is asked for that time', async () => {
  const pauses: (readonly [failed: number | undefined, seconds: number])[] = [
    [0, 0],
    [1, 0],
    [2, 2],
    [3, 4],
    [6, 32],
    [9, 256],
    [10, 300],
    [999_999, 300],
    [undefined, 10],
  ];
  for (const [failed, seconds] of pauses) {
    const { clock, said, supervisor } = supervised();
    let over = false;
    const pausing = supervisor.pausing(failed).then(() => (over = true));
    await clock.advance(Math.max(0, seconds * 1000 - 1));
    assert.equal(over, seconds === 0, `after ${failed}`);
    await clock.advance(1);
    await pausing;
    if (seconds === 0) assert.deepEqual(said, []);
    else assert.match(said.join(), new RegExp(`^STATUS=.+ tries again in ${seconds} s\\nEXTEND_TIMEOUT_USEC=\\d+$`));
  }
});
