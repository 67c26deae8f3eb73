// Runs one short history on two devices, with one of them killed at one call of its disk, and checks what must hold when
// all has come to rest. Quicker than a world: both devices begin with what they have synced before, from a copy of their
// indexes, and the disks are laid out in the same way each time.
import { areIdle, differences, unfinished } from './at-rest.ts';
import { type Backup, backUp, putBack } from './backup.ts';
import { SimulatedClock } from './clock.ts';
import { CALLS } from './disk-faults.ts';
import { BEFORE, type History } from './exhaustive-space.ts';
import { Ledger } from './ledger.ts';
import { MessageWires } from './message-wires.ts';
import { SeededRandom } from './random.ts';
import { INJECTED, ROOT, SimulatedDevice, deviceId } from './simulated-device.ts';
import { NO_WATCH_FAULTS } from './simulated-watch.ts';
import { Standing } from './standing.ts';

export interface Kill {
  readonly device: number;
  /** The number of its calls of the disk, from the first deed on, that are done before. */
  readonly calls: number;
  /** With its machine: what was not synced is gone, torn or there. */
  readonly power?: boolean;
}

/** It lives, and one commit of its index fails, the one after so many from the first deed on. */
export interface FailedCommit {
  readonly device: number;
  readonly commits: number;
}

export interface Ran {
  /** What did not hold. */
  readonly problem: string | undefined;
  /** False when it came to rest before it had called so often. */
  readonly wasKilled: boolean;
  /** How often it called. */
  readonly calls: number;
  /** How often it wrote to its index. */
  readonly commits: number;
}

const OWN = `${ROOT}/.syncd`;
const START_MS = Date.UTC(2026, 0, 1);
const LATER_MS = 60_000;
const LINKS = [[0, 1]] as const;
const MAX_DELAY_MS = 10;
const IN_TURN_MS = 40;
const APART_MS = 600;
/** A kill may come up to so long after the last deed: nothing is left to do then. */
const KILLED_WITHIN_MS = 1_200;
const DOWN_MS = 50;
const STILL_MS = 3_000;
const REST_LIMIT_MS = 120_000;
/** More than one full scan of each. */
const SILENCE_MS = 11_000;
const EMPTY = '""';
const BEFORE_US = 1_700_000_000_000_000n;

class Pair {
  readonly clock: SimulatedClock;
  readonly devices: readonly SimulatedDevice[];
  readonly ledger: Ledger;
  readonly standing: Standing;
  readonly wires: MessageWires;
  readonly errors: string[] = [];
  /** A power loss took a content that no daemon had seen: it is as if a user had done it. */
  mayBeEmpty = false;
  messages = 0;
  #lastMovedMs = 0;
  readonly #say: ((line: string) => void) | undefined;

  constructor(startMs: number, seed: number, say?: (line: string) => void) {
    this.clock = new SimulatedClock(startMs);
    this.#say = say;
    this.devices = [0, 1].map((number) => this.#makeDevice(number, seed));
    this.ledger = new Ledger(this.devices, false);
    this.standing = new Standing(this.devices);
    this.wires = new MessageWires({
      clock: this.clock,
      random: new SeededRandom(seed * 13 + 7),
      links: LINKS,
      maxDelayMs: MAX_DELAY_MS,
      deviceOf: (number) => this.device(number),
      onMessages: (from, to, words) => {
        this.messages++;
        this.#moved(() => `${from} → ${to}: ${words()}`);
      },
    });
    for (const device of this.devices)
      for (const path of BEFORE) {
        this.ledger.act(device, { kind: 'write', path, content: `before ${path}` });
        this.ledger.act(device, { kind: 'touch', path, mtimeUs: BEFORE_US });
      }
  }

  #makeDevice(number: number, seed: number): SimulatedDevice {
    const device = new SimulatedDevice(this.clock, new SeededRandom(seed * 31 + number), {
      number,
      peers: [deviceId(1 - number)],
      offMs: 0,
      watchFaults: NO_WATCH_FAULTS,
      onLog: (level, message, fields) => {
        const words = Object.values(fields ?? {})
          .map(tell)
          .join(' ');
        this.#say?.(`${this.clock.monotonicMs()} ${number} ${level}: ${message} ${words}`);
        if (level === 'error' && !words.includes(INJECTED)) this.errors.push(`${number} said: ${message} ${words}`);
      },
      setReading: (from, on) => this.wires.setReading(number, from, on),
      bytes: undefined,
      power: false,
    });
    device.fs.onChange(({ path, what, kind, by }) => {
      if (!path.includes('/.syncd')) this.#moved(() => `${number} ${by} ${what} ${kind} ${path}`);
    });
    return device;
  }

