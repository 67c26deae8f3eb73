// What the package installs beside the program: one row a file, from the repository to its place on the machine.
import { basename, dirname } from 'node:path';

export interface InstalledFile {
  /** From the repository's root. */
  readonly from: string;
  /** Without the first slash. */
  readonly to: string;
}

const SYSTEM_UNITS = 'usr/lib/systemd/system';
const USER_UNITS = 'usr/lib/systemd/user';

export const FILES: readonly InstalledFile[] = [
  { from: 'systemd/syncd.service', to: `${SYSTEM_UNITS}/syncd.service` },
  { from: 'systemd/syncd@.service', to: `${SYSTEM_UNITS}/syncd@.service` },
  { from: 'systemd/user/syncd.service', to: `${USER_UNITS}/syncd.service` },
  { from: 'systemd/syncd-notify.service', to: `${USER_UNITS}/syncd-notify.service` },
  { from: 'packaging/config.yaml', to: 'etc/syncd/config.yaml' },
  { from: 'packaging/deb/files/sysusers.conf', to: 'usr/lib/sysusers.d/syncd.conf' },
  { from: 'packaging/deb/files/sysctl.conf', to: 'usr/lib/sysctl.d/00-syncd.conf' },
  { from: 'packaging/deb/files/tmpfiles.conf', to: 'usr/lib/tmpfiles.d/syncd.conf' },
  ...['hub', 'laptop', 'config-server', 'config-client'].map((name) => ({
    from: `packaging/examples/${name}.yaml`,
    to: `usr/share/doc/syncd/examples/${name}.yaml`,
  })),
  { from: 'packaging/deb/files/lintian-overrides', to: 'usr/share/lintian/overrides/syncd' },
];

/** What dpkg asks about before it replaces what an administrator has changed. */
export const CONFFILES: readonly string[] = FILES.map(({ to }) => to).filter((to) => to.startsWith('etc/'));

const systemUnits = unitsIn(SYSTEM_UNITS);

/** What can be enabled as it is; of a template only instances can. */
export const UNITS = systemUnits.filter((unit) => !unit.includes('@'));

/** What may be running, as systemctl is told: of a template every instance. */
export const RUNNING = systemUnits.map((unit) => unit.replace('@.', '@*.'));

/** The same of each user's own manager. */
export const RUNNING_FOR_USERS = unitsIn(USER_UNITS);

function unitsIn(directory: string): string[] {
  return FILES.flatMap(({ to }) => (dirname(to) === directory ? [basename(to)] : []));
}
