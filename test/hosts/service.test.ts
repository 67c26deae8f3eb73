// The service as docs/install.md sets it up, under a real systemd: it starts, says so in the journal, stops in time, comes
// back after a kill and after a reboot, and answers those who are in its group and nobody else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { atEnd } from '../system/at-end.ts';
import { node } from '../system/daemon.ts';
import { waitFor } from '../system/wait-for.ts';
import { type Hosts, isSeenInHosts, startHosts, whyNoHosts } from './hosts.ts';

const checkout = resolve(import.meta.dirname, '../..');
const skip = whyNoHosts() ?? false;
/** The daemon promises to end within 5 s of SIGTERM. */
const STOP_MS = 8_000;
/** The watchdog bites sooner, so that nobody waits a minute. */
const DROP_IN =
  'mkdir -p /etc/systemd/system/syncd.service.d && printf "[Service]\\nWatchdogSec=4\\n" > /etc/systemd/system/syncd.service.d/soon.conf';
/** What the unit hides from the daemon, with what is below it. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//;

test(
  'I12, I11: the service starts, stops in time, comes back after a kill, a hang and a reboot, and answers its group alone',
  {
    skip,
  },
  async (t) => {
    const hosts = await startHosts(t);
    await hosts.does('up', 'hub');
    await install(t, hosts);
    const on = async (...command: readonly string[]): Promise<string> => hosts.run('hub', ...command);
    const isUp = async (): Promise<boolean> => (await hosts.tries('run', 'hub', '--', 'syncctl', 'status')).code === 0;

    await on('systemctl', 'enable', '--now', 'syncd');
    await waitFor('it answers', isUp);
    assert.match(await on('systemctl', 'status', '--no-pager', 'syncd'), /Active: active \(running\)/);
    assert.match(await hosts.does('logs', 'hub', 'syncd', '--', '-o', 'cat'), /^started .*device=[A-Z2-7]{52}/m);
    const identity = async (): Promise<string> => /[A-Z2-7]{52}/.exec(await on('syncctl', 'status'))?.[0] ?? 'none';
    const known = await identity();

    await on('useradd', '--create-home', '--groups', 'syncd', 'member');
    await on('useradd', '--create-home', 'stranger');
    await on('install', '-d', '-o', 'syncd', '-g', 'syncd', '/srv/docs');
    await on('syncctl', 'add-folder', 'docs', '/srv/docs');
    const as = async (user: string) => hosts.tries('run', 'hub', '--user', user, '--', 'syncctl', 'folders');
    const member = await as('member');
    assert.equal(member.code, 0, member.stderr);
    assert.match(member.stdout, /docs/);
    const stranger = await as('stranger');
    assert.notEqual(stranger.code, 0, 'somebody else is answered');
    assert.match(stranger.stderr, /^syncctl: E_\w+: .+\nhint: /);
    for (const place of ['/var/lib/syncd', '/run/syncd'])
      assert.equal((await hosts.tries('run', 'hub', '--user', 'stranger', '--', 'ls', place)).code !== 0, true, place);

    const ofFolder = async (): Promise<string> => on('journalctl', '-u', 'syncd', 'SYNCD_FOLDER=docs', '-o', 'cat');
    await on('sh', '-c', 'echo x > /srv/docs/x.txt');
    await waitFor('the journal has it by its folder', async () => /path=x\.txt/.test(await ofFolder()));

    assert.doesNotMatch(await on('journalctl', '-u', 'syncd', '-p', 'warning', '-o', 'cat'), /started/);

    const pid = async (): Promise<string> => (await on('systemctl', 'show', '-P', 'MainPID', 'syncd')).trim();
    const before = await pid();
    await on('systemctl', 'kill', '--signal=KILL', 'syncd');
    await waitFor('another process answers', async () => (await pid()) !== before && (await isUp()));

    await hosts.run('hub', 'sh', '-c', DROP_IN);
    await on('systemctl', 'daemon-reload');
    await on('systemctl', 'restart', 'syncd');
    assert.ok(await isUp(), 'started means that it answers');
    const status = async (): Promise<string> => (await on('systemctl', 'show', '-P', 'StatusText', 'syncd')).trim();
    await waitFor('systemd shows how it stands', async () => (await status()) === '1 of 1 folder in sync · no peers');
    await on('systemctl', 'reload', 'syncd');
    assert.equal((await on('systemctl', 'is-active', 'syncd')).trim(), 'active');
    const hanging = await pid();
    await on('kill', '-STOP', hanging);
    await waitFor('one that hangs is replaced', async () => (await pid()) !== hanging && (await isUp()));
    assert.match(await hosts.does('logs', 'hub', 'syncd', '--', '-o', 'cat'), /Watchdog timeout/);

    const stoppedMs = performance.now();
    await on('systemctl', 'stop', 'syncd');
    assert.ok(performance.now() - stoppedMs < STOP_MS, 'it stops in time');
    assert.equal((await on('systemctl', 'show', '-P', 'Result', 'syncd')).trim(), 'success');
    await on('systemctl', 'start', 'syncd');

    await hosts.does('reboot', 'hub');
    await waitFor('it is back after the reboot', isUp);
    assert.equal(await identity(), known, 'it is the same device');
    assert.match(await on('syncctl', 'folders'), /docs/);
    assert.equal((await on('systemctl', 'is-active', 'syncd')).trim(), 'active');
  },
);

/** What docs/install.md says to type, but that packages which can be seen in the host are not copied. */
async function install(t: TestContext, hosts: Hosts): Promise<void> {
  const built = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  atEnd(t, () => rmSync(built, { recursive: true, force: true }));
  execFileSync(node, [join(checkout, 'packaging/build.ts'), join(built, 'dist')]);
  // The machine may have one of its own, which the host would see beneath.
  await hosts.run('hub', 'rm', '-rf', '/opt/syncd');
  await hosts.does('push', 'hub', join(built, 'dist'), '/opt/syncd/dist');
  await hosts.does('push', 'hub', join(checkout, 'package.json'), '/opt/syncd/');
  const packages = realpathSync(join(checkout, 'node_modules'));
  if (isSeenInHosts(packages) && !HIDDEN.test(packages))
    await hosts.run('hub', 'ln', '-s', packages, '/opt/syncd/node_modules');
  else await hosts.does('push', 'hub', packages, '/opt/syncd/node_modules');
  for (const program of ['syncd', 'syncctl']) {
    const runs = `#!/bin/sh\\nexec /opt/syncd/node_modules/.bin/node /opt/syncd/dist/bin/${program}.js "$@"\\n`;
    await hosts.run('hub', 'sh', '-c', `printf '${runs}' > /usr/bin/${program}; chmod 755 /usr/bin/${program}`);
  }
  await hosts.run('hub', 'useradd', '--system', '--home', '/var/lib/syncd', 'syncd');
  await hosts.does('push', 'hub', join(checkout, 'systemd/syncd.service'), '/etc/systemd/system/');
  await hosts.run('hub', 'systemctl', 'daemon-reload');
}
