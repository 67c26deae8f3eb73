// A run of the daemon: what it is given by its surroundings, signals, and its end.
import { homedir, hostname } from 'node:os';
import { CodedError } from '../protocol/errors.ts';
import type { StartOptions } from './arguments.ts';
import type { Locations } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { locate } from './config/locations.ts';
import { Daemon } from './daemon.ts';
import { fail } from './fail.ts';
import { openHome } from './home.ts';
import type { Log } from './ports/log.ts';
import { RealClock } from './system/clock.ts';
import { configFiles } from './system/config-files.ts';
import { FailedStarts } from './system/failed-starts.ts';
import { KeyFiles } from './system/key-files.ts';
import { makeLog, underJournal } from './system/log.ts';
import { isService, ownUnit } from './system/own-unit.ts';
import { forbidCoreDumps } from './system/syscalls.ts';
import { openDatagrams } from './system/unix-datagram.ts';
import type { WorkerPool } from './system/worker-pool.ts';
import { SETTLED_MS, Supervisor, watchdogOf } from './supervisor.ts';

/** What is being done is finished or abandoned cleanly within this. */
const STOP_MS = 5_000;

function placesOf(options: StartOptions): Locations {
  const uid = process.getuid?.() ?? 0;
  return locate({ options, env: process.env, uid, homeDir: homedir(), cwd: process.cwd() });
}

function surroundings(locations: Locations) {
  return { files: configFiles, locations, self: undefined, hostName: hostname(), home: homedir() };
}

/** Throws what is wrong with the configuration. */
export function checkConfig(options: StartOptions): void {
  loadConfig(surroundings(placesOf(options)));
}

/** @param workers begun before this was loaded */
export async function run(options: StartOptions, workers: WorkerPool): Promise<void> {
  forbidCoreDumps();
  const locations = placesOf(options);
  const { log: wanted } = loadConfig(surroundings(locations));
  const level = options.logLevel ?? wanted.level;
  const log = makeLog({ level, journal: underJournal(), ...(wanted.file === undefined ? {} : { file: wanted.file }) });
  workers.log = log.log;
  const supervisor = supervisorOf(log.log);
  const failedStarts = supervisor === undefined ? undefined : new FailedStarts(countOf(locations));
  if (supervisor !== undefined && failedStarts !== undefined) await pause(supervisor, failedStarts, workers);
  const givenKey = credential();
  const home = await openHome(locations, givenKey);
  const daemon = new Daemon(
    {
      locations,
      hostName: hostname(),
      homeDir: homedir(),
      isSystem: isSystem(locations),
      givenKey,
      pid: process.pid,
      log,
      fixedLogLevel: options.logLevel !== undefined,
      workers,
    },
    home,
  );
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.log.info('stops', { signal });
    failedStarts?.forget();
    supervisor?.stopping();
    // A thread that waits in the kernel cannot be ended from here, and would keep exit() waiting too.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS).unref();
    const ended = daemon.stop().then(() => log.close());
    ended.then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    const reload = daemon.reload();
    (supervisor?.reloading(reload) ?? reload).catch((error: unknown) => {
      log.log.error('the new configuration is refused; the running one stays', {
        code: error instanceof CodedError ? error.code : 'E_INTERNAL',
        message: error instanceof Error ? error.message : String(error),
      });
    });
  });
  // A failure of one part that nobody caught: said, and the rest goes on. What is half done is derived again.
  process.on('unhandledRejection', (error) =>
    log.log.error('something failed that should not', { code: 'E_INTERNAL', error }),
  );
  supervisor?.opening();
  const started = daemon.start();
  await supervisor?.starting(daemon, started);
  await started;
  setTimeout(() => failedStarts?.forget(), SETTLED_MS).unref();
}

/** Who stops the service while it waits has seen to what failed: then it starts at once. */
async function pause(supervisor: Supervisor, failedStarts: FailedStarts, workers: WorkerPool): Promise<void> {
  const leave = (): void => {
    failedStarts.forget();
    void workers.close().finally(() => process.exit(0));
  };
  process.on('SIGTERM', leave);
  // Nothing else keeps the process alive yet.
  const alive = setInterval(() => undefined, SETTLED_MS);
  await supervisor.pausing(failedStarts.begin());
  clearInterval(alive);
  process.off('SIGTERM', leave);
}

/** Of each unit its own: a second one that is refused on this home waits longer and longer, and the first one does not. */
function countOf({ stateDir }: Locations): string {
  return [`${stateDir}/failed-starts`, ownUnit()?.name].filter((part) => part !== undefined).join('-');
}

/**
 * Undefined where this is no service. One whose unit has no Type=notify is told nothing, but pauses like any other. What is
 * started here is none of it.
 */
function supervisorOf(log: Log): Supervisor | undefined {
  const { NOTIFY_SOCKET: address, ...env } = process.env;
  const watchdogUs = watchdogOf(env, process.pid);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete process.env[name];
  const untold = isService()
    ? new Supervisor({ notify: () => undefined, watchdogUs: undefined }, new RealClock(), log)
    : undefined;
  if (address === undefined || address === '') return untold;
  const notify = openDatagrams(address);
  if (typeof notify === 'function') return new Supervisor({ notify, watchdogUs }, new RealClock(), log);
  // Who is watched and cannot say that it lives would be killed again and again, and nobody would see why.
  if (watchdogUs !== undefined) throw new CodedError('E_SERVICE', `systemd cannot be told anything: ${notify.problem}`);
  log.warn('systemd cannot be told anything', { code: 'E_SERVICE', why: notify.problem });
  return untold;
}

/** root's, or a service whose directory for the socket was made by systemd for it and its group. */
function isSystem({ socket }: Locations): boolean {
  const runtime = process.env['RUNTIME_DIRECTORY']?.split(':')[0] ?? '';
  return process.getuid?.() === 0 || (runtime !== '' && socket.startsWith(`${runtime}/`));
}

/** systemd's LoadCredential: the device's key does not lie in the state directory then. */
function credential(): string | undefined {
  const directory = process.env['CREDENTIALS_DIRECTORY'];
  return directory === undefined ? undefined : new KeyFiles(directory).read('device-key');
}
