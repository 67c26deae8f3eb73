// What the unit of a service keeps from it: systemd hides, locks and replaces directories by mounts that only the service
// sees, and the errors that come of it are those of a directory that is not there or not ours.
import { mountOf, parseMountinfo, readMountinfo } from './mountinfo.ts';

/** Of the mount that a path is on, or would be. `hidden`: nothing of what others see there; `private`: its own /tmp. */
export type Sandboxed = 'hidden' | 'locked' | 'private';

/** ProtectHome= hides these, by what cannot be entered or, as `tmpfs`, by what is empty. */
const HOMES = ['/home', '/root', '/run/user'];

/** Undefined where the service sees what everybody sees. */
export function sandboxedAt(path: string, mountinfo = readMountinfo()): Sandboxed | undefined {
  const found = mountOf(parseMountinfo(mountinfo), path);
  if (found === undefined) return undefined;
  if (found.root.includes('/systemd-private-')) return 'private';
  if (/\/inaccessible\/\w+$/.test(found.root) || (found.type === 'tmpfs' && HOMES.includes(found.point)))
    return 'hidden';
  // A disk that is read-only for everybody is so in both.
  return found.isReadOnly && !found.isReadOnlyDisk ? 'locked' : undefined;
}
