// Real daemons for system tests: started from the checkout, each with a home of its own under the temporary directory,
// spoken to by the real syncctl only. Whatever a test starts ends with it, also when it fails.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { ownPort } from './own-port.ts';
import type { StatusAnswer } from './status.ts';
import { assertSameTrees } from './trees.ts';
import { waitFor } from './wait-for.ts';

const root = resolve(import.meta.dirname, '../..');
export const node = join(root, 'node_modules/.bin/node');
export const syncd = join(root, 'daemon/main.ts');
export const syncctl = join(root, 'ctl/main.ts');

/** Longer than any command of a test may take; `wait` has its own, shorter limits. */
const COMMAND_LIMIT_MS = 150_000;
const STOP_LIMIT_MS = 10_000;
const LOG_LINES_SHOWN = 60;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DaemonOptions {
  readonly name: string;
  /** Lines of config.yaml after `name:`. */
  readonly config?: string;
  /** Further arguments of syncd. */
  readonly args?: readonly string[];
  /** Instead of the checkout's own. */
  readonly program?: string;
  /** A program that runs it with less than the tests have, and its arguments. */
  readonly under?: readonly string[];
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A directory that is removed when the test ends. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  atEnd(t, () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

export class Daemon {
  readonly name: string;
  readonly home: string;
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #under: readonly string[];
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  constructor(home: string, options: DaemonOptions) {
    this.name = options.name;
    this.home = home;
    this.#program = options.program ?? syncd;
    this.#args = options.args ?? [];
    this.#under = options.under ?? [];
    this.#logFile = `${home}.log`;
    mkdirSync(home, { recursive: true });
    this.configure(options.config ?? '');
  }

  get pid(): number {
    assert.ok(this.#child?.pid !== undefined, `${this.name} runs`);
    return this.#child.pid;
  }

  /** Replaces config.yaml; takes effect at the next start or reload. */
  configure(text: string): void {
    writeFileSync(join(this.home, 'config.yaml'), `name: ${this.name}\n${text}`);
  }

  /** Starts the daemon and waits until it answers. */
  async start(): Promise<void> {
    const log = openSync(this.#logFile, 'a');
    const [program = node, ...args] = [...this.#under, node, this.#program, '--home', this.home, ...this.#args];
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: environment(),
    });
    closeSync(log);
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const socket = join(this.home, 'syncd.sock');
    await waitFor(`${this.name} answers`, async () => {
      if (hasEnded(child)) throw new Error(`${this.name} ended at its start:\n${this.logs()}`);
      return existsSync(socket) && (await this.ctl('status')).code === 0;
    });
    this.#keepPort();
  }

  /** It listens there when somebody has to dial it, as if it had done so before. Nobody else takes it while this one is stopped. */
  #keepPort(): void {
    const state = join(this.home, 'state');
    const file = join(state, 'listen-port');
    if (!existsSync(state) || existsSync(file)) return;
    writeFileSync(file, `${ownPort()}\n`, { mode: 0o600 });
    // The daemon may run as another user than the test.
    const { uid, gid } = statSync(state);
    chownSync(file, uid, gid);
  }

  /** SIGTERM; answers with the exit status. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** SIGKILL: what a crash leaves. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  isRunning(): boolean {
    return this.#child !== undefined && !hasEnded(this.#child);
  }

  /** Runs syncctl against this daemon to its end, whatever its exit status. */
  async ctl(...args: readonly string[]): Promise<Ended> {
    return runProgram([syncctl, '--home', this.home, ...args]);
  }

  /** The same, and it must exit 0. Answers with standard output. */
  async ok(...args: readonly string[]): Promise<string> {
    const ended = await this.ctl(...args);
    assert.equal(ended.code, 0, `syncctl ${args.join(' ')} on ${this.name}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  }

  /** The one value that a command prints with --json. */
  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.ok('--json', ...args));
  }

  async status(): Promise<StatusAnswer> {
    // The promised shape; operate.test.ts holds it.
    return (await this.json('status')) as StatusAnswer;
  }

  async folder(name: string): Promise<StatusAnswer['folders'][number]> {
    const folder = (await this.status()).folders.find((each) => each.name === name);
    assert.ok(folder, `${this.name} has the folder ${name}`);
    return folder;
  }

  /** Bytes that this device has sent to and received from all its peers since it started. */
  async traffic(): Promise<{ sent: number; received: number }> {
    const { peers } = await this.status();
    return {
      sent: peers.reduce((sum, peer) => sum + peer.bytes_sent, 0),
      received: peers.reduce((sum, peer) => sum + peer.bytes_received, 0),
    };
  }

  /** The last lines of its log. */
  logs(): string {
    if (!existsSync(this.#logFile)) return '';
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return child?.exitCode ?? null;
    child.kill(signal);
    await waitFor(`${this.name} ends by ${signal}`, () => hasEnded(child), STOP_LIMIT_MS);
    return child.exitCode;
  }
}

/** A daemon that runs until the test ends. When the test fails, the end of its log is shown. */
export async function startDaemon(t: TestContext, options: DaemonOptions): Promise<Daemon> {
  const daemon = makeDaemon(t, options);
  await daemon.start();
  return daemon;
}

/** The same, not started yet. */
export function makeDaemon(t: TestContext, options: DaemonOptions): Daemon {
  const daemon = new Daemon(join(temporaryDirectory(t), options.name), options);
  atEnd(t, async () => {
    if (!t.passed) t.diagnostic(`log of ${daemon.name}:\n${daemon.logs()}`);
    await daemon.kill();
  });
  return daemon;
}

/** Adds the folder on one device and joins it on the other, by the three commands that users type. */
export async function pair(
  inviter: Daemon,
  joiner: Daemon,
  folder: string,
  paths: readonly [string, string],
): Promise<void> {
  const known = (await inviter.status()).folders.some((each) => each.name === folder);
  if (!known) await inviter.ok('add-folder', folder, paths[0]);
  const invitation = (await inviter.ok('invite', folder)).trim();
  await joiner.ok('join', invitation, paths[1]);
}

/** Waits until the devices, one after the other, say that the folder is the same everywhere. */
export async function settle(folder: string, ...daemons: readonly Daemon[]): Promise<void> {
  for (const daemon of daemons) await daemon.ok('wait', folder, '--timeout', '90');
}

/** Two running devices with the folder `docs` in common. */
export interface Pair {
  readonly hub: Daemon;
  readonly laptop: Daemon;
  /** The folder's root on the hub, and on the laptop. */
  readonly left: string;
  readonly right: string;
  /** Waits on both, then compares the trees. */
  same(): Promise<void>;
}

/**
 * Two devices, paired, in sync.
 * @param options.before Fills the roots before anything runs.
 */
export async function startPair(
  t: TestContext,
  options: {
    readonly before?: (left: string, right: string) => void;
    /** For both devices: lines of config.yaml. */
    readonly config?: string;
  } = {},
): Promise<Pair> {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(left);
  mkdirSync(right);
  options.before?.(left, right);
  const config = options.config ?? '';
  const [hub, laptop] = await Promise.all([
    startDaemon(t, { name: 'hub', config }),
    startDaemon(t, { name: 'laptop', config }),
  ]);
  await pair(hub, laptop, 'docs', [left, right]);
  const same = async (): Promise<void> => {
    await settle('docs', hub, laptop);
    assertSameTrees(left, right);
  };
  await same();
  return { hub, laptop, left, right, same };
}

/** Runs one of the programs under the project's Node to its end. */
export async function runProgram(args: readonly string[], cwd?: string): Promise<Ended> {
  return new Promise((done) => {
    const options = { env: environment(), maxBuffer: 1 << 28, timeout: COMMAND_LIMIT_MS, cwd };
    execFile(node, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ code, stdout, stderr });
    }).stdin?.end();
  });
}

/** Nothing of the surroundings may point the programs elsewhere. */
function environment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of [
    'SYNCD_HOME',
    'SYNCD_SOCKET',
    'JOURNAL_STREAM',
    'NOTIFY_SOCKET',
    'NODE_TEST_CONTEXT',
    'FORCE_COLOR',
  ])
    delete env[name];
  return env;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
