// What `npm run build` makes: programs that start under the right Node, and say what is wrong under an old one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { VERSION } from '../../daemon/version.ts';
import { node, runProgram, startDaemon, temporaryDirectory } from './daemon.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
/** Makes Node believe, before the program starts, that it is an old one. */
const AS_OLD_NODE = [
  '--import',
  `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.1.0'});Object.defineProperty(process,'version',{value:'v20.1.0'})`,
];

test('the built programs start, also when an old Node finds the right one beside them', async (t) => {
  const place = await build(t);
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));

  for (const program of ['syncd.js', 'syncctl.js']) {
    const file = join(place, 'dist/bin', program);
    assert.equal(statSync(file).mode & 0o111, 0o111, 'it can be executed');
    const direct = await runProgram([file, '--help']);
    assert.equal(direct.code, 0, direct.stderr);
    assert.match(direct.stdout, /--home/);
    const viaOldNode = await runProgram([...AS_OLD_NODE, file, '--help']);
    assert.equal(viaOldNode.stdout, direct.stdout);
    assert.equal(viaOldNode.code, 0);
  }
});

test('the built daemon finds its threads and its watcher, and what fails in a thread keeps its code', async (t) => {
  const place = await build(t);
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  const docs = join(place, 'docs');
  mkdirSync(docs);
  writeFileSync(join(docs, 'a.txt'), 'hello');
  const daemon = await startDaemon(t, {
    name: 'built',
    program: join(place, 'dist/bin/syncd.js'),
    config: `folders: { docs: { path: ${docs} } }\n`,
  });

  await waitFor('a thread has read the file', async () => (await daemon.folder('docs')).files === 1);
  await waitFor('the watcher has begun', () => daemon.logs().includes('"msg":"watching"'));
  const refused = await daemon.ctl('add-folder', 'other', join(place, 'package.json'));
  assert.match(refused.stderr, /E_FOLDER_PATH/);
});

test('under an old Node alone the programs say which one they need', async (t) => {
  const place = await build(t);

  const ended = await runProgram([...AS_OLD_NODE, join(place, 'dist/bin/syncd.js'), '--version']);

  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^syncd needs Node 24 or newer, this is v20\.1\.0\.\nhint: /);
});

test('npm packs the programs and nothing of the checkout; where it is installed they run under the Node outside', async (t) => {
  const place = await build(t);
  for (const name of ['README.md', 'LICENSE']) copyFileSync(join(root, name), join(place, name));
  cpSync(join(root, 'systemd'), join(place, 'systemd'), { recursive: true });

  const { stdout } = await run('npm', ['pack', '--json'], { cwd: place });

  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  assert.ok(packed !== undefined);
  const wrong = packed.files.filter(
    ({ path }) => !/^(?:dist\/.+\.js|systemd\/.+\.service|package\.json|README\.md|LICENSE)$/.test(path),
  );
  assert.deepEqual(wrong, []);
  // As `npm install --global` lays it out, but that nothing is fetched.
  const installed = join(place, 'lib/node_modules/syncd');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xf', join(place, packed.filename), '--strip-components=1', '-C', installed]);
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'));
  mkdirSync(join(place, 'bin'));
  symlinkSync(node, join(place, 'bin/node'));
  for (const program of ['syncd', 'syncctl']) {
    const command = join(place, 'bin', program);
    symlinkSync(join(installed, 'dist/bin', `${program}.js`), command);
    const said = await run(command, ['--version'], { env: { PATH: `${join(place, 'bin')}:/usr/bin:/bin` } });
    assert.equal(said.stdout, `${program} ${VERSION}\n`);
  }
});

/** Builds into a directory of its own, with the package.json that says these are ES modules. */
async function build(t: TestContext): Promise<string> {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'dist'));
  copyFileSync(join(root, 'package.json'), join(place, 'package.json'));
  await new Promise<void>((done, fail) => {
    execFile(node, [join(root, 'packaging/build.ts'), join(place, 'dist')], (error, stdout) =>
      error === null ? done() : fail(new Error(stdout)),
    );
  });
  return place;
}
