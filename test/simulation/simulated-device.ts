// One device of the simulator: the real folder over a disk, a clock, a watcher and workers in memory, and the real index.
// It can be stopped, and it can crash: between two jobs, or in the middle of one.
import { setImmediate as turn } from 'node:timers/promises';
import { encodeBase32 } from '../../daemon/core/base32.ts';
import type { DeviceId, Epoch, FolderName } from '../../daemon/core/ids.ts';
import type { FolderSettings } from '../../daemon/core/settings.ts';
import { Folder } from '../../daemon/folder/folder.ts';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import type { Clock, Timer } from '../../daemon/ports/clock.ts';
import type { Log } from '../../daemon/ports/log.ts';
import type { Job, Workers } from '../../daemon/ports/workers.ts';
import type { SimulatedClock } from './clock.ts';
import { InlineWorkers } from './inline-workers.ts';
import { type Call, MemoryFileSystem } from './memory-file-system.ts';
import type { SeededRandom } from './random.ts';
import { SimulatedWatch, type WatchFaults } from './simulated-watch.ts';

export const FOLDER = 'docs' as FolderName;
export const ROOT = '/srv/docs';
/** A full scan finds, in simulated time, what hints have missed. */
const RESCAN_MS = 10_000;
/** A job takes up to this long. */
const JOB_MS = 3;
const STEP_MS = 50;
/** Every call that may change or read the disk. */
const CALLS: readonly Call[] = [
  'openDir',
  'list',
  'lstat',
  'openFile',
  'mkdir',
  'remove',
  'symlink',
  'readlink',
  'rename',
  'link',
  'setAttributes',
  'read',
  'write',
];

const DEAD: Timer = { cancel: () => undefined };

/** A clock that is off by some time, and that stops with its process. */
class DeviceClock implements Clock {
  readonly #clock: Clock;
  readonly #offMs: number;
  alive = true;

  constructor(clock: Clock, offMs: number) {
    this.#clock = clock;
    this.#offMs = offMs;
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.#offMs;
  }

  nowUs(): number {
    return this.#clock.nowUs() + this.#offMs * 1000;
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
class MortalWorkers implements Workers {
  readonly #workers: Workers;
  readonly #clock: DeviceClock;

  constructor(workers: Workers, clock: DeviceClock) {
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

interface Running {
  readonly folder: Folder;
  readonly index: FolderIndex;
  readonly clock: DeviceClock;
}

/** The process ended in the middle of a call. */
class Crash extends Error {}

export interface DeviceOptions {
  readonly number: number;
  readonly peers: readonly DeviceId[];
  readonly offMs: number;
  readonly watchFaults: WatchFaults;
  readonly onLog: (level: string, message: string, fields: object | undefined) => void;
  readonly setReading: (from: DeviceId, on: boolean) => void;
}

export function deviceId(number: number): DeviceId {
  return `${'A'.repeat(51)}${'ABCDEFGH'[number] ?? 'Z'}` as DeviceId;
}

export class SimulatedDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly fs: MemoryFileSystem;
  readonly #options: DeviceOptions;
  readonly #clock: SimulatedClock;
  readonly #random: SeededRandom;
  readonly #settings: FolderSettings;
  #saved: Buffer | undefined;
  #running: Running | undefined;

  constructor(clock: SimulatedClock, random: SeededRandom, options: DeviceOptions) {
    this.id = deviceId(options.number);
    this.name = `device ${options.number}`;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.fs = new MemoryFileSystem(new DeviceClock(clock, options.offMs));
    this.fs.user.mkdir(ROOT);
    this.#settings = {
      name: FOLDER,
      path: ROOT,
      peers: new Map(options.peers.map((peer) => [peer, 'two-way'])),
      mode: 'two-way',
      enabled: true,
      rescanMs: RESCAN_MS,
      permissions: true,
      watch: 'auto',
      authority: deviceId(0),
      conflict: 'newest',
      maxDelete: 1,
      versions: { keepMs: 365 * 24 * 60 * 60 * 1000, maxShare: 1 },
    };
  }

  get folder(): Folder | undefined {
    return this.#running?.folder;
  }

  get index(): FolderIndex | undefined {
    return this.#running?.index;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const newEpoch = (): Epoch => encodeBase32(this.#random.bytes(10)) as Epoch;
    const index = FolderIndex.open(this.#saved ?? ':memory:', { newEpoch });
    const clock = new DeviceClock(this.#clock, this.#options.offMs);
    const inline = new InlineWorkers(this.fs, (job) => clock.after(this.#random.below(JOB_MS + 1), job));
    const workers = new MortalWorkers(inline, clock);
    const watch = new SimulatedWatch(this.fs, clock, this.#random);
    watch.faults = this.#options.watchFaults;
    const folder = new Folder({
      name: FOLDER,
      self: this.id,
      index,
      workers,
      clock,
      random: this.#random,
      log: this.#log(clock),
      settings: this.#settings,
      watch,
      backpressure: { setReading: this.#options.setReading },
      newEpoch,
      lockRoot: () => ({ release: () => undefined }),
      deviceName: (device) => device,
      emit: () => undefined,
    });
    this.#running = { folder, index, clock };
    folder.start();
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const { index } = running;
    const close = index.close.bind(index);
    index.close = () => {
      this.#saved = index.serialise();
      close();
    };
    let stopped = false;
    const stopping = running.folder.stop().then(() => {
      stopped = true;
    });
    while (!stopped) await this.#clock.advance(STEP_MS);
    await stopping;
    running.clock.alive = false;
  }

  /** As SIGKILL does between two jobs: what was committed is there. */
  async crash(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    if (running.clock.alive) this.#saved = running.index.serialise();
    running.clock.alive = false;
    await turn();
    running.index.close();
  }

  /**
   * The process ends at its `calls`-th call of the disk from now on, in the middle of a job; or not, if there are
   * none until `limitMs` have passed. To be followed by {@link crash}, which tidies up after it.
   */
  async crashAfter(calls: number, limitMs: number): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    let left = calls;
    const end = (): void => {
      if (left-- > 0) return;
      if (running.clock.alive) this.#saved = running.index.serialise();
      running.clock.alive = false;
      throw new Crash('the process has ended');
    };
    const undo = CALLS.map((call) => this.fs.before(call, () => true, end));
    await this.#clock.advance(limitMs, () => !running.clock.alive);
    for (const one of undo) one();
  }

  #log(clock: DeviceClock): Log {
    const tell =
      (level: string) =>
      (message: string, fields?: object): void => {
        if (clock.alive) this.#options.onLog(level, message, fields);
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
}
