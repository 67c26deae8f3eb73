// What dpkg does with the package, on a host with a real systemd: install, upgrade under a folder that syncs, remove, purge.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { buildPackage, whyNoPackage } from '../package/built.ts';
import { atEnd } from '../system/at-end.ts';
import { waitFor } from '../system/wait-for.ts';
import { startHosts, whyNoHosts } from './hosts.ts';
import { packageFile } from './package-file.ts';

const skip = whyNoPackage() ?? whyNoHosts() ?? false;
const NEXT = '0.999.0';
/** So slow that what is under way before an upgrade still is after it, however long the machine takes for that. */
const SLOW = 'name: laptop\nbandwidth: 100kB/s\n';
/** Small ones and a large one. */
const FILES = 2001;
const LARGE_MB = 30;
const SETTING = '# set by an administrator\nname: kept\n';

test(
  'I12: the package installs without starting, is upgraded under a folder that syncs, and leaves folders alone when it is purged',
  { skip },
  async (t) => {
    const out = mkdtempSync(join(tmpdir(), 'syncd-test-'));
    atEnd(t, () => rmSync(out, { recursive: true, force: true }));
    const first = await packageFile();
    const second = await buildPackage(out, ['--fast', '--version', NEXT]);
    const hosts = await startHosts(t);
    await hosts.does('up', 'hub', 'laptop', '--disk', '100M');
    const on = async (...command: readonly string[]): Promise<string> => hosts.run('hub', ...command);
    const onLaptop = async (script: string): Promise<string> => hosts.run('laptop', 'sh', '-c', script);
    const sh = async (script: string): Promise<string> => on('sh', '-c', script);
    const fails = async (...command: readonly string[]): Promise<boolean> =>
      (await hosts.tries('run', 'hub', '--', ...command)).code !== 0;
    const isUp = async (): Promise<boolean> => !(await fails('syncctl', 'status'));
    const put = async (file: string, host = 'hub'): Promise<string> => {
      await hosts.does('push', host, file, '/root/');
      return join('/root', basename(file));
    };
    const says = async (property: string, unit = 'syncd'): Promise<string> =>
      (await on('systemctl', 'show', '-P', property, unit)).trim();
    const asBo = ['run', 'hub', '--user', 'bo', '--', 'systemctl', '--user'];
    const pids = async (): Promise<string[]> =>
      Promise.all([
        says('MainPID'),
        says('MainPID', 'syncd@ana'),
        hosts.does(...asBo, 'show', '-P', 'MainPID', 'syncd'),
      ]);
    // Without waiting for the disk, and without the database of manual pages.
    const dpkg = async (...args: readonly string[]): Promise<string> =>
      on('dpkg', '--force-unsafe-io', '--no-triggers', ...args);
    // The machine may have one of its own, which the host would see beneath.
    const clear = 'rm -rf /opt/syncd /etc/syncd /var/lib/syncd /srv/syncd';
    await Promise.all([sh(clear), onLaptop(clear)]);

    const installed = put(first, 'laptop').then(async (deb) =>
      onLaptop(
        `dpkg --force-unsafe-io --no-triggers --install ${deb} && printf '${SLOW.replaceAll('\n', '\\n')}' > /etc/syncd/config.yaml && systemctl enable --now syncd`,
      ),
    );
    await Promise.all([put(first).then(async (deb) => dpkg('--install', deb)), installed]);
    assert.equal(await says('ActiveState'), 'inactive', 'nothing is started');
    assert.ok(await fails('systemctl', 'is-enabled', 'syncd'), 'nothing is enabled');
    assert.match(await on('id', 'syncd'), /\(syncd\)/);
    assert.equal(await sh('dpkg --verify syncd'), '', 'all is as the package has it');
    await sh(`printf '${SETTING.replaceAll('\n', '\\n')}' > /etc/syncd/config.yaml`);
    await on('install', '-d', '-o', 'syncd', '-g', 'syncd', '/data/docs');
    await on('systemctl', 'enable', '--now', 'syncd');
    assert.ok(await isUp(), 'started means that it answers');
    await on('syncctl', 'add-folder', 'docs', '/data/docs');
    await on('syncctl', 'add-folder', 'made', '/srv/syncd/made');
    await sh('seq 1 2000 | split -l 1 -a 4 - /data/docs/f');
    const identity = async (): Promise<string> => /[A-Z2-7]{52}/.exec(await on('syncctl', 'status'))?.[0] ?? 'none';
    const known = await identity();
    await sh('useradd -m ana && systemctl enable --now syncd@ana');
    await sh('useradd -m bo && loginctl enable-linger bo');
    await waitFor("the user's manager answers", async () => (await hosts.tries(...asBo, 'list-units')).code === 0);
    await hosts.does(...asBo, 'enable', '--now', 'syncd');
    const invitation = await on('syncctl', 'invite', 'docs', '--address', 'hub:9031');
    await onLaptop(`syncctl join '${invitation.trim()}' /srv/syncd/docs --yes`);
    await onLaptop('syncctl wait docs --timeout 60s');
    // In one step: of a file that grows a first part may be told before.
    await sh(`head -c ${LARGE_MB}000000 /dev/urandom > /data/large && mv /data/large /data/docs/large`);
    await waitFor('a part of a large file has come', async () =>
      onLaptop(`find /srv/syncd/docs/.syncd -type f -size +100k | grep .`).catch(() => undefined),
    );
    const ran = await pids();
    for (const pid of ran) assert.match(pid, /^[1-9]/, 'services of the system and of users run');

    const newer = await put(second);
    await dpkg('--force-confdef', '--force-confold', '--install', newer);
    assert.match(await on('syncctl', '--version'), /0\.999\.0/);
    for (const [i, pid] of (await pids()).entries()) {
      assert.match(pid, /^[1-9]/, 'what ran goes on');
      assert.notEqual(pid, ran[i], 'as the new program');
    }
    assert.equal(await says('ActiveState'), 'active');
    assert.ok(await isUp());
    assert.equal(await identity(), known, 'it is the same device');
    assert.equal(await on('cat', '/etc/syncd/config.yaml'), SETTING);
    assert.match(await on('systemctl', 'is-enabled', 'syncd'), /enabled/);
    assert.doesNotMatch(await onLaptop('ls /srv/syncd/docs'), /large/, 'the large file is under way still');
    await onLaptop('echo name: laptop > /etc/syncd/config.yaml && syncctl reload');
    await sh('syncctl wait docs --timeout 60s');
    await onLaptop('syncctl wait docs --timeout 60s');
    const tree = 'find . -name .syncd -prune -o -type f -print0 | sort -z | xargs -0 sha256sum';
    const ofHub = await sh(`cd /data/docs && ${tree}`);
    assert.equal(ofHub.trim().split('\n').length, FILES);
    assert.equal(await onLaptop(`cd /srv/syncd/docs && ${tree}`), ofHub);
    assert.doesNotMatch(await on('journalctl', '-u', 'syncd*', '-p', 'err', '-o', 'cat'), /\S/, 'no error is logged');

    await dpkg('--remove', 'syncd');
    assert.equal(await says('ActiveState'), 'inactive', 'the service is stopped');
    assert.deepEqual(
      (await pids()).map((pid) => pid.trim()),
      ['0', '0', '0'],
      'and those of users too',
    );
    assert.ok(await fails('test', '-e', '/usr/bin/syncd'));
    assert.equal(await on('cat', '/etc/syncd/config.yaml'), SETTING);
    assert.ok(!(await fails('test', '-d', '/var/lib/syncd/folders.d')), 'the state stays');

    await dpkg('--install', newer);
    await on('systemctl', 'start', 'syncd');
    assert.equal(await identity(), known, 'after a removal it is the same device, too');

    await dpkg('--purge', 'syncd');
    for (const gone of ['/etc/syncd', '/var/lib/syncd', '/usr/lib/syncd', '/run/syncd', '/var/log/syncd'])
      assert.ok(await fails('test', '-e', gone), gone);
    assert.ok(await fails('sh', '-c', 'ls /etc/systemd/system/*/syncd*.service'), 'nothing is enabled any more');
    assert.equal((await sh('ls /data/docs | wc -l')).trim(), String(FILES));
    assert.ok(!(await fails('test', '-d', '/srv/syncd/made')));
    assert.ok(!(await fails('id', 'syncd')), 'the user stays: files belong to it');

    await sh(
      `dpkg-deb --control ${newer} /root/control && mkdir -p /var/lib/syncd/moved/.syncd /etc/syncd /srv/syncd/log`,
    );
    await sh('ln -s /srv/syncd/log /var/log/syncd');
    const purged = await hosts.tries('run', 'hub', '--', '/root/control/postrm', 'purge');
    assert.equal(purged.code, 0, purged.stderr);
    assert.match(purged.stderr, /\/var\/lib\/syncd is kept, there is a synced folder in it/);
    assert.ok(!(await fails('test', '-d', '/var/lib/syncd/moved/.syncd')), 'also one that somebody has put there');
    assert.match(purged.stderr, /\/var\/log\/syncd was a link to \/srv\/syncd\/log/);
    assert.ok(!(await fails('test', '-d', '/srv/syncd/log')));
    assert.ok(await fails('test', '-e', '/etc/syncd'));

    await sh(
      'rm -r /var/lib/syncd/moved && mkdir -p /var/lib/syncd/disk /etc/syncd && mount -t tmpfs none /var/lib/syncd/disk',
    );
    await sh('touch /var/lib/syncd/state /var/lib/syncd/disk/kept');
    const half = await hosts.tries('run', 'hub', '--', '/root/control/postrm', 'purge');
    assert.equal(half.code, 0, half.stderr);
    assert.match(half.stderr, /not all of \/var\/lib\/syncd is deleted/);
    assert.ok(!(await fails('test', '-e', '/var/lib/syncd/disk/kept')), 'what is mounted there is left');
    for (const gone of ['/var/lib/syncd/state', '/etc/syncd']) assert.ok(await fails('test', '-e', gone), gone);
  },
);
