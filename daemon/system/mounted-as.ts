// Of which type a mount is. mountinfo (proc(5)) names also what a FUSE is made by; statfs(2) knows the kind alone, by numbers.
import { statfsSync } from 'node:fs';
import { parseMountinfo, readMountinfo } from './mountinfo.ts';

/** statfs(2), for where /proc does not say: what is changed by other machines, and FUSE. */
const BY_MAGIC: ReadonlyMap<number, string> = new Map([
  [0x0102_1997, '9p'],
  [0x00c3_6400, 'ceph'],
  [0xff53_4d42, 'cifs'],
  [0xfe53_4d42, 'cifs'],
  [0x0000_517b, 'smbfs'],
  [0x0000_6969, 'nfs'],
  [0x5346_414f, 'afs'],
  [0x7375_7245, 'coda'],
  [0x6573_5546, 'fuse'],
]);

/** The type of the mount with this device number, for what lies at `path`. Undefined where nobody can say. */
export function mountType(path: string, dev: bigint): string | undefined {
  return byMountinfo(dev) ?? BY_MAGIC.get(statfsSync(path).type);
}

function byMountinfo(dev: bigint): string | undefined {
  // makedev(3): the lower 8 bits of minor, 12 of major, then the upper ones of both.
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return parseMountinfo(readMountinfo()).find(({ device }) => device === `${major}:${minor}`)?.type;
}
