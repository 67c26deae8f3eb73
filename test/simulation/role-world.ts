// A hub whose clients may not do everything, and users who do what they like on all of them. A second disk, on which only
// the hub's own user acts, says what the hub must look like.
import type { Role } from '../../daemon/core/settings.ts';
import { SimulatedClock } from './clock.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { MessageWires } from './message-wires.ts';
import { SeededRandom } from './random.ts';
import { randomUserStep } from './random-steps.ts';
import { ROOT, SimulatedDevice, deviceId } from './simulated-device.ts';
import { NO_WATCH_FAULTS, type WatchFaults } from './simulated-watch.ts';
import { type Step, carryOut, tellStep } from './steps.ts';

const STEPS = 120;
const MANY_STEPS = 300;
/** Calls of the disk until a crash in a job. */
const SOON = 40;
const PASSES = [0, 1, 20, 150, 700, 2500];
const REST_LIMIT_MS = 300_000;
const STILL_MS = 14_000;
/** No full scan of ours is longer apart. */
const SILENCE_MS = 11_000;
const ROUNDS_UNTIL_SILENCE = 6;

/** Runs one history. Undefined when everything held, else what did not. */
export async function runRoles(
  seed: number,
  roles: readonly Role[],
  onLog?: (line: string) => void,
): Promise<string | undefined> {
  return run(new RoleWorld(seed, roles, QUIET, onLog));
}

/** A whole world from one number: one to four clients of any role, over any links, with faults. */
export async function runRolesAtLarge(seed: number, onLog?: (line: string) => void): Promise<string | undefined> {
  const random = new SeededRandom(seed * 19 + 1);
  const roles = Array.from({ length: 1 + random.below(4) }, () => random.pick(['read-only', 'edit-only'] as const));
  const surroundings: Surroundings = {
    steps: MANY_STEPS,
    crashesInJobs: random.oneIn(2),
    skewMs: random.pick([0, 0, 2_000, 3_600_000]),
    watchFaults: random.oneIn(3) ? { lost: 0.2, doubled: 0.1, delayed: 0.2, delayMs: 500 } : NO_WATCH_FAULTS,
    watchBatchMs: random.oneIn(3) ? 50 : 0,
    doubledOneIn: random.oneIn(3) ? 5 : undefined,
  };
  return run(new RoleWorld(seed, roles, surroundings, onLog));
}

interface Surroundings {
  readonly steps: number;
  readonly crashesInJobs: boolean;
  readonly skewMs: number;
  readonly watchFaults: WatchFaults;
  readonly watchBatchMs: number;
  readonly doubledOneIn: number | undefined;
}

const QUIET: Surroundings = {
  steps: STEPS,
  crashesInJobs: false,
  skewMs: 0,
  watchFaults: NO_WATCH_FAULTS,
  watchBatchMs: 0,
  doubledOneIn: undefined,
};

async function run(world: RoleWorld): Promise<string | undefined> {
  try {
    return await world.run();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    await world.end();
  }
}

class RoleWorld {
  readonly #clock = new SimulatedClock();
  readonly #random: SeededRandom;
  readonly #devices: readonly SimulatedDevice[];
  readonly #wires: MessageWires;
  readonly #links: readonly (readonly [number, number])[];
  readonly #mirror: MemoryFileSystem;
  readonly #mayEdit: boolean;
  readonly #surroundings: Surroundings;
  #lastMovedMs = 0;
  #messages = 0;
  readonly #log: (line: string) => void;

