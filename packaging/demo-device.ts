// One of the demo's two devices: a daemon of its own with a home in the demo's directory, driven by syncctl alone.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '..');
const node = join(root, 'node_modules/.bin/node');
const POLL_MS = 50;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

export class Device {
  readonly name: string;
  readonly home: string;
  readonly logFile: string;
  readonly #daemon: ChildProcess;
  readonly #followers = new Set<ChildProcess>();

  /** Starts the daemon. `detached`: Ctrl-C is for the demo, which ends the daemons in its own order. */
  constructor(name: string, place: string) {
    this.name = name;
    this.home = join(place, name);
    this.logFile = join(place, `${name}.log`);
    mkdirSync(this.home);
    writeFileSync(join(this.home, 'config.yaml'), `name: ${name}\n`);
    const log = openSync(this.logFile, 'a');
    const args = [join(root, 'daemon/main.ts'), '--home', this.home];
    this.#daemon = spawn(node, args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    process.on('exit', () => this.#daemon.kill('SIGKILL')); // nothing stays behind, whatever happens to the demo
  }

  get pid(): number | undefined {
    return this.#daemon.pid;
  }

  get hasEnded(): boolean {
    return this.#daemon.exitCode !== null || this.#daemon.signalCode !== null;
  }

  onEnd(tell: () => void): void {
    this.#daemon.once('exit', tell);
  }

  /** Resolves when the daemon answers. */
  async ready(): Promise<void> {
    const giveUpMs = performance.now() + START_LIMIT_MS;
    for (;;) {
      if (this.hasEnded) throw new Error(`the daemon «${this.name}» ended:\n${this.lastLog()}`);
      const answer = await this.ctl(['status']).catch((error: Error) => error);
      if (typeof answer === 'string') return;
      if (performance.now() > giveUpMs) throw answer;
      await sleep(POLL_MS);
    }
  }

  /** Runs syncctl; answers with its standard output, throws what it says on standard error. */
  async ctl(args: readonly string[]): Promise<string> {
    return new Promise((done, fail) => {
      execFile(node, [this.#syncctl, '--home', this.home, ...args], (error, stdout, stderr) => {
        if (error === null) done(stdout.trimEnd());
        else fail(new Error(stderr.trim() || error.message));
      });
    });
  }

  /** Calls with each line of a command that goes on until `stop`. */
  follow(args: readonly string[], onLine: (line: string) => void): void {
    const child = spawn(node, [this.#syncctl, '--home', this.home, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    this.#followers.add(child);
    createInterface({ input: child.stdout }).on('line', onLine);
  }

  /** What a person types to ask this daemon something. */
  command(words: string): string {
    return `node_modules/.bin/node ctl/main.ts --home ${this.home} ${words}`;
  }

  lastLog(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  }

  /** SIGTERM, and SIGKILL if that takes too long. */
  async stop(): Promise<void> {
    for (const follower of this.#followers) follower.kill();
    this.#daemon.kill('SIGTERM');
    const giveUpMs = performance.now() + STOP_LIMIT_MS;
    while (!this.hasEnded && performance.now() < giveUpMs) await sleep(POLL_MS);
    if (!this.hasEnded) this.#daemon.kill('SIGKILL');
  }

  get #syncctl(): string {
    return join(root, 'ctl/main.ts');
  }
}