  #moved(words: () => string): void {
    this.#lastMovedMs = this.clock.monotonicMs();
    this.#say?.(`${this.#lastMovedMs} ${words()}`);
  }

  device(number: number): SimulatedDevice {
    const device = this.devices[number];
    if (device === undefined) throw new RangeError(`there is no device ${number}`);
    return device;
  }

  /** It finds the index and its own directory as they were left. */
  begin(number: number, begin: Beginning | undefined): void {
    const device = this.device(number);
    device.putIndex(begin?.index);
    device.fs.user.mkdir(OWN);
    putBack(device.fs.user, OWN, begin?.own ?? new Map());
    device.fs.keepJournal();
  }

  start(number: number): void {
    this.#lastMovedMs = this.clock.monotonicMs();
    this.device(number).start();
    this.wires.began(number);
  }

  /** False when that does not come about. */
  async rest(): Promise<boolean> {
    const until = this.clock.monotonicMs() + REST_LIMIT_MS;
    for (;;) {
      const left = this.#lastMovedMs + STILL_MS - this.clock.monotonicMs();
      if (left <= 0 && this.wires.isWhole && areIdle(this.devices)) return true;
      if (this.clock.monotonicMs() > until) return false;
      await this.clock.advance(Math.max(left, 100));
    }
  }

  async end(): Promise<void> {
    this.wires.end();
    for (const device of this.devices) await device.end();
  }
}

function tell(value: unknown): string {
  return value instanceof Error ? (value.stack ?? value.message) : String(value);
}

/** What a device has when all that is there before is on both, and it was stopped. */
export interface Beginning {
  readonly index: Buffer | undefined;
  /** What the daemon keeps in the folder. */
  readonly own: Backup;
}

export async function beginnings(): Promise<readonly Beginning[]> {
  const pair = new Pair(START_MS, 1);
  pair.start(0);
  pair.start(1);
  if (!(await pair.rest())) throw new Error('what is there before does not come to rest');
  for (const device of pair.devices) await device.stop();
  const all = pair.devices.map(({ savedIndex, fs }) => ({ index: savedIndex, own: backUp(fs.user, OWN) }));
  await pair.end();
  return all;
}

/** `silent`: also that then nothing is sent (I7), which takes its time. */
export async function runHistory(
  begin: readonly Beginning[],
  history: History,
  fault: Kill | FailedCommit,
  { silent = false, seed = 1, say }: { silent?: boolean; seed?: number; say?: (line: string) => void } = {},
): Promise<Ran> {
  const pair = new Pair(START_MS + LATER_MS, seed, say);
  try {
    for (const { number } of pair.devices) pair.begin(number, begin[number]);
    pair.ledger.rest();
    pair.standing.rest();
    pair.start(0);
    pair.start(1);
    if (!(await pair.rest()))
      return { problem: 'does not come to rest before anything is done', wasKilled: false, calls: 0, commits: 0 };
    const victim = pair.device(fault.device);
    const before = victim.commits;
    if ('commits' in fault) victim.failIndex({ code: 'E_IO', after: fault.commits, times: 1 });
    const kill = 'calls' in fault ? fault : { device: fault.device, calls: Number.MAX_SAFE_INTEGER };
    const calls = await live(pair, history, kill);
    const commits = victim.commits - before;
    const wasKilled = calls > kill.calls;
    const wasLate = wasKilled || ('commits' in fault && commits > fault.commits);
    const tells = !isThereAndBack(history) && (!wasLate || history.timing !== 'in turn');
    return { problem: await problemOf(pair, tells, silent), wasKilled, calls, commits };
  } catch (error) {
    return { problem: tell(error), wasKilled: false, calls: 0, commits: 0 };
  } finally {
    await pair.end();
  }
}

