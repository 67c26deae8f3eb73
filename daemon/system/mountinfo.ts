// What is mounted where, as this process sees it: /proc/self/mountinfo (proc(5)).
import { readFileSync } from 'node:fs';

export interface Mount {
  /** major:minor of the file system. */
  readonly device: string;
  /** What of the file system is mounted, and where. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly isReadOnly: boolean;
  readonly isReadOnlyDisk: boolean;
}

/** Empty on a machine without it. */
export function readMountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

/** In the order in which they were mounted. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap(parseMount);
}

/** The mount that a path is on, or would be: of two on one place the later one covers the other. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts
    .filter(({ point }) => isWithin(path, point))
    .reduce<Mount | undefined>(
      (found, one) => (found && found.point.length > one.point.length ? found : one),
      undefined,
    );
}

/** The path is the directory, or below it. */
export function isWithin(path: string, dir: string): boolean {
  return dir === '/' || path === dir || path.startsWith(`${dir}/`);
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, with any number before the dash. */
function parseMount(line: string): Mount[] {
  const [head = '', tail = ''] = line.split(' - ', 2);
  const [, , device, root, point, options] = head.split(' ');
  const [type, , diskOptions] = tail.split(' ');
  if (device === undefined || root === undefined || point === undefined) return [];
  if (options === undefined || type === undefined) return [];
  const isReadOnly = options.split(',').includes('ro');
  const isReadOnlyDisk = diskOptions?.split(',').includes('ro') ?? false;
  return [{ device, root: unescaped(root), point: unescaped(point), type, isReadOnly, isReadOnlyDisk }];
}

/** Spaces, tabs, line ends and backslashes are written as three octal digits. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
