// Starts programs in process groups of their own, with nothing of the daemon's but a few variables of its surroundings.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import type { Clock } from '../ports/clock.ts';
import type { Program, ProgramEnd, Programs } from '../ports/programs.ts';

/** How much of standard error is kept, and how much is read at all. */
const SAID_BYTES = 2048;
const READ_BYTES = 64 << 10;
/** How long is waited for what it has said, once it has ended. */
const LAST_WORDS_MS = 200;
/** From the request to end until the kill. */
const GRACE_MS = 1000;
const DESKTOP_TIMEOUT_MS = 10_000;
/** Others are the daemon's own: credentials, the socket to systemd. */
const PASSED_ON =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY)$/;

export class RealPrograms implements Programs {
  readonly #clock: Clock;
  readonly #running = new Set<ChildProcess>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run({ command: [program, ...args], input, timeoutMs }: Program): Promise<ProgramEnd> {
    if (this.#stopped) return Promise.resolve({ kind: 'not started', why: 'the daemon stops' });
    return new Promise((resolve) => {
      const child = start(program, args);
      if (typeof child === 'string') {
        resolve({ kind: 'not started', why: child });
        return;
      }
      this.#running.add(child);
      let isLate = false;
      const kill = this.#clock.after(timeoutMs + GRACE_MS, () => killGroup(child, 'SIGKILL'));
      const end = this.#clock.after(timeoutMs, () => {
        isLate = true;
        killGroup(child, 'SIGTERM');
      });
      const said = beginningOf(child);
      const finish = (how: ProgramEnd): void => {
        // A descendant that got away may hold it open for ever.
        child.stderr?.destroy();
        child.stdin?.destroy();
        this.#running.delete(child);
        resolve(how);
      };
      child.once('error', (error) => {
        for (const timer of [kill, end]) timer.cancel();
        finish({ kind: 'not started', why: error.message });
      });
      child.once('exit', (status, signal) => {
        for (const timer of [kill, end]) timer.cancel();
        killGroup(child, 'SIGKILL');
        const tell = (): void => {
          if (isLate) finish({ kind: 'too late', said: said() });
          else if (signal !== null) finish({ kind: 'killed', signal, said: said() });
          else finish({ kind: 'ended', status: status ?? 0, said: said() });
        };
        const wait = this.#clock.after(LAST_WORDS_MS, tell);
        child.once('close', () => {
          wait.cancel();
          tell();
        });
      });
      // It may end without having read: that is its own affair.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  showOnDesktop(title: string, text: string): Promise<ProgramEnd> {
    if (!hasSessionBus())
      return Promise.resolve({ kind: 'not started', why: 'no desktop session can be reached from here' });
    const command = ['notify-send', '--app-name=syncd', '--', title, markup(text)] as const;
    return this.run({ command, input: '', timeoutMs: DESKTOP_TIMEOUT_MS });
  }

  stop(): void {
    this.#stopped = true;
    for (const child of this.#running) killGroup(child, 'SIGKILL');
  }
}

/** The process, or why there is none. */
function start(program: string, args: readonly string[]): ChildProcess | string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)));
  try {
    return spawn(program, args, { cwd: '/', env, detached: true, shell: false, stdio: ['pipe', 'ignore', 'pipe'] });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Its first lines on standard error, once it has written them. Whoever writes without end is not listened to. */
function beginningOf(child: ChildProcess): () => string {
  let kept = Buffer.alloc(0);
  let read = 0;
  child.stderr?.on('error', () => undefined);
  child.stderr?.on('data', (part: Buffer) => {
    read += part.length;
    if (kept.length < SAID_BYTES) kept = Buffer.concat([kept, part.subarray(0, SAID_BYTES - kept.length)]);
    if (read > READ_BYTES) child.stderr?.destroy();
  });
  return () => kept.toString().trim();
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

function hasSessionBus(): boolean {
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: dir } = process.env;
  return (address !== undefined && address !== '') || (dir !== undefined && existsSync(`${dir}/bus`));
}

/** Servers of notices read the text as markup. */
const markup = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : '&gt;'));
