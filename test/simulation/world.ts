// A world: some devices, the links between them, and one clock. Everything in it follows from its plan, so a run that
// fails can be repeated, and made shorter.
import { SimulatedClock } from './clock.ts';
import { Ledger } from './ledger.ts';
import { SeededRandom } from './random.ts';
import { ROOT, SimulatedDevice, deviceId } from './simulated-device.ts';
import { SimulatedSession } from './simulated-session.ts';
import { NO_WATCH_FAULTS, type WatchFaults } from './simulated-watch.ts';
import { Standing } from './standing.ts';
import { type Step, randomUserStep, tellStep } from './steps.ts';

export type Shape = 'line' | 'ring' | 'star';

export interface Plan {
  readonly seed: number;
  readonly devices: number;
  readonly shape: Shape;
  readonly steps: readonly Step[];
  /** A message takes up to this long. */
  readonly delayMs?: number;
  readonly watchFaults?: WatchFaults;
  /** The clocks of the devices are off by up to this much. */
  readonly skewMs?: number;
  /** Once in so many calls of the daemon a user does something in the middle of it. */
  readonly meddleOneIn?: number;
}

/** After this the world must be at rest. */
const REST_LIMIT_MS = 180_000;
/** Nothing has moved for so long: at rest. */
const STILL_MS = 3_000;
/** The same where hints are lost: a full scan is in it. */
const STILL_UNSEEN_MS = 11_000;
/** Time in which nothing may be sent. A full scan of each device is in it. */
const SILENCE_MS = 11_000;
const STEP_MS = 100;

export function linksOf(shape: Shape, devices: number): (readonly [number, number])[] {
  const numbers = Array.from({ length: devices }, (_, i) => i);
  switch (shape) {
    case 'line':
      return numbers.slice(1).map((i) => [i - 1, i] as const);
    case 'ring':
      return numbers.map((i) => [i, (i + 1) % devices] as const).filter(([a, b]) => a !== b && (devices > 2 || a < b));
    case 'star':
      return numbers.slice(1).map((i) => [0, i] as const);
  }
}

/** Runs a plan. Undefined when everything held; otherwise what did not, and when. */
export async function runPlan(plan: Plan, onLog?: (line: string) => void): Promise<string | undefined> {
  const world = new World(plan, onLog);
  try {
    return await world.run();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    await world.end();
  }
}

export class World {
  readonly devices: readonly SimulatedDevice[];
  readonly #plan: Plan;
  readonly #clock = new SimulatedClock();
  readonly #random: SeededRandom;
  readonly #sessions = new Map<string, SimulatedSession>();
  readonly #cut = new Set<string>();
  readonly #links: readonly (readonly [number, number])[];
  readonly #ledger: Ledger;
  readonly #standing: Standing;
  readonly #say: (line: string) => void;
  readonly #errors: string[] = [];
  #messages = 0;
  #lastMovedMs = 0;
  #meddles = false;
  #meddled = 0;

  constructor(plan: Plan, onLog?: (line: string) => void) {
    this.#plan = plan;
    this.#random = new SeededRandom(plan.seed);
    this.#links = linksOf(plan.shape, plan.devices);
    const say = onLog ?? (() => undefined);
    this.#say = (line) => say(`${String(this.#clock.monotonicMs()).padStart(7)} ${line}`);
    const skew = plan.skewMs ?? 0;
    this.devices = Array.from({ length: plan.devices }, (_, number) => {
      const peers = this.#links.flatMap(([a, b]) => (a === number ? [b] : b === number ? [a] : []));
      const device: SimulatedDevice = new SimulatedDevice(this.#clock, new SeededRandom(plan.seed * 31 + number), {
        number,
        peers: peers.map(deviceId),
        offMs: skew === 0 ? 0 : this.#random.below(2 * skew) - skew,
        watchFaults: plan.watchFaults ?? NO_WATCH_FAULTS,
        onLog: (level, message, fields) => this.#onLog(number, level, message, fields),
        setReading: (from, on) => {
          for (const session of this.#sessions.values()) session.setReading(deviceId(number), on);
          this.#say(`${number} ${on ? 'reads' : 'does not read'} from ${from}`);
        },
      });
      device.fs.onChange(({ path, what, kind, by }) => {
        if (path.includes('/.syncd')) return;
        this.#lastMovedMs = this.#clock.monotonicMs();
        this.#say(`${number} ${by} ${what} ${kind} ${path}`);
      });
      return device;
    });
    this.#ledger = new Ledger(this.devices, plan.meddleOneIn !== undefined);
    this.#standing = new Standing(this.devices);
    if (plan.meddleOneIn !== undefined) this.#letMeddle(plan.meddleOneIn);
  }

