// Throwaway hosts with a real systemd, by the tool `hosts` beside the checkout. Each test has its own network of them; what
// they run is a snapshot of the sources, because the machine's files must not change under a host. Their disks are mounted
// in a mount namespace that only they share: a copy of the mount in a host of another test would keep a disk alive whose
// power was cut.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { atEnd } from '../system/at-end.ts';
import type { Ended } from '../system/daemon.ts';

const checkout = resolve(import.meta.dirname, '../..');
const tool = resolve(checkout, '../shared/hosts/hosts');
const COMMAND_LIMIT_MS = 200_000;
/** What a host's boot empties: nothing of the machine below these is seen in a host. */
const NOT_IN_HOSTS = ['/tmp/', '/run/', '/dev/', '/proc/', '/sys/'];

/** Why hosts cannot be had here, in words; undefined if they can. */
export function whyNoHosts(): string | undefined {
  if (!existsSync(tool)) return 'skipped: the tool that boots hosts is not beside the checkout';
  try {
    execFileSync(tool, ['check'], { stdio: 'pipe', encoding: 'utf8', env: environment(join(tmpdir(), 'syncd-hosts')) });
    return undefined;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return `skipped: no hosts on this machine: ${said}`;
  }
}

const alive = new Set<Hosts>();
// Also when the test is ended from outside because it took too long.
process.once('SIGTERM', () => process.exit(1));
process.on('exit', () => {
  for (const hosts of alive) hosts.abandon();
});

/** Hosts of a test that can reach one another and nothing else. They are gone when it ends. */
export async function startHosts(t: TestContext): Promise<Hosts> {
  const hold = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', 'echo here; exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(hold.stdout, 'data');
  const hosts = new Hosts(hold);
  atEnd(t, () => hosts.end());
  return hosts;
}

export class Hosts {
  readonly #directory: string;
  /** Lives in their mount namespace. */
  readonly #hold: ChildProcess;
  /** A copy of the programs, at the same path on the machine and in each host. */
  readonly programs: string;

  constructor(hold: ChildProcess) {
    this.#hold = hold;
    this.#directory = mkdtempSync(join(tmpdir(), 'syncd-hosts-'));
    this.programs = mkdtempSync('/var/tmp/syncd-test-');
    alive.add(this);
    for (const part of ['daemon', 'protocol', 'ctl', 'package.json'])
      cpSync(join(checkout, part), join(this.programs, part), { recursive: true });
    const packages = join(checkout, 'node_modules');
    if (isSeenInHosts(packages)) symlinkSync(packages, join(this.programs, 'node_modules'));
    else execFileSync('cp', ['-a', packages, this.programs]);
  }

  /** Node, as the hosts see it. */
  get node(): string {
    return join(this.programs, 'node_modules/.bin/node');
  }

  async end(): Promise<void> {
    await this.does('down');
    this.#clear();
  }

  /** The same at once, for a process that ends. */
  abandon(): void {
    execFileSync('nsenter', this.#inside('down'), { stdio: 'ignore', env: environment(this.#directory) });
    this.#clear();
  }

  #clear(): void {
    alive.delete(this);
    this.#hold.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
    rmSync(this.programs, { recursive: true, force: true });
  }

  #inside(...args: readonly string[]): string[] {
    return ['--mount', `--target=${this.#hold.pid}`, tool, ...args];
  }

  /** The tool as another program may run it, before a verb. */
  get command(): readonly string[] {
    return ['env', `HOSTS_DIR=${this.#directory}`, 'nsenter', ...this.#inside()];
  }

  /** Where the machine sees a file of a host: on its disk below /data, else in its layer. */
  outside(host: string, path: string): string {
    const base = join(`/proc/${this.#hold.pid}/root`, this.#directory, 'host', host);
    return path.startsWith('/data') ? join(base, path) : join(base, 'root', path);
  }

  /** Runs the tool to its end; it must succeed. Answers with what it printed. */
  async does(...args: readonly string[]): Promise<string> {
    const ended = await this.tries(...args);
    if (ended.code !== 0) throw new Error(`hosts ${args.join(' ')}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  }

  /** The same, whatever its exit status. */
  async tries(...args: readonly string[]): Promise<Ended> {
    return new Promise((done) => {
      const options = { env: environment(this.#directory), maxBuffer: 1 << 26, timeout: COMMAND_LIMIT_MS };
      execFile('nsenter', this.#inside(...args), options, (error, stdout, stderr) => {
        done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      }).stdin?.end();
    });
  }

  /** Runs a program in a host, as its root; it must succeed. */
  async run(host: string, ...command: readonly string[]): Promise<string> {
    return this.does('run', host, '--', ...command);
  }
}

function environment(directory: string): NodeJS.ProcessEnv {
  return { ...process.env, HOSTS_DIR: directory };
}

/** Whether a host sees this path of the machine as it is. */
export function isSeenInHosts(path: string): boolean {
  const real = realpathSync(path);
  return !NOT_IN_HOSTS.some((hidden) => real.startsWith(hidden)) && statSync(real).dev === statSync('/').dev;
}
