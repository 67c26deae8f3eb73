// The three units side by side under a real systemd: the hub, one user's own service with lingering, and the service for a
// user; and the hub's folder on a disk that is mounted only after the hub has started.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusAnswer } from '../system/status.ts';
import { whyNoPackage } from '../package/built.ts';
import { waitFor } from '../system/wait-for.ts';
import { startHosts, whyNoHosts } from './hosts.ts';
import { install } from './installed.ts';

const skip = whyNoHosts() ?? whyNoPackage() ?? false;
const MOUNT = 'mkdir -p /data/disk /mnt/disk && mount --bind /data/disk /mnt/disk';

test(
  'I12: hub, user service and service for a user keep one folder, over reboots without a login and a disk that comes late',
  { skip },
  async (t) => {
    const hosts = await startHosts(t);
    await hosts.does('up', 'hub', 'laptop', '--disk', '100M');
    await install(hosts, 'hub', 'laptop');
    const hub = async (...command: readonly string[]): Promise<string> => hosts.run('hub', ...command);
    const as =
      (user: string) =>
      async (...command: readonly string[]): Promise<string> =>
        hosts.does('run', 'laptop', '--user', user, '--', ...command);
    const [alice, bob] = [as('alice'), as('bob')];

    await hub('sh', '-c', `${MOUNT} && install -d -o syncd -g syncd /mnt/disk/docs`);
    await hub('systemctl', 'enable', '--now', 'syncd');
    await hub('syncctl', 'add-folder', 'docs', '/mnt/disk/docs');
    await hosts.run('laptop', 'sh', '-c', 'useradd -m alice; useradd -m bob; loginctl enable-linger alice');
    await hosts.run('laptop', 'systemctl', 'enable', '--now', 'syncd@bob');
    const starts = ['run', 'laptop', '--user', 'alice', '--', 'systemctl', '--user', 'enable', '--now', 'syncd'];
    await waitFor("alice's manager is there", async () => (await hosts.tries(...starts)).code === 0);
    for (const [user, run] of [
      ['alice', alice],
      ['bob', bob],
    ] as const) {
      const invitation = await hub('syncctl', 'invite', 'docs', '--address', 'hub:9031');
      await run('syncctl', 'join', invitation.trim(), `/home/${user}/docs`, '--yes');
    }

    /** Once all three agree that they are in sync. */
    const holds = async (expected: Readonly<Record<string, string>>): Promise<void> => {
      for (const run of [alice, bob, hub, alice]) await run('syncctl', 'wait', 'docs', '--timeout', '60');
      for (const [run, root] of [
        [alice, '/home/alice/docs'],
        [bob, '/home/bob/docs'],
        [hub, '/mnt/disk/docs'],
      ] as const) {
        const listed = (await run('ls', root)).trim().split('\n');
        assert.deepEqual(listed, Object.keys(expected), root);
        for (const [name, text] of Object.entries(expected)) assert.equal(await run('cat', `${root}/${name}`), text);
      }
    };
    await alice('sh', '-c', 'printf "of alice" > docs/a');
    await bob('sh', '-c', 'printf "of bob" > docs/b');
    await hub('sh', '-c', 'printf "of the hub" > /mnt/disk/docs/c');
    await holds({ a: 'of alice', b: 'of bob', c: 'of the hub' });
    const told = async (): Promise<string> => alice('systemctl', '--user', 'show', '-P', 'StatusText', 'syncd');
    await waitFor('her manager is told', async () => (await told()).startsWith('1 of 1 folder in sync · 1 of 1 peer'));
    assert.match(
      await alice('syncctl', 'logs'),
      / info Started syncd\.service[^]* info sends: created folder=docs path=a /,
    );

    await hosts.does('reboot', 'laptop');
    await waitFor('both are back', async () => {
      const answers = await Promise.all(
        ['alice', 'bob'].map(async (user) => hosts.tries('run', 'laptop', '--user', user, '--', 'syncctl', 'status')),
      );
      return answers.every(({ code }) => code === 0);
    });
    await bob('rm', 'docs/b');
    await holds({ a: 'of alice', c: 'of the hub' });

    // Nobody mounts the disk again by itself: the hub starts without it, and an empty directory is in its place.
    await hosts.does('reboot', 'hub');
    await hub('mkdir', '-p', '/mnt/disk/docs');
    const folder = async (): Promise<StatusAnswer['folders'][number] | undefined> => {
      const { code, stdout } = await hosts.tries('run', 'hub', '--', 'syncctl', '--json', 'status');
      return code === 0 ? (JSON.parse(stdout) as StatusAnswer).folders[0] : undefined;
    };
    const halted = await waitFor('the folder halts', async () => {
      const now = await folder();
      return now?.state === 'halted' ? now : undefined;
    });
    assert.equal(halted.error?.code, 'E_ROOT_MISSING');
    const said = async (): Promise<string> => hub('systemctl', 'show', '-P', 'StatusText', 'syncd');
    await waitFor('systemd is told', async () => (await said()).startsWith('0 of 1 folder in sync · 1 halted · '));
    await alice('sh', '-c', 'printf "meanwhile" > docs/d');
    assert.equal(await hub('ls', '-A', '/mnt/disk/docs'), '', 'nothing is written where the disk will be');
    assert.deepEqual((await bob('ls', 'docs')).trim().split('\n'), ['a', 'c'], 'and nothing is deleted anywhere');
    await hub('sh', '-c', MOUNT);
    await waitFor('the folder goes on by itself', async () => (await folder())?.state === 'idle');
    await holds({ a: 'of alice', c: 'of the hub', d: 'meanwhile' });

    // A user's service that does not run is named with what starts it.
    await alice('systemctl', '--user', 'stop', 'syncd');
    const stopped = await hosts.tries('run', 'laptop', '--user', 'alice', '--', 'syncctl', 'status');
    assert.match(
      stopped.stderr,
      /\(syncd\.service is inactive .+\)\nhint: systemctl --user start syncd; journalctl --user -u syncd/,
    );
    await hosts.run('laptop', 'systemctl', 'stop', 'syncd@bob');
    const other = await hosts.tries('run', 'laptop', '--user', 'bob', '--', 'syncctl', 'status');
    assert.match(other.stderr, /\(syncd@bob\.service is inactive .+\)\nhint: sudo systemctl start syncd@bob;/);
  },
);
