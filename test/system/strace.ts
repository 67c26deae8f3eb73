// Faults at a chosen system call of a running daemon, by strace(1): an errno instead of the call, or death at it.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { waitFor } from './wait-for.ts';

const MOST_DESCRIPTORS = 128;

/** Why strace cannot be used here; false when it can. */
export function withoutStrace(): string | false {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'strace is not there, or may not trace (apt-get install strace; CAP_SYS_PTRACE)';
  }
}

/** Until a strace that does not end by itself is ended. */
const STUCK_MS = 3_000;

export interface Fault {
  /** Names of system calls, with commas between them. */
  readonly calls: string;
  /** What happens instead: `signal=SIGKILL`, `error=EIO`. */
  readonly what: string;
  /** Which call of a thread it is: `3`, `3+` (and all later ones), `3+7` (and each seventh after it). */
  readonly when: string;
  /** Only calls that name one of these, or are about a descriptor of one. */
  readonly paths?: readonly string[];
}

/** What the daemon calls a child of a directory that it has open, whichever descriptor that has. */
export function asChild(name: string): string[] {
  return Array.from({ length: MOST_DESCRIPTORS }, (_, fd) => `/proc/self/fd/${fd}/${name}`);
}

/** Faults in a running process, until it is detached or has ended. */
export class Injection {
  readonly #strace: ChildProcess;
  #isAttached = false;
  #times = 0;

  private constructor(strace: ChildProcess) {
    this.#strace = strace;
    strace.stderr?.on('data', (text: Buffer) => {
      this.#isAttached ||= text.includes(' attached');
      this.#times += text.toString().split('(INJECTED)').length - 1;
    });
  }

  /** In all its threads, and in the processes that it starts. What it does when this resolves is counted. */
  static async into(t: TestContext, pid: number, ...faults: readonly Fault[]): Promise<Injection> {
    return Injection.#attach(t, ['-f', '-p', `${pid}`], faults);
  }

  /** Only in the threads that work on the disk: the others' calls are about sockets and the index. */
  static async intoWorkers(t: TestContext, pid: number, ...faults: readonly Fault[]): Promise<Injection> {
    const threads = readdirSync(`/proc/${pid}/task`).filter((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').startsWith('WorkerThread'),
    );
    assert.notEqual(threads.length, 0, 'it has started its workers');
    return Injection.#attach(
      t,
      threads.flatMap((thread) => ['-p', thread]),
      faults,
    );
  }

  static async #attach(t: TestContext, who: readonly string[], faults: readonly Fault[]): Promise<Injection> {
    const args = faults.flatMap(({ calls, what, when }) => ['-e', `inject=${calls}:${what}:when=${when}`]);
    const paths = faults.flatMap((fault) => (fault.paths ?? []).flatMap((path) => ['-P', path]));
    const trace = `trace=${faults.map(({ calls }) => calls).join(',')}`;
    const strace = spawn('strace', [...who, ...paths, '-e', trace, '-e', 'status=failed', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const injection = new Injection(strace);
    atEnd(t, () => injection.end());
    await waitFor('strace is attached', () => injection.#isAttached || injection.#hasEnded);
    return injection;
  }

  /** How often it has happened. */
  get times(): number {
    return this.#times;
  }

  /** Nothing is injected any more; the process goes on. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#strace.kill('SIGINT');
    // One whose process has died under it may wait for a thread that waits for it.
    const stuck = setTimeout(() => this.#strace.kill('SIGKILL'), STUCK_MS);
    await waitFor('strace ends', () => this.#hasEnded);
    clearTimeout(stuck);
  }

  get #hasEnded(): boolean {
    return this.#strace.exitCode !== null || this.#strace.signalCode !== null;
  }
}
