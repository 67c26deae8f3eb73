// A hub whose clients may not do everything, and users who do what they like on all of them. A second disk, on which only
// the hub's own user acts, says what the hub must look like.
import type { Role } from '../../daemon/core/settings.ts';
import { SimulatedClock } from './clock.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { MessageWires } from './message-wires.ts';
import { SeededRandom } from './random.ts';
import { randomUserStep } from './random-steps.ts';
import { ROOT, SimulatedDevice, deviceId } from './simulated-device.ts';
import { NO_WATCH_FAULTS } from './simulated-watch.ts';
import { type Step, carryOut, tellStep } from './steps.ts';

const STEPS = 120;
const PASSES = [0, 1, 20, 150, 700, 2500];
const REST_LIMIT_MS = 300_000;
const STILL_MS = 14_000;
/** No full scan of ours is longer apart. */
const SILENCE_MS = 11_000;

/** Runs one history. Undefined when everything held, else what did not. */
export async function runRoles(
  seed: number,
  roles: readonly Role[],
  onLog?: (line: string) => void,
): Promise<string | undefined> {
  const world = new RoleWorld(seed, roles, onLog);
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
  #lastMovedMs = 0;
  #messages = 0;
  readonly #log: (line: string) => void;

  constructor(seed: number, roles: readonly Role[], onLog: ((line: string) => void) | undefined) {
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
        offMs: 0,
        watchFaults: NO_WATCH_FAULTS,
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
    for (let i = 0; i < STEPS; i++) {
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
    for (const device of this.#devices) await device.crash();
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
    if (weight < 40) return { kind: 'crash', device };
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
    const before = this.#messages;
    await this.#clock.advance(SILENCE_MS);
    const said = this.#messages - before;
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