  async run(): Promise<string | undefined> {
    for (const device of this.devices) device.start();
    for (const [a, b] of this.#links) this.#connect(a, b);
    this.#meddles = true;
    for (const [i, step] of [...this.#plan.steps, { kind: 'settle' } as const].entries()) {
      this.#say(`-- ${tellStep(step)}`);
      const problem = await this.#take(step);
      if (problem.length > 0) return `after step ${i} (${tellStep(step)}):\n${problem.join('\n')}`;
    }
    return undefined;
  }

  async end(): Promise<void> {
    for (const session of this.#sessions.values()) session.cut();
    for (const device of this.devices) await device.crash();
  }

  async #take(step: Step): Promise<string[]> {
    switch (step.kind) {
      case 'user':
        this.#ledger.act(this.#device(step.device), step.does);
        return this.#ledger.problems();
      case 'pass':
        await this.#clock.advance(step.ms);
        return this.#ledger.problems();
      case 'cut':
        this.#cut.add(key(step.a, step.b));
        this.#sessions.get(key(step.a, step.b))?.cut();
        return [];
      case 'heal':
        this.#cut.delete(key(step.a, step.b));
        this.#connect(step.a, step.b);
        return [];
      case 'stop':
        this.#cutAll(step.device);
        await this.#device(step.device).stop();
        return [];
      case 'start':
        this.#start(step.device);
        return [];
      case 'crash':
        this.#cutAll(step.device);
        await this.#device(step.device).crash();
        return [];
      case 'crash in a job':
        await this.#device(step.device).crashAfter(step.calls, 2_000);
        this.#cutAll(step.device);
        await this.#device(step.device).crash();
        return [];
      case 'settle':
        return this.#settle();
    }
  }

  #device(number: number): SimulatedDevice {
    const device = this.devices[number];
    if (device === undefined) throw new Error(`there is no device ${number}`);
    return device;
  }

  #start(number: number): void {
    this.#device(number).start();
    for (const [a, b] of this.#links) if (a === number || b === number) this.#connect(a, b);
  }

  #cutAll(number: number): void {
    for (const [a, b] of this.#links) if (a === number || b === number) this.#sessions.get(key(a, b))?.cut();
  }

  #connect(a: number, b: number): void {
    const [one, other] = [this.#device(a), this.#device(b)];
    const known = this.#sessions.get(key(a, b));
    if (known?.isOpen === true || this.#cut.has(key(a, b))) return;
    if (one.folder === undefined || other.folder === undefined) return;
    const party = ({ id, name }: SimulatedDevice, { door }: NonNullable<SimulatedDevice['folder']>) => ({
      device: id,
      name,
      door,
    });
    const session = new SimulatedSession(
      party(one, one.folder),
      party(other, other.folder),
      this.#clock,
      new SeededRandom(this.#random.next()),
      this.#plan.delayMs ?? 10,
      (kind, what) => {
        this.#messages++;
        this.#lastMovedMs = this.#clock.monotonicMs();
        this.#say(`${what.from} → ${what.to}: ${kind} ${what.text}`);
      },
    );
    this.#sessions.set(key(a, b), session);
  }

  /** In the middle of the daemon's calls somebody does something. */
  #letMeddle(oneIn: number): void {
    this.devices.forEach((device, number) => {
      const random = new SeededRandom(this.#plan.seed * 17 + number);
      for (const call of ['lstat', 'rename', 'remove', 'openFile', 'setAttributes', 'mkdir', 'list', 'read'] as const)
        device.fs.before(
          call,
          () => this.#meddles && random.oneIn(oneIn),
          () => {
            const step = randomUserStep(random, 1_000_000 + number * 100_000 + this.#meddled++);
            this.#say(`-- in the middle of ${call}: ${tellStep({ kind: 'user', device: number, does: step })}`);
            this.#ledger.act(device, step);
          },
        );
    });
  }

  async #settle(): Promise<string[]> {
    this.#meddles = false;
    this.#cut.clear();
    for (let number = 0; number < this.devices.length; number++) this.#start(number);
    const until = this.#clock.monotonicMs() + REST_LIMIT_MS;
    this.#lastMovedMs = this.#clock.monotonicMs();
    while (!this.#atRest()) {
      if (this.#clock.monotonicMs() > until) return [`not at rest after ${REST_LIMIT_MS} ms`, ...this.#unfinished()];
      await this.#clock.advance(STEP_MS);
    }
    const tree = this.devices[0]?.fs.user.tree(ROOT) ?? new Map<string, string>();
    const problems = [
      ...this.#differences(),
      ...this.#ledger.problemsAtRest(tree),
      ...this.#unfinished(),
      ...this.#errors,
    ];
    if (problems.length === 0) problems.push(...this.#standing.problems());
    if (problems.length > 0) return problems;
    this.#ledger.rest();
    this.#standing.rest();
    problems.push(...(await this.#notSilent()), ...(await this.#notInSync()));
    this.#meddles = true;
    return problems;
  }

  #atRest(): boolean {
    const stillMs = this.#plan.watchFaults === undefined ? STILL_MS : STILL_UNSEEN_MS;
    if (this.#clock.monotonicMs() - this.#lastMovedMs < stillMs) return false;
    return this.devices.every(({ folder, index }) => {
      if (folder === undefined || index === undefined) return false;
      return index.wantedCounts().count === 0 && folder.snapshot().pendingFiles === 0;
    });
  }

  /** I2: one tree, one list of conflicts. */
  #differences(): string[] {
    const [first, ...rest] = this.devices;
    if (first === undefined) return [];
    const problems: string[] = [];
    const tree = first.fs.user.tree(ROOT);
    for (const other of rest) {
      const theirs = other.fs.user.tree(ROOT);
      for (const path of new Set([...tree.keys(), ...theirs.keys()]))
        if (tree.get(path) !== theirs.get(path))
          problems.push(`I2: ${path}: ${first.name} has ${tree.get(path)}, ${other.name} has ${theirs.get(path)}`);
      const [a, b] = [conflictsOf(first), conflictsOf(other)];
      if (a !== b) problems.push(`I2: conflicts differ: ${first.name}: ${a}; ${other.name}: ${b}`);
    }
    return problems;
  }

  #unfinished(): string[] {
    return this.devices.flatMap(({ name, fs, folder, index }) => {
      const problems: string[] = [];
      const staged = [...fs.user.tree(`${ROOT}/.syncd/staging`).keys()];
      if (staged.length > 0) problems.push(`${name} has ${staged.join(', ')} in staging`);
      const wanted = [...(index?.wantedAll() ?? [])];
      for (const { record, why, code } of wanted)
        problems.push(`${name} wants ${record.path} (${record.entry.kind}): ${why} ${code ?? ''}`);
      const skipped = folder?.snapshot().skipped ?? [];
      for (const { path, code } of skipped) problems.push(`${name} skips ${path}: ${code}`);
      if (fs.openHandles > 0) problems.push(`${name} has ${fs.openHandles} open files`);
      return problems;
    });
  }

  /** I7: at rest nothing is sent, also when everything is scanned again. */
  async #notSilent(): Promise<string[]> {
    const before = this.#messages;
    await this.#clock.advance(SILENCE_MS);
    return this.#messages === before ? [] : [`I7: ${this.#messages - before} messages were sent at rest`];
  }

  async #notInSync(): Promise<string[]> {
    const problems: string[] = [];
    for (const { folder, name } of this.devices) {
      if (folder === undefined) continue;
      let answer: string | undefined;
      const asked = folder.wait(10_000, new AbortController().signal).then((result) => {
        answer = 'message' in result ? `${result.kind}: ${result.message}` : result.kind;
      });
      await this.#clock.advance(11_000, () => answer !== undefined);
      await asked;
      if (answer !== 'in sync') problems.push(`wait on ${name} says: ${answer}`);
    }
    return problems;
  }

  #onLog(device: number, level: string, message: string, fields: object | undefined): void {
    const words = Object.entries(fields ?? {}).map(([name, value]) => `${name}=${tell(value)}`);
    this.#say(`${device} ${level}: ${message} ${words.join(' ')}`);
    // The folder says so when something failed that should not.
    if (level === 'error') this.#errors.push(`${device} said: ${message} ${words.join(' ')}`);
  }
}

function conflictsOf({ folder }: SimulatedDevice): string {
  const conflicts = folder?.conflicts() ?? [];
  return conflicts.map(({ path, winner, lost }) => `${path} ${winner.at(-1)} ${lost.sha256.slice(0, 8)}`).join(', ');
}

function tell(value: unknown): string {
  return value instanceof Error ? (value.stack ?? value.message) : String(value);
}

function key(a: number, b: number): string {
  return `${Math.min(a, b)}-${Math.max(a, b)}`;
}