  constructor(
    seed: number,
    roles: readonly Role[],
    surroundings: Surroundings,
    onLog: ((line: string) => void) | undefined,
  ) {
    this.#surroundings = surroundings;
    const { skewMs, watchFaults, watchBatchMs, doubledOneIn } = surroundings;
    this.#log = onLog ?? (() => undefined);
    this.#random = new SeededRandom(seed * 11 + 5);
    this.#mayEdit = roles.includes('edit-only');
    this.#links = roles.map((_, i) => [0, i + 1] as const);
    const granted = new Map(roles.map((role, i) => [deviceId(i + 1), role]));
    this.#devices = Array.from({ length: roles.length + 1 }, (_, i) => i).map((number) => {
      const peers = number === 0 ? roles.map((_, i) => deviceId(i + 1)) : [deviceId(0)];
      const device = new SimulatedDevice(this.#clock, new SeededRandom(seed * 31 + number), {
        number,
        peers,
        ...(number === 0 && { roles: granted }),
        offMs: number === 0 || skewMs === 0 ? 0 : this.#random.below(2 * skewMs) - skewMs,
        watchFaults,
        watchBatchMs,
        onLog: (level, message, fields) => this.#log(`   ${number} ${level} ${message} ${JSON.stringify(fields)}`),
        setReading: (from, on) => this.#wires.setReading(number, from, on),
        bytes: undefined,
        power: false,
      });
      device.fs.onChange(({ path, what, kind, by }) => {
        if (path.includes('/.syncd')) return;
        this.#lastMovedMs = this.#clock.monotonicMs();
        this.#log(`   ${number} ${by} ${what} ${kind} ${path}`);
      });
      return device;
    });
    this.#mirror = new MemoryFileSystem(this.#clock);
    this.#mirror.user.mkdir(ROOT);
    this.#wires = new MessageWires({
      clock: this.#clock,
      random: new SeededRandom(seed * 13 + 7),
      links: this.#links,
      maxDelayMs: this.#random.pick([0, 10, 60, 400]),
      doubledOneIn,
      deviceOf: (number) => this.#device(number),
      onMessages: (from, to, words) => {
        this.#messages++;
        this.#lastMovedMs = this.#clock.monotonicMs();
        this.#log(`   ${from} → ${to}: ${words()}`);
      },
    });
  }

  #device(number: number): SimulatedDevice {
    const device = this.#devices[number];
    if (device === undefined) throw new Error(`there is no device ${number}`);
    return device;
  }

  async run(): Promise<string | undefined> {
    for (const { number } of this.#devices) this.#start(number);
    for (let i = 0; i < this.#surroundings.steps; i++) {
      const step = this.#randomStep(i);
      this.#log(`-- ${i} ${tellStep(step)}`);
      const problems = [...(await this.#take(step)), ...this.#problemsOfHub()];
      if (problems.length > 0) return `after step ${i} (${tellStep(step)}):\n${problems.join('\n')}`;
    }
    const problems = [...(await this.#settle()), ...this.#problemsOfHub()];
    return problems.length > 0 ? `at the end:\n${problems.join('\n')}` : undefined;
  }

  async end(): Promise<void> {
    this.#wires.end();
    for (const device of this.#devices) await device.end();
  }

  #randomStep(serial: number): Step {
    const random = this.#random;
    const device = random.below(this.#devices.length);
    const weight = random.below(100);
    if (weight < 3) return { kind: 'settle' };
    if (weight < 30) return { kind: 'pass', ms: random.pick(PASSES) };
    const [a, b] = random.pick(this.#links);
    if (weight < 34) return { kind: random.oneIn(2) ? 'cut' : 'heal', a, b };
    if (weight < 38) return { kind: random.pick(['stop', 'start', 'start'] as const), device };
    if (weight < 40)
      return this.#surroundings.crashesInJobs
        ? { kind: 'crash in a job', device, calls: random.below(SOON) }
        : { kind: 'crash', device };
    return { kind: 'user', device, does: randomUserStep(random, serial) };
  }

  async #take(step: Step): Promise<string[]> {
    switch (step.kind) {
      case 'user': {
        const done = carryOut(this.#device(step.device).fs.user, step.does);
        const must = step.device === 0 ? carryOut(this.#mirror.user, step.does) : done;
        return done === must || this.#mayEdit ? [] : [`the hub's user could${done ? '' : ' not'}, and must the other`];
      }
      case 'pass':
        await this.#clock.advance(step.ms);
        return [];
      case 'cut':
        this.#wires.cut(step.a, step.b);
        return [];
      case 'heal':
        this.#wires.heal(step.a, step.b);
        return [];
      case 'start':
        this.#start(step.device);
        return [];
      case 'stop':
      case 'crash':
        this.#wires.ended(step.device);
        await this.#device(step.device)[step.kind]();
        return [];
      case 'crash in a job':
        await this.#device(step.device).crashAfter(step.calls, 2_000);
        this.#wires.ended(step.device);
        await this.#device(step.device).crash();
        return [];
      case 'settle':
        return this.#settle();
      default:
        return [];
    }
  }

  #start(number: number): void {
    this.#device(number).start();
    this.#wires.began(number);
  }

  /** I9, at every moment: what a role does not allow is never on the device that granted it. */
  #problemsOfHub(): string[] {
    const hub = this.#device(0).fs.user.tree(ROOT);
    const must = this.#mirror.user.tree(ROOT);
    const paths = new Set([...hub.keys(), ...must.keys()]);
    return [...paths]
      .filter((path) => this.#comparable(hub.get(path)) !== this.#comparable(must.get(path)))
      .map((path) => `I9: the hub has ${path} as ${hub.get(path)}, and must have ${must.get(path)}`);
  }

  /** The two disks are written at one time, but a daemon may set a time again in microseconds. Contents may be edited. */
  #comparable(entry: string | undefined): string | undefined {
    return entry?.replace(this.#mayEdit ? / at -?\d+.*$/s : / at -?\d+/, '');
  }

  async #settle(): Promise<string[]> {
    for (const { number } of this.#devices) this.#start(number);
    for (const [a, b] of this.#links) this.#wires.heal(a, b);
    const until = this.#clock.monotonicMs() + REST_LIMIT_MS;
    this.#lastMovedMs = this.#clock.monotonicMs();
    while (!this.#isAtRest()) {
      if (this.#clock.monotonicMs() > until) return ['I2: not at rest', ...this.#unfinished(), ...this.#differences()];
      await this.#clock.advance(500);
    }
    // What was refused because others may explain it is asked for again after 15 s, after 30 s, and so on, until they have.
    let said = Infinity;
    for (let round = 0; said > 0 && round < ROUNDS_UNTIL_SILENCE; round++) {
      const before = this.#messages;
      await this.#clock.advance(SILENCE_MS);
      said = this.#messages - before;
    }
    return [...this.#differences(), ...(said > 0 ? [`I7: ${said} messages at rest`] : [])];
  }

  #isAtRest(): boolean {
    if (this.#clock.monotonicMs() - this.#lastMovedMs < STILL_MS) return false;
    return this.#wires.isWhole && this.#unfinished().length === 0;
  }

  #unfinished(): string[] {
    return this.#devices.flatMap(({ name, folder, index }) => {
      const wants = [...(index?.wantedAll() ?? [])].filter(({ why }) => why !== 'skipped');
      const problems = wants.map(({ record, why, code }) => `${name} wants ${record.path}: ${why} ${code ?? ''}`);
      if (folder?.progress.condition.kind !== 'idle') problems.push(`${name} is ${folder?.progress.condition.kind}`);
      return problems;
    });
  }

  /** I2, I11: every client has what the hub has; what it has beside that is named. */
  #differences(): string[] {
    const hub = this.#device(0).fs.user.tree(ROOT);
    return this.#devices.slice(1).flatMap(({ name, fs, folder }) => {
      const named = new Set((folder?.snapshot().skipped ?? []).map(({ path }) => path));
      const own = fs.user.tree(ROOT);
      return [...new Set([...hub.keys(), ...own.keys()])]
        .filter((path) => own.get(path) !== hub.get(path) && !named.has(path))
        .map((path) => `I2: ${path}: the hub has ${hub.get(path)}, ${name} has ${own.get(path)}, and does not say so`);
    });
  }
}
