// The service as docs/install.md sets it up, under a real systemd: it starts, says so in the journal, stops in time, comes
// back after a kill and after a reboot, and answers those who are in its group and nobody else.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { whyNoPackage } from '../package/built.ts';
import { waitFor } from '../system/wait-for.ts';
import { startHosts, whyNoHosts } from './hosts.ts';
import { install } from './installed.ts';

const skip = whyNoHosts() ?? whyNoPackage() ?? false;
/** The daemon promises to end within 5 s of SIGTERM. */
const STOP_MS = 8_000;
/** The watchdog bites sooner, so that nobody waits a minute. */
const DROP_IN =
  'mkdir -p /etc/systemd/system/syncd.service.d && printf "[Service]\\nWatchdogSec=4\\n" > /etc/systemd/system/syncd.service.d/soon.conf';

test(
  'I12, I11: the service starts, stops in time, comes back after a kill, a hang and a reboot, and answers its group alone',
  {
    skip,
  },
  async (t) => {
    const { hosts, on } = await startHub(t);
    const isUp = async (): Promise<boolean> => (await hosts.tries('run', 'hub', '--', 'syncctl', 'status')).code === 0;

    await on('systemctl', 'enable', '--now', 'syncd');
    await waitFor('it answers', isUp);
    assert.match(await on('systemctl', 'status', '--no-pager', 'syncd'), /Active: active \(running\)/);
    for (const unit of ['syncd.service', 'syncd@.service'])
      await on('systemd-analyze', 'security', '--offline=yes', '--threshold=15', `/usr/lib/systemd/system/${unit}`);
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
    assert.match(
      stranger.stderr,
      /^syncctl: E_SOCKET_ACCESS: .+\nhint: .*sudo usermod -aG syncd stranger, then log in/,
    );
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
    const stopped = await hosts.tries('run', 'hub', '--', 'syncctl', 'logs');
    assert.equal(stopped.code, 3, 'it does not run, and the journal has its log all the same');
    assert.match(stopped.stdout, /Watchdog timeout[^]* info stopped\n/);
    assert.match(stopped.stderr, /\(syncd\.service is inactive since .+\)\nhint: sudo systemctl start syncd/);
    await on('systemctl', 'start', 'syncd');
    assert.match(await on('syncctl', 'logs'), /Watchdog timeout[^]* info started /, 'also of the runs before');
    // Whoever may not read the journal is shown what the daemon remembers.
    const remembered = await hosts.does('run', 'hub', '--user', 'member', '--', 'syncctl', 'logs');
    assert.match(remembered, / info started /);
    assert.doesNotMatch(remembered, /Watchdog/);

    await hosts.does('reboot', 'hub');
    await waitFor('it is back after the reboot', isUp);
    assert.equal(await identity(), known, 'it is the same device');
    assert.match(await on('syncctl', 'folders'), /docs/);
    assert.equal((await on('systemctl', 'is-active', 'syncd')).trim(), 'active');
  },
);

