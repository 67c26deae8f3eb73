// What systemd hears of a daemon: ready when it is, how it stands, a reload, its end, and that it is alive.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDaemon, node, pair, startDaemon, syncd, temporaryDirectory } from './daemon.ts';
import { DatagramReceiver } from './datagram-receiver.ts';
import { plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('systemd hears that the daemon is ready, how it stands, that it reloads, lives and stops', async (t) => {
  const place = temporaryDirectory(t);
  const address = join(place, 'notify');
  const manager = new DatagramReceiver(t, address);
  const under = ['env', `NOTIFY_SOCKET=${address}`, 'WATCHDOG_USEC=600000'];
  const hub = makeDaemon(t, { name: 'hub', under });
  await hub.start();
  await waitFor('it is ready', () => manager.hear().includes('READY=1'));
  assert.deepEqual(
    manager.said.slice(0, 2),
    ['EXTEND_TIMEOUT_USEC=600000000', 'STATUS=no folders · no peers'],
    'an index may be checked for long before anything else is said',
  );
  await waitFor('it lives', () => manager.hear().filter((one) => one === 'WATCHDOG=1').length > 3);

  const laptop = await startDaemon(t, { name: 'laptop' });
  plant(join(place, 'docs'), { 'a.txt': 'a' });
  await pair(hub, laptop, 'docs', [join(place, 'docs'), join(place, 'other')]);
  await waitFor('it says how it stands', () =>
    manager.hear().includes('STATUS=1 of 1 folder in sync · 1 of 1 peer connected'),
  );

  manager.clear();
  hub.signal('SIGHUP');
  await waitFor('it has reloaded', () => manager.hear().includes('READY=1'));
  const [began, at] = manager.said.filter((one) => !one.startsWith('WATCHDOG') && !one.startsWith('STATUS'));
  assert.equal(began, 'RELOADING=1');
  assert.match(at ?? '', /^MONOTONIC_USEC=\d+$/);
  hub.configure('nonsense: true\n');
  manager.clear();
  hub.signal('SIGHUP');
  await waitFor('a refused reload ends too', () => manager.hear().includes('READY=1'));

  manager.clear();
  hub.signal('SIGSTOP');
  // Until then a thread may still be on its way out of the call by which it speaks.
  await waitFor('it stands still', () => everyThreadIsStopped(hub.pid));
  manager.clear();
  await new Promise((done) => setTimeout(done, 1_500));
  assert.deepEqual(manager.hear(), [], 'who hangs does not say that it lives');
  hub.signal('SIGCONT');
  await waitFor('it lives again', () => manager.hear().includes('WATCHDOG=1'));

  await hub.stop();
  assert.ok(manager.hear().includes('STOPPING=1'));
});

test('an abstract address is reached as well', async (t) => {
  const address = `@syncd-test-${process.pid}`;
  const manager = new DatagramReceiver(t, address);
  await startDaemon(t, { name: 'hub', under: ['env', `NOTIFY_SOCKET=${address}`] });
  await waitFor('it is ready', () => manager.hear().includes('READY=1'));
  assert.ok(!manager.said.includes('WATCHDOG=1'), 'nobody has asked whether it lives');
});

test('where nobody can be told, one that is watched does not start, and another only says so', async (t) => {
  const nowhere = 'NOTIFY_SOCKET=vsock:2:1';
  const home = temporaryDirectory(t);
  const watched = spawnSync('env', [nowhere, 'WATCHDOG_USEC=1000000', node, syncd, '--home', home], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(watched.status, 2, 'a restart would not help');
  assert.match(watched.stderr, /^syncd: E_SERVICE: systemd cannot be told anything: vsock:2:1 is no address/m);

  const other = await startDaemon(t, { name: 'hub', under: ['env', nowhere] });
  assert.match(other.logs(), /"code":"E_SERVICE"/);
});

test('one that systemd has started pauses after starts that failed also where it cannot be told anything', (t) => {
  const home = temporaryDirectory(t);
  // A key that is none ends each start; the third one waits.
  mkdirSync(join(home, 'state'));
  writeFileSync(join(home, 'state/device.key'), 'no key');
  const start = (): string => {
    const script = `export SYSTEMD_EXEC_PID=$$; unset NOTIFY_SOCKET JOURNAL_STREAM; exec ${node} ${syncd} --home ${home}`;
    const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', timeout: 60_000 });
    assert.equal(status, 1, stderr);
    return stderr;
  };
  const said = [start(), start(), start()];
  assert.deepEqual(
    said.map((one) => /tries again/.test(one)),
    [false, false, true],
  );
});

/** The state follows the name, which is in brackets (proc(5)). */
function everyThreadIsStopped(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => /^\S+ \(.*\) T/.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
}
