// What the package installs beside the program: one row a file, from the repository to its place on the machine.

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
  { from: 'packaging/deb/files/sysctl.conf', to: 'usr/lib/sysctl.d/30-syncd.conf' },
  { from: 'packaging/deb/files/lintian-overrides', to: 'usr/share/lintian/overrides/syncd' },
];

/** What dpkg asks about before it replaces what an administrator has changed. */
export const CONFFILES: readonly string[] = FILES.map(({ to }) => to).filter((to) => to.startsWith('etc/'));

const systemUnits: readonly string[] = FILES.flatMap(({ to }) => {
  const [, unit] = to.split(`${SYSTEM_UNITS}/`);
  return unit === undefined || unit.includes('/') ? [] : [unit];
});

/** What an administrator may have enabled: templates by their own name. */
export const UNITS = systemUnits;

/** What may be running, as systemctl is told: of a template every instance. */
export const RUNNING = systemUnits.map((unit) => unit.replace('@.', '@*.'));
