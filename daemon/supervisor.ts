// What systemd is told of this daemon (sd_notify(3)): that it is ready, how it stands, that it re-reads its configuration,
// that it stops, and that it is alive. Without systemd nothing is said.
import type { ControlledDaemon } from './control/daemon-port.ts';
import type { Clock, Timer } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import { type Notify, reloadingState } from './system/notify-socket.ts';
import { statusLine } from './status-line.ts';

/** How it stands is said when it has changed, at most this often. */
const STATUS_MS = 5_000;
/** A start that takes longer is not given up as long as it goes on; each time systemd is asked for three times as much. */
const EXTEND_MS = 10_000;
/** A disk that does not answer holds up its own folder, and not the service. */
export const READY_WITHIN_MS = 15_000;
/** Of what WatchdogSec allows: two may be lost. */
const WATCHDOG_SHARE = 3;
/** A run that has lasted for so long was no failure. */
export const SETTLED_MS = 300_000;
const LONGEST_PAUSE_MS = 300_000;
/** An index that a crash has left is checked, and an old one changed, without a break: nothing can be said meanwhile. */
const OPENING_MS = 600_000;
/** Where nobody can count. */
const UNCOUNTED_PAUSE_MS = 10_000;

/** What the service manager has put into the environment. */
export interface Supervision {
  readonly notify: Notify;
  /** In microseconds; undefined: nobody watches. */
  readonly watchdogUs: number | undefined;
}

/** Undefined where nobody watches this process. */
export function watchdogOf(env: Readonly<Record<string, string | undefined>>, pid: number): number | undefined {
  const us = Number(env['WATCHDOG_USEC'] ?? NaN);
  const isOurs = (env['WATCHDOG_PID'] ?? `${pid}`) === `${pid}`;
  return isOurs && Number.isSafeInteger(us) && us > 0 ? us : undefined;
}

/** None after the first: whoever was killed is back after RestartSec=. Then 2 s, twice as long each time, and 5 minutes at most. */
function pauseMs(failed: number | undefined): number {
  if (failed === undefined) return UNCOUNTED_PAUSE_MS;
  return failed < 2 ? 0 : Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failed - 1));
}

export class Supervisor {
  readonly #notify: Notify;
  readonly #watchdogUs: number | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  #daemon: ControlledDaemon | undefined;
  #said = '';
  #failing = false;

  constructor({ notify, watchdogUs }: Supervision, clock: Clock, log: Log) {
    this.#notify = notify;
    this.#watchdogUs = watchdogUs;
    this.#clock = clock;
    this.#log = log;
  }

  /** Waits before a start that comes after `failed` ones that failed; undefined: after nobody knows how many. */
  async pausing(failed: number | undefined): Promise<void> {
    const ms = pauseMs(failed);
    if (ms === 0) return;
    const why = failed === undefined ? 'what failed before cannot be counted' : `failed ${failed} times in a row`;
    this.#log.warn('waits before it tries again', { why, seconds: ms / 1000 });
    this.#notify(`STATUS=${why}; tries again in ${ms / 1000} s\nEXTEND_TIMEOUT_USEC=${(ms + EXTEND_MS * 3) * 1000}`);
    await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
  }

  /** What follows may be silent for long, and must not be taken for a hang. */
  opening(): void {
    this.#notify(`EXTEND_TIMEOUT_USEC=${OPENING_MS * 1000}`);
  }

  /** Tells of this start until the daemon is ready: its indexes are open, it listens, and first scans have begun. */
  async starting(daemon: ControlledDaemon, started: Promise<void>): Promise<void> {
    this.#daemon = daemon;
    this.#tell();
    this.#every(STATUS_MS, () => this.#tell());
    if (this.#watchdogUs !== undefined) this.#every(this.#watchdogUs / 1000 / WATCHDOG_SHARE, () => this.#alive());
    const extending = this.#every(EXTEND_MS, () => this.#notify(`EXTEND_TIMEOUT_USEC=${EXTEND_MS * 3 * 1000}`));
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.after(READY_WITHIN_MS, late.resolve);
    try {
      await Promise.race([started, late.promise]);
    } finally {
      timer.cancel();
      extending.cancel();
    }
    this.#tell();
    this.#notify('READY=1');
  }

  /** Resolves and rejects as the reload does. */
  async reloading<T>(reload: Promise<T>): Promise<T> {
    this.#notify(reloadingState());
    try {
      return await reload;
    } finally {
      this.#tell();
      this.#notify('READY=1');
    }
  }

  /** The watchdog is fed to the end: what is under way is finished, and must not be taken for a hang. */
  stopping(): void {
    this.#notify('STOPPING=1\nSTATUS=stopping');
    this.#daemon = undefined;
  }

  /** From now on, until it is cancelled. */
  #every(ms: number, what: () => void): Timer {
    const next = (): Timer =>
      this.#clock.after(ms, () => {
        timer = next();
        what();
      });
    let timer = next();
    return { cancel: () => timer.cancel() };
  }

  #tell(): void {
    if (this.#daemon === undefined) return;
    const status = statusLine(this.#daemon);
    if (status === this.#said) return;
    this.#said = status;
    this.#notify(`STATUS=${status}`);
  }

  /**
   * That this runs shows that the control thread is well; each index is asked, because a database that hangs would hang
   * this thread as well. One that answers with an error is alive: its folder says so, and a restart would mend nothing.
   */
  #alive(): void {
    for (const folder of this.#daemon?.folders().values() ?? []) {
      try {
        folder.history({ limit: 1 });
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#log.warn('an index does not answer the watchdog', { folder: folder.name, error });
        this.#failing = true;
      }
    }
    this.#notify('WATCHDOG=1');
  }
}
