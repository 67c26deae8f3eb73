// How both programs start: under the Node that started them if it is new enough, else under the one that came with the
// packages, else not at all. Plain JavaScript, so that an old Node gets far enough to say so. `npm run build` copies it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_MAJOR = 24;

/**
 * @param {string} name the program, as messages call it
 * @param {string} module what to run, from here
 */
export async function launch(name, module) {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_MAJOR) {
    await import(new URL(module, import.meta.url).href);
    return;
  }
  if (name === 'syncd' && process.env.NOTIFY_SOCKET !== undefined) return refuseService();
  const runtime = ownRuntime();
  if (runtime !== undefined) return runUnder(runtime);
  console.error(`${name} needs Node ${OLDEST_MAJOR} or newer, this is ${process.version}.`);
  console.error(
    'hint: npm ci brings the right one along (do not leave out optional packages), or install a newer Node.',
  );
  process.exitCode = 1;
}

/** systemd hears its main process alone (NotifyAccess=main), and the daemon would be a child of it: never ready. */
function refuseService() {
  console.error(`syncd as a service must be started by Node ${OLDEST_MAJOR} or newer, this is ${process.version}.`);
  console.error('hint: name one in ExecStart= (systemctl edit syncd): /path/to/node /path/to/bin/syncd.js');
  process.exitCode = 2; // only a person can help: RestartPreventExitStatus=
}

/** The Node among the packages: beside this one in a checkout, above it when this is a package among others. */
function ownRuntime() {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(directory, 'node_modules/.bin/node');
    if (existsSync(candidate)) return candidate;
    if (dirname(directory) === directory) return undefined;
    directory = dirname(directory);
  }
}

function runUnder(runtime) {
  const child = spawn(runtime, process.argv.slice(1), { stdio: 'inherit' });
  // Ctrl-C reaches both from the terminal; only the child decides what it means. Kills are passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}
