// The examples of the Ansible role, on hosts: after one run the devices are paired and sync, and another changes nothing.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { whyNoPackage } from '../package/built.ts';
import { atEnd } from '../system/at-end.ts';
import { waitFor } from '../system/wait-for.ts';
import { type Hosts, startHosts, whyNoHosts } from './hosts.ts';
import { packageFile } from './package-file.ts';

const place = resolve(import.meta.dirname, '../../packaging/ansible');
const noAnsible = spawnSync('ansible-playbook', ['--version']).error;
const skip = noAnsible ? 'skipped: Ansible is not installed' : (whyNoPackage() ?? whyNoHosts() ?? false);

test('a hub and three laptops are installed and paired by one run, each service for its user', { skip }, async (t) => {
  const hosts = await boot(t, ['hub', 'ana', 'bo', 'carla']);
  for (const user of ['ana', 'bo', 'carla']) await hosts.run(user, 'useradd', '-m', user);

  await play(t, hosts, 'hub-and-laptops');

  const as = async (user: string, command: string): Promise<string> =>
    hosts.run(user, 'runuser', '-l', user, '-c', command);
  await as('ana', 'echo of ana > docs/a.txt; echo for the hub > notes/n.txt');
  await as('ana', 'syncctl wait docs --timeout 40s && syncctl wait notes --timeout 40s');
  for (const user of ['bo', 'carla']) await reads(hosts, user, `/home/${user}/docs/a.txt`, 'of ana\n');
  await reads(hosts, 'hub', '/srv/notes/n.txt', 'for the hub\n');
  assert.match(await as('bo', 'systemctl is-enabled syncd@bo'), /enabled/);
  const recap = await play(t, hosts, 'hub-and-laptops');
  assert.equal(recap.match(/ changed=0 /g)?.length, 4, recap);
});

test('clients of a config server may edit its files, and create none', { skip }, async (t) => {
  const hosts = await boot(t, ['server', 'web1', 'web2', 'web3']);

  await play(t, hosts, 'config-server');

  const sh = async (host: string, script: string): Promise<string> => hosts.run(host, 'sh', '-c', script);
  await sh('server', 'echo one > /srv/config/app.conf; chown syncd: /srv/config/app.conf');
  for (const client of ['web1', 'web2', 'web3']) await reads(hosts, client, '/srv/config/app.conf', 'one\n');
  await sh('web1', 'echo mine > /srv/config/own.conf; echo two > /srv/config/app.conf');
  for (const other of ['server', 'web2']) await reads(hosts, other, '/srv/config/app.conf', 'two\n');
  assert.equal((await sh('server', 'ls /srv/config')).trim(), 'app.conf');

  const written = await sh('server', 'cat /etc/syncd/config.yaml');
  for (const time of ['first', 'second'])
    await assert.rejects(
      play(t, hosts, 'config-server', '-e', '{"syncd_settings":{"nonsense":1}}'),
      ({ stdout }: { stdout: string }) => /nonsense: unknown key/.test(stdout),
      `a bad configuration is refused the ${time} time`,
    );
  assert.equal(await sh('server', 'cat /etc/syncd/config.yaml'), written, 'and not written');
});

/** Each finds the others by the names that the examples have. */
async function boot(t: TestContext, names: readonly string[]): Promise<Hosts> {
  const hosts = await startHosts(t);
  const said = await hosts.does('up', ...names);
  const lines = [...said.matchAll(/^(\S+)\s+(\d+\.\S+)/gm)].map(([, name, address]) => `${address} ${name}.example`);
  assert.equal(lines.length, names.length, said);
  for (const name of names) await hosts.run(name, 'sh', '-c', `printf '${lines.join('\\n')}\\n' >> /etc/hosts`);
  return hosts;
}

/** Runs the playbook with an example as its inventory; it must succeed. Answers with what it printed. */
async function play(t: TestContext, hosts: Hosts, example: string, ...more: readonly string[]): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  atEnd(t, () => rmSync(home, { recursive: true, force: true }));
  const env = {
    ...process.env,
    SYNCD_HOSTS: JSON.stringify(hosts.command),
    SYNCD_PACKAGE: await packageFile(),
    ANSIBLE_CONNECTION_PLUGINS: join(import.meta.dirname, 'ansible'),
    ANSIBLE_ROLES_PATH: join(place, 'roles'),
    ANSIBLE_HOME: home,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const inventory = join(place, 'examples', example, 'inventory.yml');
  // The way in is root already.
  const options = ['-c', 'hosts', '-e', 'ansible_become=false', '-e', 'ansible_python_interpreter=/usr/bin/python3'];
  const args = [...options, ...more, '-i', inventory, join(place, 'examples/playbook.yml')];
  const { stdout } = await promisify(execFile)('ansible-playbook', args, { env, maxBuffer: 1 << 26 });
  return stdout;
}

async function reads(hosts: Hosts, host: string, path: string, content: string): Promise<void> {
  await waitFor(`${host} has ${path}`, async () => {
    const { code, stdout } = await hosts.tries('run', host, '--', 'cat', path);
    return code === 0 && stdout === content;
  });
}
