// Which service of systemd a process belongs to, by its cgroups. The daemon asks that of itself, syncctl of the daemon.

export interface ServiceUnit {
  /** `syncd.service`, `syncd@ana.service`. */
  readonly name: string;
  /** Of a user's own manager: `systemctl --user`. */
  readonly ofUser: boolean;
}

/** @param cgroups what /proc/PID/cgroup says (cgroups(7)): of both versions, either may be where systemd has its tree */
export function unitIn(cgroups: string): ServiceUnit | undefined {
  for (const [, path = ''] of cgroups.matchAll(/^(?:0:|\d+:name=systemd):(.*)$/gm)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.endsWith('.service')) return { name, ofUser: /\/user@\d+\.service\//.test(path) };
  }
  return undefined;
}

/** As it is typed: without what systemctl and journalctl add by themselves. */
export function shortName({ name }: ServiceUnit): string {
  return name.replace(/\.service$/, '');
}
