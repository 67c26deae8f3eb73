// syncd as it is installed, in hosts: from the Debian package, as docs/install.md has it.
import type { Hosts } from './hosts.ts';
import { packageFile } from './package-file.ts';

/** Nothing runs yet. */
export async function install(hosts: Hosts, ...names: readonly string[]): Promise<void> {
  const file = await packageFile();
  await Promise.all(names.map((name) => installOn(name, hosts, file)));
}

async function installOn(name: string, hosts: Hosts, file: string): Promise<void> {
  await hosts.does('push', name, file, '/root/syncd.deb');
  // The index of manual pages is nobody's concern here.
  await hosts.run(name, 'dpkg', '--no-triggers', '-i', '/root/syncd.deb');
  await hosts.run(name, 'rm', '/root/syncd.deb');
}
