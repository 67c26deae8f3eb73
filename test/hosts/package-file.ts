// The Debian package of this checkout, made once for all tests of a run: by the first that needs it, and again only when
// something has changed that goes into it.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockFile } from '../../daemon/index/home-lock.ts';
import { buildPackage } from '../package/built.ts';
import { waitFor } from '../system/wait-for.ts';

const checkout = resolve(import.meta.dirname, '../..');
const place = join(checkout, 'out/for-tests');
const INPUTS = [
  '{daemon,protocol,ctl,packaging,systemd,docs}/**/*',
  '{package,package-lock,tsconfig*}.json',
  '{CHANGELOG,README}.md',
  'LICENSE',
];
const BUILD_LIMIT_MS = 180_000;

/** Its path. */
export async function packageFile(): Promise<string> {
  mkdirSync(place, { recursive: true });
  const lock = await waitFor('another test makes the package', lockOrNothing, BUILD_LIMIT_MS);
  try {
    const file = join(place, `${hashOfInputs()}.deb`);
    if (existsSync(file)) return file;
    for (const older of globSync('*.deb', { cwd: place })) rmSync(join(place, older));
    const made = await buildPackage(join(place, 'new'), ['--fast']);
    renameSync(made, file);
    return file;
  } finally {
    lock.release();
  }
}

function lockOrNothing(): ReturnType<typeof lockFile> | undefined {
  try {
    return lockFile(join(place, 'lock.db'), 'E_HOME_LOCKED');
  } catch {
    return undefined;
  }
}

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const files = globSync(INPUTS, { cwd: checkout, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort())
    hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}
