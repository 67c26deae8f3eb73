// Which service of systemd this process is, for what is said about it.
import { readFileSync } from 'node:fs';

export interface OwnUnit {
  /** `syncd.service`, `syncd@ana.service`. */
  readonly name: string;
  /** Of a user's own manager: `systemctl --user`. */
  readonly ofUser: boolean;
}

/** Undefined where somebody else has started it: a shell in some service, for one. */
export function ownUnit(
  env = process.env,
  pid = process.pid,
  cgroups = read('/proc/self/cgroup'),
): OwnUnit | undefined {
  if (env['SYSTEMD_EXEC_PID'] !== `${pid}`) return undefined;
  // cgroups(7): with both versions, either may be where systemd has its tree.
  for (const [, path = ''] of cgroups.matchAll(/^(?:0:|\d+:name=systemd):(.*)$/gm)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.endsWith('.service')) return { name, ofUser: /\/user@\d+\.service\//.test(path) };
  }
  return undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a machine without it
  }
}
