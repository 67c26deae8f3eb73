// Faults at a chosen system call of a running daemon, by strace(1): an errno instead of the call, or death at it.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { waitFor } from './wait-for.ts';

/** Why strace cannot be used here; false when it can. */
export function withoutStrace(): string | false {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'strace is not there, or may not trace (apt-get install strace; CAP_SYS_PTRACE)';
  }
}

export interface Fault {
  /** Names of system calls, with commas between them. */
  readonly calls: string;
  /** What happens instead: `signal=SIGKILL`, `error=EIO`. */
  readonly what: string;
  /** Which call of a thread it is: `3`, `3+` (and all later ones), `3+7` (and each seventh after it). */
  readonly when: string;
}

/** Faults in all threads of a process, and in the processes that it starts, until it is detached or ended. */
export class Injection {
  readonly #strace: ChildProcess;
  #said = '';

  private constructor(strace: ChildProcess) {
    this.#strace = strace;
    strace.stderr?.on('data', (text: Buffer) => (this.#said += text.toString()));
  }

  /** Resolves when the process is traced: what it does from now on is counted. */
  static async into(t: TestContext, pid: number, ...faults: readonly Fault[]): Promise<Injection> {
    const args = faults.flatMap(({ calls, what, when }) => ['-e', `inject=${calls}:${what}:when=${when}`]);
    const trace = `trace=${faults.map(({ calls }) => calls).join(',')}`;
    const strace = spawn('strace', ['-f', '-o', '/dev/null', '-p', `${pid}`, '-e', trace, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const injection = new Injection(strace);
    atEnd(t, () => injection.end());
    await waitFor('strace is attached', () => injection.#said.includes('attached') || injection.#hasEnded);
    return injection;
  }

  /** Nothing is injected any more; the process goes on. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#strace.kill('SIGINT');
    await waitFor('strace ends', () => this.#hasEnded);
  }

  /** It must have been attached to something at all. */
  assertAttached(): void {
    assert.match(this.#said, /attached/);
  }

  get #hasEnded(): boolean {
    return this.#strace.exitCode !== null || this.#strace.signalCode !== null;
  }
}
