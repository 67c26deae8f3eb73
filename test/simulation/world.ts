// A world: some devices, the wires between them, and one clock. Everything in it follows from its plan, so a run that
// fails can be repeated, and made shorter.
import { AssertionFailed } from '../../daemon/core/assert.ts';
import { RULES_FILE } from '../../daemon/core/filter-file.ts';
import { areIdle, differences, gonePaths, namedPaths, unfinished, unnamed } from './at-rest.ts';
import { type Backup, backUp, putBack } from './backup.ts';
import { ByteWires } from './byte-wires.ts';
import { SimulatedClock } from './clock.ts';
import { Ledger } from './ledger.ts';
import { MessageWires } from './message-wires.ts';
import { type Plan, linksOf } from './plan.ts';
import { SeededRandom } from './random.ts';
import { randomUserStep } from './random-steps.ts';
import { ROOT, SimulatedDevice, deviceId } from './simulated-device.ts';
import { NO_WATCH_FAULTS } from './simulated-watch.ts';
import { Standing } from './standing.ts';
import { tellFields } from './tell-fields.ts';
import { HIDING, type Step, type UserStep, tellStep } from './steps.ts';
import type { ProcessEnd, Wires } from './wires.ts';

export { linksOf, type Plan, type Shape } from './plan.ts';

