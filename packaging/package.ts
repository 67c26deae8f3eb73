// Makes the Debian package from what is installed below node_modules: nothing is fetched.
//   npm run package [-- --out DIRECTORY] [--version VERSION] [--fast]
// --fast packs less, for a package that is only tried out. The files in it are the same.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { VERSION } from '../daemon/version.ts';
import { makeArchive } from './deb/archive.ts';
import { readChangelog, releasedAt } from './deb/changelog.ts';
import { debianArchitecture } from './deb/control.ts';
import { makeTree } from './deb/tree.ts';
import { debianVersion } from './deb/version.ts';

const repository = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(repository, 'out') },
    version: { type: 'string', default: VERSION },
    fast: { type: 'boolean', default: false },
  },
});

const edition = { version: values.version, atS: timeOfEdition() };
const out = resolve(values.out);
const file = join(out, `syncd_${debianVersion(edition.version)}_${debianArchitecture(process.arch)}.deb`);
const place = mkdtempSync(join(tmpdir(), 'syncd-package-'));
try {
  makeTree(repository, join(place, 'tree'), edition);
  mkdirSync(out, { recursive: true });
  makeArchive(join(place, 'tree'), file, edition.atS, values.fast ? 'fast' : 'small');
} finally {
  rmSync(place, { recursive: true, force: true });
}
console.log(file);

/** SOURCE_DATE_EPOCH if somebody says so; the date of the release; of what is not released, that of the last commit. */
function timeOfEdition(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return Number(given);
  const released = releasedAt(readChangelog(readFileSync(join(repository, 'CHANGELOG.md'), 'utf8')));
  if (released !== undefined) return released;
  try {
    return Number(
      execFileSync('git', ['-C', repository, '-c', 'safe.directory=*', 'log', '-1', '--format=%ct'], {
        encoding: 'utf8',
      }),
    );
  } catch (error) {
    throw new Error('this version is not released, and here is no git: set SOURCE_DATE_EPOCH', { cause: error });
  }
}
