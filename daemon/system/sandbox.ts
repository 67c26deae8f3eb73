// What the unit of a service keeps from it: systemd hides, locks and replaces directories by mounts that only the service
// sees, and the errors that come of it are those of a directory that is not there or not ours.
import { readFileSync } from 'node:fs';

/** Of the mount that a path is on, or would be. `hidden`: nothing of what others see there; `private`: its own /tmp. */
export type Sandboxed = 'hidden' | 'locked' | 'private';

/** ProtectHome= hides these, by what cannot be entered or, as `tmpfs`, by what is empty. */
const HOMES = ['/home', '/root', '/run/user'];

/** Undefined where the service sees what everybody sees. */
export function sandboxedAt(path: string, mountinfo = readMountinfo()): Sandboxed | undefined {
  let found: Mount | undefined;
  for (const mount of mountinfo.split('\n').flatMap(parseMount)) {
    const within = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
    // Of two on one place the later one covers the other.
    if (within && (found === undefined || mount.point.length >= found.point.length)) found = mount;
  }
  if (found === undefined) return undefined;
  if (found.root.includes('/systemd-private-')) return 'private';
  if (/\/inaccessible\/\w+$/.test(found.root) || (found.type === 'tmpfs' && HOMES.includes(found.point)))
    return 'hidden';
  // A disk that is read-only for everybody is so in both.
  return found.isReadOnly && !found.isReadOnlyDisk ? 'locked' : undefined;
}

interface Mount {
  /** What of the file system is mounted, and where. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly isReadOnly: boolean;
  readonly isReadOnlyDisk: boolean;
}

/** proc(5): `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, with any number before the dash. */
function parseMount(line: string): Mount[] {
  const [head = '', tail = ''] = line.split(' - ', 2);
  const [, , , root, point, options] = head.split(' ');
  const [type, , diskOptions] = tail.split(' ');
  if (root === undefined || point === undefined || options === undefined || type === undefined) return [];
  const isReadOnly = options.split(',').includes('ro');
  const isReadOnlyDisk = diskOptions?.split(',').includes('ro') ?? false;
  return [{ root: unescaped(root), point: unescaped(point), type, isReadOnly, isReadOnlyDisk }];
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

function readMountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return ''; // a machine without it
  }
}
