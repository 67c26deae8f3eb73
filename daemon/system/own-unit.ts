// Which service of systemd this process is, for what is said about it.
import { readFileSync } from 'node:fs';
import { type ServiceUnit, unitIn } from '../../protocol/service-unit.ts';

/** Whether systemd has started this process: systemd.exec(5), from version 248 on. A shell in a service has not. */
export function isService(env = process.env, pid = process.pid): boolean {
  return env['SYSTEMD_EXEC_PID'] === `${pid}`;
}

/** Undefined where somebody else has started it: a shell in some service, for one. */
export function ownUnit(
  env = process.env,
  pid = process.pid,
  cgroups = read('/proc/self/cgroup'),
): ServiceUnit | undefined {
  return isService(env, pid) ? unitIn(cgroups) : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a machine without it
  }
}
