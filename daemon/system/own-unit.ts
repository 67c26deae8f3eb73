// Which service of systemd this process is, for what is said about it.
import { readFileSync } from 'node:fs';
import { type ServiceUnit, unitIn } from '../../protocol/service-unit.ts';

/** Undefined where somebody else has started it: a shell in some service, for one. */
export function ownUnit(
  env = process.env,
  pid = process.pid,
  cgroups = read('/proc/self/cgroup'),
): ServiceUnit | undefined {
  return env['SYSTEMD_EXEC_PID'] === `${pid}` ? unitIn(cgroups) : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a machine without it
  }
}
