// The control part of the package: who it is, what it needs, its checksums and its scripts.
import { createHash } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFFILES, RUNNING, RUNNING_FOR_USERS, UNITS } from './files.ts';
import { debianVersion } from './version.ts';

export const MAINTAINER = 'syncd maintainers <maintainers@users.noreply.b-seed-3aa27d06.example>';

/** As Debian names processors. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** What Node and the add-ons are linked against, and systemd for the user and the unit. */
const DEPENDS = 'libc6 (>= 2.34), libstdc++6 (>= 11), libgcc-s1, libatomic1, systemd';

/** setfacl, which daemon/unusable-root.ts advises where the service may not write. */
const SUGGESTS = 'acl';

/** What the scripts name as @UNITS@ and so on. */
const LISTS: Readonly<Record<string, readonly string[]>> = { UNITS, RUNNING, RUNNING_FOR_USERS };

const DESCRIPTION = `keeps folders the same on several machines
 syncd is a daemon that keeps folders the same on several Linux machines, in
 both directions, within moments of a change, and without losing one. Older
 contents are kept and can be brought back; conflicts keep both contents.
 .
 syncctl adds folders, pairs devices, and shows how everything stands.
 .
 The package brings the Node that it runs under. Nothing is started or enabled
 by its installation: systemctl enable --now syncd.`;

export function debianArchitecture(cpu: string): string {
  const name = ARCHITECTURES[cpu];
  if (name === undefined) throw new Error(`there is no package for ${cpu}: ${Object.keys(ARCHITECTURES).join(', ')}`);
  return name;
}

/** Writes DEBIAN/ for the files that are in the tree. */
export function placeControl(repository: string, tree: string, version: string, cpu: string): void {
  const files = globSync('**', { cwd: tree, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tree.length + 1))
    .sort();
  const control = join(tree, 'DEBIAN');
  mkdirSync(control);
  const write = (name: string, text: string): void => writeFileSync(join(control, name), text);
  write('control', describe(version, cpu, installedKiB(tree, files)));
  write('conffiles', CONFFILES.map((path) => `/${path}\n`).join(''));
  write(
    'md5sums',
    files
      .filter((path) => !CONFFILES.includes(path))
      .map((path) => checksum(tree, path))
      .join(''),
  );
  for (const name of ['postinst', 'prerm', 'postrm']) {
    const script = readFileSync(join(repository, 'packaging/deb/scripts', name), 'utf8');
    write(
      name,
      script.replaceAll(/@([A-Z_]+)@/g, (_, list: string) => (LISTS[list] ?? []).map((unit) => `'${unit}'`).join(' ')),
    );
    chmodSync(join(control, name), 0o755);
  }
}

function describe(version: string, cpu: string, sizeKiB: number): string {
  const fields = {
    Package: 'syncd',
    Version: debianVersion(version),
    Architecture: debianArchitecture(cpu),
    Maintainer: MAINTAINER,
    'Installed-Size': String(sizeKiB),
    Depends: DEPENDS,
    Suggests: SUGGESTS,
    Section: 'net',
    Priority: 'optional',
    Description: DESCRIPTION,
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

/** As Debian policy counts: each file rounded up to 1 KiB, and 1 KiB for anything else. */
function installedKiB(tree: string, files: readonly string[]): number {
  const directories = new Set(
    files.flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))),
  );
  return files.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), directories.size);
}

function checksum(tree: string, path: string): string {
  return `${createHash('md5')
    .update(readFileSync(join(tree, path)))
    .digest('hex')}  ${path}\n`;
}
