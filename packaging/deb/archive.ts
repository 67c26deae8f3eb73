// From the tree to the .deb: the same bytes each time, whoever makes it, and whenever.
import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, lutimesSync, lstatSync } from 'node:fs';
import { join } from 'node:path';

/** How dpkg-deb packs: small, or soon done for a package that is only tried out. -z6 takes four times the time of -z2 for 4 MB. */
export type Packing = 'small' | 'fast';

const PACKING: Readonly<Record<Packing, readonly string[]>> = { small: ['-Zxz', '-z2'], fast: ['-Zgzip', '-z1'] };

/** Owners, modes, times and order are all that files have beside their contents. */
export function makeArchive(tree: string, file: string, atS: number, packing: Packing): void {
  const paths = ['', ...globSync('**', { cwd: tree })].sort();
  for (const path of paths) {
    const place = join(tree, path);
    const status = lstatSync(place);
    if (status.isDirectory()) chmodSync(place, 0o755);
    else if (status.isFile()) chmodSync(place, (status.mode & 0o100) === 0 ? 0o644 : 0o755);
    lutimesSync(place, atS, atS);
  }
  execFileSync('dpkg-deb', ['--root-owner-group', ...PACKING[packing], '--build', tree, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(atS) },
  });
}