/** After this the world must be at rest. */
const REST_LIMIT_MS = 240_000;
/** Nothing has moved for so long: at rest. */
const STILL_MS = 3_000;
/** The same where hints are lost: a full scan is in it. */
const STILL_UNSEEN_MS = 14_000;
/** Time in which nothing may be sent. A full scan of each device is in it. */
const SILENCE_MS = 11_000;
const WAIT_MS = 10_000;
/** Steps of a history in which it can be said what must stand where. */
const SHORT = 100;

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
  readonly #wires: Wires;
  readonly #links: readonly (readonly [number, number])[];
  readonly #ledger: Ledger;
  /** In a long history more stands against one another than can be told apart. */
  readonly #standing: Standing | undefined;
  readonly #onLog: ((line: string) => void) | undefined;
  readonly #errors: string[] = [];
  /** What was seen to be wrong with the surroundings since the last rest. */
  readonly #troubled = new Set<number>();
  readonly #backups = new Map<number, { readonly index: Buffer | undefined; readonly disk: Backup }>();
  /** What a power loss has torn since the last rest, and the index knows better. */
  readonly #damaged = new Map<number, readonly string[]>();
  readonly #seesAll: boolean;
  #messages = 0;
  #lastMovedMs = 0;
  #meddles = false;
  /** Not all devices sync all paths. */
  #filtered: boolean;
  /** Users write files of rules. */
  readonly #hasRules: boolean;
  #meddled = 0;

  constructor(plan: Plan, onLog?: (line: string) => void) {
    this.#plan = plan;
    this.#random = new SeededRandom(plan.seed);
    this.#links = linksOf(plan.shape, plan.devices);
    this.#onLog = onLog;
    this.#hasRules = plan.steps.some((step) => step.kind === 'user' && isRules(step.does.path));
    this.#filtered = this.#hasRules;
    this.#seesAll = plan.watchFaults === undefined && !plan.steps.some(({ kind }) => HIDING.has(kind));
    const power = plan.steps.some(({ kind }) => kind === 'power loss');
    this.devices = Array.from({ length: plan.devices }, (_, number) => this.#makeDevice(number, power));
    if (this.#hasRules) for (const device of this.devices) device.mayIgnore();
    const shared = {
      clock: this.#clock,
      random: new SeededRandom(plan.seed * 13 + 7),
      links: this.#links,
      maxDelayMs: plan.delayMs ?? 10,
      onMessages: (from: string, to: string, words: () => string): void => {
        this.#messages++;
        this.#lastMovedMs = this.#clock.monotonicMs();
        this.#say(() => `${from} → ${to}: ${words()}`);
      },
    };
    this.#wires =
      plan.bytes === true
        ? new ByteWires({ ...shared, hostOf: (number) => this.devices[number]?.host })
        : new MessageWires({ ...shared, doubledOneIn: plan.doubledOneIn, deviceOf: (number) => this.#device(number) });
    this.#ledger = new Ledger(this.devices, plan.meddleOneIn !== undefined);
    // A directory that moves in the middle of a call takes with it what was meant for another path.
    if (plan.meddleOneIn === undefined && plan.steps.length <= SHORT) this.#standing = new Standing(this.devices);
    if (plan.meddleOneIn !== undefined) this.#letMeddle(plan.meddleOneIn);
  }

  #makeDevice(number: number, power: boolean): SimulatedDevice {
    const { seed, skewMs: skew = 0, watchFaults, watchBatchMs, rate, bytes } = this.#plan;
    const peers = this.#links.flatMap(([a, b]) => (a === number ? [b] : b === number ? [a] : []));
    // One of the two dials, or both do at once.
    const dialled = peers.filter((peer) => (seed + number + peer) % 3 === 0 || peer > number);
    const device = new SimulatedDevice(this.#clock, new SeededRandom(seed * 31 + number), {
      number,
      peers: peers.map(deviceId),
      offMs: skew === 0 ? 0 : this.#random.below(2 * skew) - skew,
      watchFaults: watchFaults ?? NO_WATCH_FAULTS,
      watchBatchMs,
      rate,
      onLog: (level, message, fields) => this.#hear(number, level, message, fields),
      setReading: (from, on) => {
        this.#wires.setReading(number, from, on);
        this.#say(() => `${number} ${on ? 'reads' : 'does not read'} from ${from}`);
      },
      bytes:
        bytes === true
          ? {
              dials: dialled.map(deviceId),
              dial: (request) =>
                this.#wires instanceof ByteWires
                  ? this.#wires.dial(number, request)
                  : Promise.reject(new Error('there are no links of bytes')),
            }
          : undefined,
      power,
    });
    device.fs.onChange(({ path, what, kind, by }) => {
      if (path.includes('/.syncd')) return;
      this.#lastMovedMs = this.#clock.monotonicMs();
      this.#say(() => `${number} ${by} ${what} ${kind} ${path}`);
    });
    return device;
  }

  async run(): Promise<string | undefined> {
    for (let number = 0; number < this.devices.length; number++) this.#start(number);
    this.#meddles = true;
    for (const [i, step] of [...this.#plan.steps, { kind: 'settle' } as const].entries()) {
      this.#say(() => `-- ${tellStep(step)}`);
      const problem = (await this.#take(step)) ?? this.#ledger.problems();
      if (problem.length > 0) return `after step ${i} (${tellStep(step)}):\n${problem.join('\n')}`;
    }
    return undefined;
  }

  async end(): Promise<void> {
    this.#meddles = false;
    this.#wires.end();
    for (const device of this.devices) await device.end();
  }

  /** Undefined: nothing to say. */
  async #take(step: Step): Promise<string[] | undefined> {
    switch (step.kind) {
      case 'user':
        this.#ledger.act(this.#device(step.device), step.does);
        return undefined;
      case 'pass':
        await this.#clock.advance(step.ms);
        return undefined;
      case 'cut':
        this.#wires.cut(step.a, step.b, step.how ?? 'reset');
        return undefined;
      case 'heal':
        this.#wires.heal(step.a, step.b);
        return undefined;
      case 'wait':
        return this.#waitForAll();
      case 'settle':
        return this.#settle();
      default:
        await this.#happenTo(this.#device(step.device), step);
        return undefined;
    }
  }

  async #happenTo(device: SimulatedDevice, step: Extract<Step, { device: number }>): Promise<void> {
    switch (step.kind) {
      case 'start':
        return this.#start(step.device);
      case 'stop':
        if (device.host === undefined) this.#wires.ended(step.device, 'stopped');
        await device.stop();
        return this.#wires.ended(step.device, 'stopped');
      case 'crash':
        return this.#kill(device, undefined, 'killed');
      case 'crash in a job':
        return this.#kill(device, step.calls, 'killed');
      case 'power loss':
        await this.#kill(device, step.calls, 'powerless');
        await this.#losePower(device);
        return this.#doubt(device);
      case 'index lost':
      case 'index back':
      case 'restored':
        return this.#goBack(device, step.kind);
      case 'spell':
        this.#troubled.add(step.device);
        return device.castSpell(step.spell);
      case 'index fails':
        this.#troubled.add(step.device);
        return device.failIndex(step);
      case 'full':
        this.#troubled.add(step.device);
        return device.fs.setFree(step.freeBytes);
      case 'blind':
        return device.watch?.setState({ kind: 'degraded', code: 'E_WATCH_LIMIT', message: 'injected' });
      case 'overflow':
        return device.watch?.overflow();
      case 'healthy':
        return device.heal();
      case 'clock':
        return device.jump(step.byMs);
      case 'filter':
        this.#filtered = true;
        device.ignore(step.ignore);
        // What was deleted while it was ignored lives on, and what was changed meanwhile is a conflict.
        return this.#doubtAll();
      case 'user':
    }
  }

  #device(number: number): SimulatedDevice {
    const device = this.devices[number];
    if (device === undefined) throw new Error(`there is no device ${number}`);
    return device;
  }

  #start(number: number): void {
    this.#device(number).start();
    this.#wires.began(number);
  }

  async #kill(device: SimulatedDevice, calls: number | undefined, how: ProcessEnd): Promise<void> {
    if (device.folder === undefined) return;
    if (calls !== undefined) await device.crashAfter(calls, 2_000);
    this.#wires.ended(device.number, how);
    await device.crash();
  }

  async #losePower(device: SimulatedDevice): Promise<void> {
    const { edits, damaged, claimed } = await device.losePower(new SeededRandom(this.#random.next()));
    for (const path of claimed) this.#errors.push(`I5: ${path} on ${device.name} counts as durable, and is not`);
    for (const torn of edits) this.#ledger.excuse(torn);
    // What is ignored before it is whole again is looked at later as something of which nothing is known.
    if (this.#hasRules) for (const torn of damaged) this.#ledger.excuse(torn);
    this.#damaged.set(device.number, [...(this.#damaged.get(device.number) ?? []), ...damaged]);
  }

  /** While it is down. The disk and the index are those of the last rest, or the index alone. */
  #goBack(device: SimulatedDevice, what: 'index lost' | 'index back' | 'restored'): void {
    if (device.folder !== undefined) return;
    const backup = this.#backups.get(device.number);
    device.mayHaveLost();
    // The index that knew what these were is gone.
    for (const torn of this.#damaged.get(device.number) ?? []) this.#ledger.excuse(torn);
    if (what === 'index lost') device.putIndex(undefined);
    else if (backup === undefined) return;
    else {
      device.heal();
      device.putIndex(backup.index);
      if (what === 'restored') this.#ledger.unseen(() => putBack(device.fs.user, ROOT, backup.disk));
      device.fs.syncAll();
    }
    this.#doubt(device);
  }

  /** What lies on it is not what users left there. */
  #doubt(device: SimulatedDevice): void {
    this.#ledger.anew(device);
    this.#standing?.anew(device.number, device);
  }

  #doubtAll(): void {
    this.#ledger.doubt();
    this.#standing?.doubt();
  }

  /** In the middle of the daemon's calls somebody does something, most often to what the daemon is at. */
  #letMeddle(oneIn: number): void {
    this.devices.forEach((device, number) => {
      const random = new SeededRandom(this.#plan.seed * 17 + number);
      let at = '';
      for (const call of ['lstat', 'rename', 'remove', 'openFile', 'setAttributes', 'mkdir', 'list', 'read'] as const)
        device.fs.before(
          call,
          (path) => {
            if (path.startsWith(`${ROOT}/`) && !path.startsWith(`${ROOT}/.syncd`)) at = path.slice(ROOT.length + 1);
            return this.#meddles && random.oneIn(oneIn);
          },
          () => {
            const any = randomUserStep(random, 1_000_000 + number * 100_000 + this.#meddled++);
            const step = at === '' || random.oneIn(3) ? any : { ...any, path: at };
            this.#say(() => `-- in the middle of ${call}: ${tellStep({ kind: 'user', device: number, does: step })}`);
            this.#ledger.act(device, step);
          },
        );
    });
  }

  async #settle(): Promise<string[]> {
    this.#meddles = false;
    for (let number = 0; number < this.devices.length; number++) {
      this.#device(number).heal();
      this.#device(number).ignore([]);
      this.#start(number);
    }
    if (this.#filtered) this.#doubtAll();
    this.#filtered = this.#hasRules;
    for (const [a, b] of this.#links) this.#wires.heal(a, b);
    const late = await this.#comeToRest();
    if (late !== undefined) return late;
    const tree = this.devices[0]?.fs.user.tree(ROOT) ?? new Map<string, string>();
    const problems = [
      ...differences(this.devices),
      ...this.#ledger.problemsAtRest(tree, gonePaths(this.devices)),
      ...unfinished(this.devices),
      ...this.#errors,
    ];
    if (problems.length === 0) problems.push(...(this.#standing?.problems() ?? []));
    if (problems.length > 0) return problems;
    this.#ledger.rest();
    this.#standing?.rest();
    if (this.#isSomethingGone) this.#doubtAll();
    problems.push(...(await this.#notSilent()), ...(await this.#notInSync()));
    this.#troubled.clear();
    this.#damaged.clear();
    if (this.#plan.steps.some(({ kind }) => kind === 'index back' || kind === 'restored')) this.#backUpAll();
    this.#meddles = true;
    return problems;
  }

  /** Between two times that they ask, which are seconds apart. */
  async #isIdleAtTimes(): Promise<boolean> {
    for (let n = 0; n < 100; n++) {
      if (areIdle(this.devices)) return true;
      await this.#clock.advance(300);
    }
    return false;
  }

  /** Undefined when it has. */
  async #comeToRest(): Promise<string[] | undefined> {
    const until = this.#clock.monotonicMs() + REST_LIMIT_MS;
    this.#lastMovedMs = this.#clock.monotonicMs();
    // A file of rules that was changed on one device outlives its removal on another, and one may come back from a disk.
    while (!this.#isAtRest() || this.#endRules()) {
      if (this.#clock.monotonicMs() > until) {
        // Several ask in turn for what nobody has any more, and are never still for long: all else must have been done.
        if (this.#isSomethingGone && this.#wires.isWhole && (await this.#isIdleAtTimes())) break;
        return [`not at rest after ${REST_LIMIT_MS} ms`, ...unfinished(this.devices), ...differences(this.devices)];
      }
      this.#endRules();
      await this.#clock.advance(Math.max(100, this.#lastMovedMs + this.#stillMs - this.#clock.monotonicMs()));
    }
    return undefined;
  }

  /** Users take away all rules that are there. False when there are none. */
  #endRules(): boolean {
    if (!this.#hasRules) return false;
    let areThere = false;
    for (const device of this.devices) {
      const does: UserStep[] = rulesOf(device).map((path) => ({ kind: 'remove', path }));
      // Where a directory has gone with its rules, what they ignored stays here with it; others hold from now on.
      for (const dir of keptBy(device)) does.push({ kind: 'write', path: `${dir}/${RULES_FILE}`, content: '' });
      for (const one of does) this.#ledger.act(device, one);
      areThere ||= does.length > 0;
    }
    return areThere;
  }

  get #stillMs(): number {
    return this.#seesAll ? STILL_MS : STILL_UNSEEN_MS;
  }

  #isAtRest(): boolean {
    if (this.#clock.monotonicMs() - this.#lastMovedMs < this.#stillMs) return false;
    return this.#wires.isWhole && areIdle(this.devices);
  }

  #backUpAll(): void {
    for (const { number, savedIndex, fs } of this.devices)
      this.#backups.set(number, { index: savedIndex, disk: backUp(fs.user, ROOT) });
  }

  /** A power loss took it from everybody; it wins all the same, until somebody writes there again. */
  get #isSomethingGone(): boolean {
    return this.devices.some(({ index }) => (index?.wantedCounts().count ?? 0) > 0);
  }

  /** I7: at rest nothing is sent, also when everything is scanned again. */
  async #notSilent(): Promise<string[]> {
    // It is asked for again and again, until it is named, or nobody is left who has said that it is there.
    const isAskedFor = this.#isSomethingGone;
    const before = this.#messages;
    await this.#clock.advance(SILENCE_MS);
    return this.#messages === before || isAskedFor ? [] : [`I7: ${this.#messages - before} messages were sent at rest`];
  }

  async #notInSync(): Promise<string[]> {
    // What is ignored no more may be asked for once more, before it is said that no device has it.
    if (this.#hasRules && this.#isSomethingGone) return [];
    const answers = await this.#askAll();
    return answers.flatMap((answer, i) => (answer === 'in sync' ? [] : [`wait on device ${i} says: ${answer}`]));
  }

  /**
   * When all say that they are in sync, once for each hop, then all that was written is everywhere, but for what one of them
   * names; and what it does not have for good it names.
   */
  async #waitForAll(): Promise<string[]> {
    if (this.#plan.watchFaults !== undefined || this.#filtered || !this.#wires.isWhole) return [];
    if (this.devices.some(({ folder }) => folder === undefined)) return [];
    this.#meddles = false;
    let areInSync = true;
    for (let round = 1; round < this.devices.length; round++)
      areInSync &&= (await this.#askAll()).every((answer) => answer === 'in sync');
    this.#meddles = true;
    if (!areInSync || !this.#wires.isWhole) return [];
    const problems = [...differences(this.devices, namedPaths(this.devices)), ...unnamed(this.devices)];
    return problems.map((problem) => `wait says in sync everywhere, and ${problem}`);
  }

  async #askAll(): Promise<string[]> {
    const answers = this.devices.map(() => 'nothing');
    let left = 0;
    const asked = this.devices.map(async ({ folder }, i) => {
      if (folder === undefined) return;
      left++;
      const result = await folder.wait(WAIT_MS, new AbortController().signal);
      answers[i] = 'message' in result ? `${result.kind}: ${result.message}` : result.kind;
      left--;
    });
    await this.#clock.advance(WAIT_MS + 1_000, () => left === 0);
    if (left === 0) await Promise.all(asked);
    return answers;
  }

  #hear(device: number, level: string, message: string, fields: object | undefined): void {
    this.#say(() => `${device} ${level}: ${message} ${tellFields(fields)}`);
    // A file that is missing after that may have been lost with the disk: it is fetched again, whoever removed it.
    if (message.startsWith('the disk was away')) {
      this.#device(device).mayHaveLost();
      this.#doubtAll();
    }
    if (level !== 'error') return;
    const cause = fields !== undefined && 'error' in fields ? fields.error : undefined;
    const isBug = cause instanceof AssertionFailed || cause instanceof TypeError || cause instanceof RangeError;
    // The folder says so when something failed that should not.
    if (isBug || !this.#troubled.has(device)) this.#errors.push(`${device} said: ${message} ${tellFields(fields)}`);
  }

  #say(line: () => string): void {
    this.#onLog?.(`${String(this.#clock.monotonicMs()).padStart(7)} ${line()}`);
  }
}

function isRules(path: string): boolean {
  return path === RULES_FILE || path.endsWith(`/${RULES_FILE}`);
}

/** Files of rules in its tree. */
function rulesOf({ fs }: SimulatedDevice): string[] {
  return [...fs.user.tree(ROOT).keys()].filter(isRules);
}

/** Directories that were removed elsewhere, and are here because of what is ignored in them. */
function keptBy({ folder }: SimulatedDevice): string[] {
  return (folder?.snapshot().skipped ?? []).flatMap(({ path, code }) => (code === 'E_DIR_KEPT' ? path : []));
}
