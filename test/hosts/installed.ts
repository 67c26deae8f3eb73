// syncd as it is installed, in hosts: the programs, the three units and the user, as docs/install.md has it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from '../system/at-end.ts';
import { node } from '../system/daemon.ts';
import { type Hosts, isSeenInHosts } from './hosts.ts';

const checkout = resolve(import.meta.dirname, '../..');
/** What the unit hides from the daemon, with what is below it. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//;
const UNITS = ['syncd.service', 'syncd@.service', 'user/syncd.service'];

/** But packages which can be seen in the host are not copied. */
export async function install(t: TestContext, hosts: Hosts, ...names: readonly string[]): Promise<void> {
  const built = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  atEnd(t, () => rmSync(built, { recursive: true, force: true }));
  execFileSync(node, [join(checkout, 'packaging/build.ts'), join(built, 'dist')]);
  await Promise.all(names.map((name) => installOn(name, hosts, join(built, 'dist'))));
}

async function installOn(name: string, hosts: Hosts, dist: string): Promise<void> {
  const push = async (from: string, to: string): Promise<string> => hosts.does('push', name, from, to);
  // The machine may have one of its own, which the host would see beneath.
  await hosts.run(name, 'rm', '-rf', '/opt/syncd');
  await push(dist, '/opt/syncd/dist');
  await push(join(checkout, 'package.json'), '/opt/syncd/');
  const packages = realpathSync(join(checkout, 'node_modules'));
  if (isSeenInHosts(packages) && !HIDDEN.test(packages))
    await hosts.run(name, 'ln', '-s', packages, '/opt/syncd/node_modules');
  else await push(packages, '/opt/syncd/node_modules');
  for (const program of ['syncd', 'syncctl']) {
    const runs = `#!/bin/sh\\nexec /opt/syncd/node_modules/.bin/node /opt/syncd/dist/bin/${program}.js "$@"\\n`;
    await hosts.run(name, 'sh', '-c', `printf '${runs}' > /usr/bin/${program}; chmod 755 /usr/bin/${program}`);
  }
  await hosts.run(name, 'useradd', '--system', '--home', '/var/lib/syncd', 'syncd');
  for (const unit of UNITS)
    await push(join(checkout, 'systemd', unit), `/etc/systemd/${unit.includes('/') ? 'user' : 'system'}/`);
  await hosts.run(name, 'systemctl', 'daemon-reload');
}
