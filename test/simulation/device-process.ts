// What a process of a device runs on: its clock and its workers end with it, and nobody hears of it afterwards.
import type { Clock, Timer } from '../../daemon/ports/clock.ts';
import type { Log } from '../../daemon/ports/log.ts';
import type { Job, Workers } from '../../daemon/ports/workers.ts';
import type { SimulatedClock } from './clock.ts';

const DEAD: Timer = { cancel: () => undefined };

/** The wall clock of one machine: off by some time, which may jump. */
export class MachineClock implements Clock {
  readonly #clock: SimulatedClock;
  offMs: number;

  constructor(clock: SimulatedClock, offMs: number) {
    this.#clock = clock;
    this.offMs = offMs;
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.offMs;
  }

  nowUs(): number {
    return this.#clock.nowUs() + this.offMs * 1000;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#clock.after(delayMs, callback);
  }
}

/** The clock of one process. */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, callback: () => void): Timer {
    if (!this.alive) return DEAD;
    return this.#clock.after(delayMs, () => {
      if (this.alive) callback();
    });
  }
}

/** Workers whose answers nobody hears when the process has ended. */
export class MortalWorkers implements Workers {
  readonly #workers: Workers;
  readonly #clock: ProcessClock;

  constructor(workers: Workers, clock: ProcessClock) {
    this.#workers = workers;
    this.#clock = clock;
  }

  run<Input, Output>(job: Job<Input, Output>, input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#workers.run(job, input).then(
        (output) => {
          if (this.#clock.alive) resolve(output);
        },
        (error: unknown) => {
          if (this.#clock.alive) reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}

export type OnLog = (level: string, message: string, fields: object | undefined) => void;

export function processLog(clock: ProcessClock, onLog: OnLog): Log {
  const tell =
    (level: string) =>
    (message: string, fields?: object): void => {
      if (clock.alive) onLog(level, message, fields);
    };
  const log: Log = {
    debug: () => undefined,
    info: tell('info'),
    warn: tell('warn'),
    error: tell('error'),
    with: () => log,
  };
  return log;
}
