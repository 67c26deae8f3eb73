// Runs one of the project's scripts with the project's own Node, after installing what is missing: so `npm test` and
// `npm run demo` work as the first command in a fresh checkout. Plain JavaScript without packages, because it starts
// under whatever Node (20 or newer) the machine has.
//   node packaging/run.mjs SCRIPT.ts [ARGUMENT…]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtime = join(root, 'node_modules/.bin/node');
const setupLock = join(root, '.setup.lock');

const [script, ...rest] = process.argv.slice(2);
if (script === undefined) stopWith('usage: node packaging/run.mjs SCRIPT.ts [ARGUMENT…]');
if (process.platform !== 'linux') stopWith(`syncd runs on Linux; this is ${process.platform}.`);
if (!isInstalled()) await install();
checkRuntime();
run(join(root, script), rest);

/** Whether node_modules holds what package-lock.json asks for; what is optional may be absent (other processors). */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    if (present[path] === undefined) return optional === true && !isOwnRuntime(path);
    return present[path].version === version && existsSync(join(root, path, 'package.json'));
  });
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? {};
  } catch {
    return {}; // not there, or cut off: nothing is known to be installed
  }
}

function isOwnRuntime(path) {
  return path === `node_modules/node-linux-${process.arch}`;
}

/** `npm ci`; when two scripts start at the same moment, the second waits and then finds it done. */
async function install() {
  while (!takeSetupLock()) await sleep(200);
  const problem = isInstalled() ? undefined : installNow();
  rmSync(setupLock, { force: true });
  if (problem !== undefined) stopWith(problem);
}

function installNow() {
  console.error('Installing what package-lock.json lists (once, about half a minute) …');
  const npm = npmCommand();
  // `--include`: a NODE_ENV=production outside would leave out what the tests need.
  const flags = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund'];
  const stdio = ['ignore', 'ignore', 'inherit'];
  const { status, error } = spawnSync(npm.file, [...npm.args, ...flags], { cwd: root, stdio });
  if (error) return `npm could not be started: ${error.message}`;
  return status === 0 ? undefined : 'npm ci failed; what it said stands above.';
}

function takeSetupLock() {
  try {
    writeFileSync(setupLock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isRunning(Number(readFileSync(setupLock, 'utf8')))) rmSync(setupLock, { force: true }); // left by a kill
  return false;
}

function isRunning(pid) {
  if (!pid) return true; // just being written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The npm that started us, else the one in the PATH. */
function npmCommand() {
  const started = process.env.npm_execpath;
  const isNpm = started !== undefined && basename(started) === 'npm-cli.js';
  return isNpm ? { file: process.execPath, args: [started] } : { file: 'npm', args: [] };
}

function checkRuntime() {
  const { status, stdout, error } = spawnSync(runtime, ['--version'], { encoding: 'utf8' });
  const major = Number(/^v(\d+)\./.exec(stdout ?? '')?.[1]);
  if (status === 0 && major >= 24) return;
  const found = error?.code === 'ENOENT' || !existsSync(runtime) ? 'it is not there' : 'it does not run here';
  stopWith(
    `The project's own Node (node_modules/.bin/node) is needed, and ${found}.\n` +
      `It comes for 64-bit Intel and ARM with glibc; this machine is ${process.arch}.\n` +
      'Remove node_modules and try again if it was copied from another machine.',
  );
}

function run(file, args) {
  const child = spawn(runtime, [file, ...args], { cwd: process.cwd(), stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; the script decides when to end, we only wait for it. A kill is passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => stopWith(error.message));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function stopWith(message) {
  console.error(message);
  process.exit(1);
}
