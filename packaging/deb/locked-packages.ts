// The packages that the program is made of: those of package-lock.json that are not for development alone and are for this
// kind of machine. Pure.

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** As npm writes it: an SPDX expression. */
  readonly license: string;
  /** Below the repository's root, such as node_modules/ws. */
  readonly path: string;
}

/** What makes and looks up native add-ons, or holds the headers for it: nothing of it is loaded by what we install. */
const BUILD_ONLY = new Set(['node-addon-api']);

interface Entry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly cpu?: readonly string[] | string;
  readonly os?: readonly string[] | string;
  readonly libc?: readonly string[];
}

export function lockedPackages(lockFile: string, cpu: string): LockedPackage[] {
  // npm writes it; `npm ci` refuses one that is not in its form.
  const { packages } = JSON.parse(lockFile) as { packages: Readonly<Record<string, Entry>> };
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && entry.dev !== true && isForMachine(entry, cpu))
    .map(([path, { version = '', license = '' }]) => ({ name: nameOf(path), version, license, path }))
    .filter(({ name }) => !BUILD_ONLY.has(name))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Node itself. */
export function isRuntime({ name }: Pick<LockedPackage, 'name'>): boolean {
  return name.startsWith('node-linux-');
}

function isForMachine({ cpu: cpus, os, libc }: Entry, cpu: string): boolean {
  const allows = (list: readonly string[] | string | undefined, one: string): boolean =>
    list === undefined || list.includes(one);
  return allows(cpus, cpu) && allows(os, 'linux') && allows(libc, 'glibc');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
