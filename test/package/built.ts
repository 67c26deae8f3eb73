// The package as `npm run package` makes it, and what is in it.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { node } from '../system/daemon.ts';

const script = resolve(import.meta.dirname, '../../packaging/package.ts');

/** Why it cannot be made here, in words; undefined if it can. */
export function whyNoPackage(): string | undefined {
  for (const tool of ['dpkg-deb', 'strip'])
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
    } catch {
      return `skipped: ${tool} is not installed`;
    }
  return undefined;
}

/** So that a checkout without its history will do. */
export const BUILT_AT_S = 1_795_219_200;

/** Answers with the file. */
export async function buildPackage(out: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(node, [script, '--out', out, ...args], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(BUILT_AT_S), ...env },
  });
  return stdout.trim();
}

/** Unpacks what it would install, and DEBIAN/. */
export function unpackPackage(file: string, to: string): void {
  execFileSync('dpkg-deb', ['--raw-extract', file, to]);
}

/** Of all that is in it, whichever way it is packed. */
export function digestOfPackage(file: string): string {
  const hash = createHash('sha256');
  for (const part of ['--ctrl-tarfile', '--fsys-tarfile'])
    hash.update(execFileSync('dpkg-deb', [part, file], { maxBuffer: 1 << 28 }));
  return hash.digest('hex');
}

/** Where the programs are below what was unpacked. */
export const programsIn = (tree: string): { node: string; syncd: string; syncctl: string; home: string } => {
  const home = join(tree, 'usr/lib/syncd');
  return {
    home,
    node: join(home, 'bin/node'),
    syncd: join(home, 'dist/daemon/main.js'),
    syncctl: join(home, 'dist/ctl/main.js'),
  };
};