/**
 * Whether somebody moves a file and moves it back: nobody can see that, so the file is the one that was there before. A
 * deed done to what had come and was not written down before a kill is one to what was there before, too.
 */
function isThereAndBack({ deeds }: History): boolean {
  return deeds.some(({ device, does: there }, i) =>
    deeds
      .slice(i + 1)
      .some(
        ({ device: by, does: back }) =>
          by === device &&
          there.kind === 'rename' &&
          back.kind === 'rename' &&
          there.path === back.to &&
          there.to === back.path,
      ),
  );
}

/** The deeds are done while time passes until the kill, or until it cannot come any more. Answers with the calls that were made. */
async function live(pair: Pair, { timing, deeds }: History, kill: Kill): Promise<number> {
  const { clock, wires, ledger, standing } = pair;
  const victim = pair.device(kill.device);
  if (timing === 'apart') {
    wires.cut(0, 1);
    clock.after(APART_MS, () => wires.heal(0, 1));
  }
  deeds.forEach(({ device, does }, i) => {
    const act = (): void => void ledger.act(pair.device(device), does);
    if (timing === 'in turn' && i > 0) clock.after(i * IN_TURN_MS, act);
    else act();
  });
  let calls = 0;
  const uncount = CALLS.map((call) =>
    victim.fs.before(
      call,
      () => true,
      () => calls++,
    ),
  );
  await victim.crashAfter(kill.calls, (timing === 'apart' ? APART_MS : 0) + KILLED_WITHIN_MS);
  for (const undo of uncount) undo();
  if (calls <= kill.calls) return calls;
  wires.ended(kill.device);
  await victim.crash();
  if (kill.power === true) {
    for (const torn of (await victim.losePower(new SeededRandom(kill.calls + 1))).edits) {
      ledger.excuse(torn);
      if (torn === EMPTY) pair.mayBeEmpty = true;
    }
    // Later deeds may move what is torn before any daemon has seen it: then it is new, and nobody knows what it was.
    if (timing === 'in turn') pair.mayBeEmpty = true;
    ledger.anew(victim);
    standing.anew(kill.device, victim);
  }
  await clock.advance(DOWN_MS);
  pair.start(kill.device);
  return calls;
}

async function problemOf(pair: Pair, tells: boolean, silent: boolean): Promise<string | undefined> {
  const { devices, ledger, standing, errors } = pair;
  if (!(await pair.rest())) return ['not at rest', ...unfinished(devices), ...differences(devices)].join('\n');
  const tree = pair.device(0).fs.user.tree(ROOT);
  const problems = [
    ...differences(devices),
    ...(goneFromAll(pair).length > 0 ? [] : [...ledger.problems(), ...ledger.problemsAtRest(tree)]),
    ...torn(pair, tree),
    ...unfinished(devices),
    ...errors,
  ];
  if (problems.length === 0 && tells) problems.push(...standing.problems());
  // What is gone is asked for again and again.
  if (problems.length === 0 && silent && goneFromAll(pair).length === 0) {
    const before = pair.messages;
    await pair.clock.advance(SILENCE_MS);
    if (pair.messages > before) problems.push(`I7: ${pair.messages - before} messages were sent at rest`);
  }
  return problems.length === 0 ? undefined : problems.join('\n');
}

/** No user has made a file without content: a daemon has taken what a power loss left for an edit, and says nothing. */
function torn(pair: Pair, tree: ReadonlyMap<string, string>): string[] {
  if (pair.mayBeEmpty) return [];
  const named = new Set<string>(goneFromAll(pair));
  return [...tree].flatMap(([path, words]) =>
    words.endsWith(EMPTY) && !named.has(path) ? [`I5: ${path} is torn`] : [],
  );
}

/** What a power loss took before it had come anywhere else: it is wanted, and named when everybody has been asked. */
function goneFromAll({ devices }: Pair): string[] {
  return devices.flatMap(({ folder, index }) => [
    ...(folder?.snapshot().skipped.map(({ path }) => path) ?? []),
    ...[...(index?.wantedAll() ?? [])].map(({ record }) => record.path),
  ]);
}
