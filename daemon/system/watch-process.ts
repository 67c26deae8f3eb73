// The watcher process, seen from the daemon: started, listened to, and ended when it falls silent.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../ports/clock.ts';
import type { WatchOrder, WatchReport } from './watch-messages.ts';

const CHILD = fileURLToPath(new URL(`./watch-child.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));

/**
 * So little runs there that compiling it for speed would cost more memory than it is worth. When it comes to rest it collects
 * its memory itself: V8 would do it once more some seconds later, and find nothing.
 */
const FRUGAL = ['--no-opt', '--no-maglev', '--max-semi-space-size=1', '--v8-pool-size=0', '--no-memory-reducer'];

/** It says something every other second. Counted in checks, not in time: both may have been stopped together. */
const CHECK_MS = 2_000;
const SILENT_CHECKS = 5;
const KEPT_STDERR_CHARS = 2_000;

export interface WatchProcessEvents {
  report(report: WatchReport): void;
  /** Called once, unless it was ended by {@link WatchProcess.end}. */
  died(why: string): void;
}

export class WatchProcess {
  readonly #child: ChildProcess;
  readonly #events: WatchProcessEvents;
  readonly #clock: Clock;
  readonly #exited: Promise<void>;
  #check: Timer;
  #silent = 0;
  #stderr = '';
  #over = false;

  constructor(clock: Clock, events: WatchProcessEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#child = fork(CHILD, [], { execArgv: FRUGAL, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.#child.on('message', (report: WatchReport) => this.#onReport(report));
    this.#child.on('error', (error) => this.#died(error.message));
    this.#child.on('exit', (code, signal) => this.#died(`it ended with ${signal ?? `status ${code}`}`));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR_CHARS);
    });
    this.#check = clock.after(CHECK_MS, () => this.#onCheck());
  }

  send(order: WatchOrder): void {
    if (!this.#over && this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** Ends it at once, whatever it does. Nothing is reported any more. */
  async end(): Promise<void> {
    this.#over = true;
    this.#check.cancel();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #onReport(report: WatchReport): void {
    this.#silent = 0;
    if (!this.#over) this.#events.report(report);
  }

  #onCheck(): void {
    if (this.#over) return;
    this.#silent++;
    if (this.#silent >= SILENT_CHECKS) {
      this.#child.kill('SIGKILL');
      this.#died('it did not answer');
    } else this.#check = this.#clock.after(CHECK_MS, () => this.#onCheck());
  }

  #died(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#check.cancel();
    this.#events.died(this.#stderr === '' ? why : `${why}: ${this.#stderr.trim()}`);
  }
}