test(
  'a path that the unit keeps from the daemon is refused with what to type, and that is all it takes',
  { skip },
  async (t) => {
    const { hosts, on } = await startHub(t);
    await on('systemctl', 'enable', '--now', 'syncd');
    await on('useradd', '--create-home', 'ana');
    const add = async (name: string, path: string) =>
      hosts.tries('run', 'hub', '--', 'syncctl', 'add-folder', name, path);
    /** Types what the hint says, up to `; then again`. */
    const refused = async (name: string, path: string, why: RegExp): Promise<void> => {
      const { code, stderr } = await add(name, path);
      assert.equal(code, 1, stderr);
      assert.match(stderr, why);
      const typed = /^hint: .*?(sudo .+?); then again\.$/m.exec(stderr)?.[1];
      assert.ok(typed !== undefined, stderr);
      await on('sh', '-c', typed.replaceAll('sudo ', ''));
    };
    for (const [name, path, why] of [
      ['home', '/home/ana/docs', /does not see it/],
      ['settings', '/etc/settings', /may not write there/],
    ] as const) {
      await refused(name, path, why);
      // It is root's, who made it, and the daemon says that too.
      await refused(name, path, /EACCES/);
      assert.equal((await add(name, path)).code, 0, path);
    }
    await refused('docs', '/srv/docs', /EACCES/);
    assert.equal((await add('docs', '/srv/docs')).code, 0);
    assert.match((await add('lost', '/tmp/lost')).stderr, /PrivateTmp=/);
    await on('sh', '-c', 'echo one > /srv/docs/todo.md');
    await waitFor('it is synced', async () => /todo\.md/.test(await on('syncctl', 'history', 'docs')));
    const copy = await hosts.tries(
      'run',
      'hub',
      '--',
      'syncctl',
      'restore',
      'docs',
      '.',
      '--at',
      '1s',
      '--to',
      '/tmp/copy',
    );
    assert.match(copy.stderr, /nobody else would see the copy \(PrivateTmp=\)/);
    await on('sh', '-c', 'echo "folders: { lost: { path: /tmp/lost } }" > /etc/syncd/config.yaml && syncctl reload');
    assert.match(await on('syncctl', 'status', 'lost'), /E_FOLDER_PATH|PrivateTmp=/, 'also where a file says so');
    for (const path of ['/home/ana/docs', '/etc/settings', '/srv/docs'])
      assert.ok((await on('ls', '-A', path)).includes('.syncd'), `${path} is the folder`);
  },
);

test(
  'a start that fails is tried again after pauses that grow, which are told, and end when somebody steps in',
  { skip },
  async (t) => {
    const { hosts, on } = await startHub(t);
    const show = async (what: string): Promise<string> => (await on('systemctl', 'show', '-P', what, 'syncd')).trim();
    await on('systemctl', 'start', 'syncd');
    await on('systemctl', 'stop', 'syncd');
    const key = '/var/lib/syncd/device.key';
    await on('sh', '-c', `mv ${key} ${key}.good && echo no key > ${key}`);
    assert.notEqual((await hosts.tries('run', 'hub', '--', 'systemctl', 'start', 'syncd')).code, 0);
    await waitFor(
      'it waits longer',
      async () => /failed 3 times in a row; tries again in 4 s/.test(await show('StatusText')),
      60_000,
    );
    assert.match(
      (await hosts.tries('run', 'hub', '--', 'syncctl', 'status')).stderr,
      /activating .*tries again in 4 s/,
    );
    assert.match(await on('journalctl', '-u', 'syncd', '-p', 'err', '-o', 'cat'), /^the device key/m);
    assert.match(await on('journalctl', '-u', 'syncd', 'SYNCD_CODE=E_HOME', '-o', 'cat'), /^the device key.* hint=/m);
    await on('mv', `${key}.good`, key);
    await on('systemctl', 'restart', 'syncd');
    assert.equal(await show('ActiveState'), 'active');
    assert.equal(await show('StatusText'), 'no folders · no peers');

    // The key may be a credential, which only root can read.
    const known = (await on('syncctl', 'status')).match(/[A-Z2-7]{52}/)?.[0] ?? 'none';
    await on('systemctl', 'stop', 'syncd');
    await on('sh', '-c', `install -d -m 700 /root/keys && mv ${key} /root/keys/ && chown -R root: /root/keys`);
    const lines = String.raw`[Service]\nLoadCredential=device-key:/root/keys/device.key\n`;
    const place = '/etc/systemd/system/syncd.service.d';
    await on('sh', '-c', `mkdir -p ${place} && printf '${lines}' > ${place}/key.conf && systemctl daemon-reload`);
    await on('systemctl', 'start', 'syncd');
    assert.match(await on('syncctl', 'status'), new RegExp(known), 'it is the same device');
    assert.notEqual((await hosts.tries('run', 'hub', '--', 'ls', key)).code, 0, 'and nothing was stored');
  },
);

/** A host where the package is installed, and how commands are run on it: they must succeed. */
async function startHub(t: TestContext) {
  const hosts = await startHosts(t);
  await hosts.does('up', 'hub');
  await install(hosts, 'hub');
  const on = async (...command: readonly string[]): Promise<string> => hosts.run('hub', ...command);
  return { hosts, on };
}
