// /usr/lib/syncd: the compiled program, the packages that it needs, and the Node that it runs under.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { type LockedPackage, isRuntime, lockedPackages } from './locked-packages.ts';
import { isNeeded } from './needed-files.ts';

/** Where the package keeps the program. */
export const HOME = 'usr/lib/syncd';

/** Below it: what each command is. */
const PROGRAMS = { syncd: 'dist/daemon/main.js', syncctl: 'dist/ctl/main.js' } as const;

/** Puts the program into the tree. Answers with the packages that are in it. */
export function placeProgram(repository: string, tree: string, version: string): LockedPackage[] {
  const home = join(tree, HOME);
  run(process.execPath, [join(repository, 'packaging/build.ts'), join(home, 'dist')]);
  // What finds a Node for an npm package: here it is known which one.
  rmSync(join(home, 'dist/bin'), { recursive: true });
  writeFileSync(join(home, 'package.json'), `${JSON.stringify({ name: 'syncd', version, type: 'module' })}\n`);
  const packages = lockedPackages(readFileSync(join(repository, 'package-lock.json'), 'utf8'), process.arch);
  for (const one of packages) {
    if (isRuntime(one)) placeRuntime(join(repository, one.path), home);
    else placePackage(join(repository, one.path), join(home, one.path), one);
  }
  for (const [name, file] of Object.entries(PROGRAMS)) placeCommand(tree, name, file);
  return packages;
}

function placePackage(from: string, to: string, { name, path, version }: LockedPackage): void {
  if (!existsSync(join(from, 'package.json'))) throw new Error(`${path} ${version} is not installed: npm ci`);
  const files = globSync('**', { cwd: from, withFileTypes: true, exclude: (entry) => entry.name === 'node_modules' });
  for (const entry of files) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const within = file.slice(from.length + 1);
    if (!isNeeded(name, within, process.arch)) continue;
    const placed = join(to, within);
    mkdirSync(dirname(placed), { recursive: true });
    copyFileSync(file, placed);
    if (placed.endsWith('.node')) strip(placed);
    chmodSync(placed, 0o644);
  }
}

function placeRuntime(from: string, home: string): void {
  const runtime = join(home, 'bin/node');
  mkdirSync(dirname(runtime), { recursive: true });
  copyFileSync(join(from, 'bin/node'), runtime);
  strip(runtime);
  chmodSync(runtime, 0o755);
}

/** Takes out what only a debugger needs: of Node alone 33 MB. */
function strip(file: string): void {
  run('strip', ['--strip-unneeded', '--remove-section=.comment', '--remove-section=.note', file]);
}

/** systemd watches the process that it starts, so the shell must become it. */
function placeCommand(tree: string, name: string, program: string): void {
  const command = join(tree, 'usr/bin', name);
  mkdirSync(dirname(command), { recursive: true });
  // Of itself V8 lets the young generation grow to 64 MB; a quarter of that costs no time that can be measured.
  const flags = '--max-semi-space-size=8';
  writeFileSync(command, `#!/bin/sh\nexec /${HOME}/bin/node ${flags} /${HOME}/${program} "$@"\n`);
  chmodSync(command, 0o755);
}

function run(command: string, args: readonly string[]): void {
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).error) throw new Error(`${command} is not installed`);
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
