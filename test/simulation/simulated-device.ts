// One device of the simulator: the real folder and the real index over a disk, a clock, a watcher and workers in memory.
// It can be stopped, killed between two calls of the disk or at one, lose its power, and find an older index or disk.
import { setImmediate as turn } from 'node:timers/promises';
import { CodedError } from '../../protocol/errors.ts';
import { encodeBase32 } from '../../daemon/core/base32.ts';
import { UNLIMITED } from '../../daemon/core/bandwidth.ts';
import type { DeviceId, Epoch, FolderName, Run } from '../../daemon/core/ids.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { FolderSettings, Role } from '../../daemon/core/settings.ts';
import { Folder } from '../../daemon/folder/folder.ts';
import { Traffic } from '../../daemon/transfer/traffic.ts';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import type { Link } from '../../daemon/ports/link.ts';
import type { DialRequest } from '../../daemon/ports/network.ts';
import type { Backpressure } from '../../daemon/ports/peers.ts';
import type { SimulatedClock } from './clock.ts';
import { MachineClock, MortalWorkers, type OnLog, ProcessClock, processLog } from './device-process.ts';
import { CALLS, type Spell, cast } from './disk-faults.ts';
import { filesBelow, sha256 } from './files.ts';
import { InlineWorkers } from './inline-workers.ts';
import { KeptIndex } from './kept-index.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import type { FileInode } from './memory-tree.ts';
import { contentWords } from './memory-user.ts';
import type { SeededRandom } from './random.ts';
import { SimulatedHost } from './simulated-host.ts';
import { SimulatedWatch, type WatchFaults } from './simulated-watch.ts';
import type { IndexFailure } from './steps.ts';

export const FOLDER = 'docs' as FolderName;
export const ROOT = '/srv/docs';
/** What an index says that is made to fail. */
export const INJECTED = 'injected';
/** A full scan finds, in simulated time, what hints have missed. */
const RESCAN_MS = 10_000;
/** A job takes up to this long. */
const JOB_MS = 3;

interface Running {
  readonly folder: Folder;
  readonly index: FolderIndex;
  readonly clock: ProcessClock;
  readonly watch: SimulatedWatch;
  readonly host: SimulatedHost | undefined;
}

const NO_EPOCH = 'A'.repeat(16) as Epoch;
/** Of one length, and no draw of the world's chances. */
const runName = (n: number): Run => `run${String(n).padStart(13, '0')}` as Run;
/** A device that begins with an index of before has runs of its own: so many are enough for each. */
const RUNS_OF_ONE = 1_000_000;
let continued = 0;

/** The process ended in the middle of a call. */
class Crash extends Error {}

export interface DeviceOptions {
  readonly number: number;
  readonly peers: readonly DeviceId[];
  /** Of those that may not do everything. */
  readonly roles?: ReadonlyMap<DeviceId, Role>;
  readonly offMs: number;
  readonly watchFaults: WatchFaults;
  readonly watchBatchMs?: number | undefined;
  /** Bytes in a second, each way; undefined: no limit. */
  readonly rate?: number | undefined;
  readonly onLog: OnLog;
  readonly setReading: Backpressure['setReading'];
  /** Sessions go over links of bytes; these peers are dialled. */
  readonly bytes: { readonly dials: readonly DeviceId[]; dial(request: DialRequest): Promise<Link> } | undefined;
  /** What is not synced can be lost. */
  readonly power: boolean;
}

export function deviceId(number: number): DeviceId {
  return `${'A'.repeat(51)}${'ABCDEFGH'[number] ?? 'Z'}` as DeviceId;
}

export class SimulatedDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly number: number;
  readonly fs: MemoryFileSystem;
  readonly #options: DeviceOptions;
  readonly #clock: SimulatedClock;
  readonly #machine: MachineClock;
  readonly #random: SeededRandom;
  #settings: FolderSettings;
  readonly #spells: (() => void)[] = [];
  #indexFailure: IndexFailure | undefined;
  #commits = 0;
  #boots = 0;
  #starts = 0;
  #ignored = false;
  #hasLost = false;
  readonly #index = new KeptIndex();
  #running: Running | undefined;

  constructor(clock: SimulatedClock, random: SeededRandom, options: DeviceOptions) {
    this.id = deviceId(options.number);
    this.name = `device ${options.number}`;
    this.number = options.number;
    this.#options = options;
    this.#clock = clock;
    this.#machine = new MachineClock(clock, options.offMs);
    this.#random = random;
    this.fs = new MemoryFileSystem(this.#machine);
    this.fs.user.mkdir(ROOT);
    if (options.power) this.fs.keepJournal();
    this.#settings = {
      name: FOLDER,
      path: ROOT,
      profile: undefined,
      notify: [],
      peers: new Map(options.peers.map((peer) => [peer, options.roles?.get(peer) ?? 'two-way'])),
      names: new Map(),
      owner: undefined,
      mode: 'two-way',
      enabled: true,
      intervalMs: 0,
      rescanMs: RESCAN_MS,
      schedule: undefined,
      permissions: true,
      filter: { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 },
      watch: 'auto',
      authority: deviceId(0),
      conflict: 'newest',
      maxDelete: 1,
      priority: 'normal',
      compression: 'never',
      bandwidth: UNLIMITED,
      versions: { keepMs: 365 * 24 * 60 * 60 * 1000, maxShare: 1 },
    };
  }

  /**
   * Its power or its disk may have failed; or somebody has removed what others were told of, while it was ignored or with
   * the index that knew of it.
   */
  get mayLose(): boolean {
    return this.#boots > 0 || this.#ignored || this.#hasLost;
  }

  /** Users write files of rules here. */
  mayIgnore(): void {
    this.#ignored = true;
  }

  /** What is missing now may be wanted again, whoever has removed it. */
  mayHaveLost(): void {
    this.#hasLost = true;
  }

  get folder(): Folder | undefined {
    return this.#running?.folder;
  }

  get index(): FolderIndex | undefined {
    return this.#running?.index;
  }

  get watch(): SimulatedWatch | undefined {
    return this.#running?.watch;
  }

  get host(): SimulatedHost | undefined {
    return this.#running?.host;
  }

  /** What it ignores from now on. */
  ignore(patterns: readonly string[]): void {
    this.#ignored ||= patterns.length > 0;
    if (patterns.join() === this.#settings.filter.ignore.join()) return;
    this.#settings = { ...this.#settings, filter: { ...this.#settings.filter, ignore: patterns } };
    this.#running?.folder.reconfigure(this.#settings);
  }

  start(): void {
    if (this.#running !== undefined) return;
    const newEpoch = (): Epoch => encodeBase32(this.#random.bytes(10)) as Epoch;
    const index = FolderIndex.open(this.#index.open(), { newEpoch, newRun: () => runName(++this.#starts) });
    const clock = new ProcessClock(this.#machine);
    const inline = new InlineWorkers(this.fs, (job) => clock.after(this.#random.below(JOB_MS + 1), job));
    const watch = new SimulatedWatch(this.fs, clock, this.#random);
    watch.faults = this.#options.watchFaults;
    watch.batchMs = this.#options.watchBatchMs ?? 0;
    const log = processLog(clock, this.#options.onLog);
    const { bytes, peers, setReading } = this.#options;
    const host =
      bytes === undefined
        ? undefined
        : new SimulatedHost({ ...bytes, self: this.id, peers, folder: FOLDER, clock, random: this.#random, log });
    const folder = new Folder({
      name: FOLDER,
      self: this.id,
      index,
      workers: new MortalWorkers(inline, clock),
      clock,
      random: this.#random,
      log,
      settings: this.#settings,
      watch,
      traffic: this.#makeTraffic(clock),
      backpressure: host?.backpressure ?? { setReading },
      newEpoch,
      bootId: `boot ${this.#boots}`,
      lockRoot: () => ({ release: () => undefined }),
      deviceName: (device) => device,
      emit: () => undefined,
    });
    // An index that cannot be written would not even have been opened.
    this.#letFail(index);
    this.#running = { folder, index, clock, watch, host };
    folder.start();
    host?.open(folder.door);
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { host, folder, clock } = running;
    let stopped = false;
    const stopping = (host?.stop() ?? Promise.resolve()).then(() => folder.stop());
    const ended = stopping.then(() => {
      stopped = true;
    });
    await this.#clock.advance(30_000, () => stopped);
    if (!stopped) throw new Error(`${this.name} does not stop within 30 s`);
    await ended;
    this.#running = undefined;
    clock.alive = false;
  }

  /** As SIGKILL does between two jobs: what was committed is there. */
  async crash(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#kill(running);
    await turn();
  }

  #kill({ clock }: Running): void {
    this.#index.kill();
    clock.alive = false;
  }

  /** It is not needed any more. */
  async end(): Promise<void> {
    await this.crash();
    this.#index.replace(undefined);
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
      this.#kill(running);
      throw new Crash('the process has ended');
    };
    const undo = CALLS.map((call) => this.fs.before(call, () => true, end));
    await this.#clock.advance(limitMs, () => !running.clock.alive);
    for (const one of undo) one();
  }

  /**
   * The machine goes down, and boots: what was not durable is gone, torn or there. The index was durable at each commit.
   * Answers with the contents that were torn before the index knew them: they look like edits; with those of which it
   * knows better, as long as no older index takes its place; and with paths whose row says that a content is durable which
   * is not: nobody would look at it again.
   */
  async losePower(random: SeededRandom): Promise<{ edits: string[]; damaged: string[]; claimed: string[] }> {
    await this.crash();
    this.#boots++;
    const before = new Map([...filesBelow(this.fs.user, ROOT)].map(([, file]) => [file, sha256(file)]));
    const index = FolderIndex.open(this.#index.copy() ?? ':memory:', {
      newEpoch: () => NO_EPOCH,
      newRun: () => runName(0),
    });
    const claimed = [...filesBelow(this.fs.user, ROOT)].flatMap(([path, file]) =>
      isClaimed(index, path as RelativePath, file) && !this.fs.isDurable(file) ? path : [],
    );
    this.fs.losePower(random);
    const edits: string[] = [];
    const damaged: string[] = [];
    for (const [path, file] of filesBelow(this.fs.user, ROOT)) {
      const was = before.get(file);
      const entry = index.row(path as RelativePath)?.record.entry;
      const isKnown = entry?.kind === 'file' && entry.sha256 === was;
      if (was !== sha256(file)) (isKnown ? damaged : edits).push(contentWords(file));
    }
    index.close();
    return { edits, damaged, claimed };
  }

  /** While it is down: a copy of the index, to be found again later; undefined before there was one. */
  get savedIndex(): Buffer | undefined {
    return this.#index.copy();
  }

  /** While it is down: this is the index that the next start finds; undefined: none. */
  putIndex(index: Buffer | undefined): void {
    this.#index.replace(index);
    if (index !== undefined && this.#starts === 0) this.#starts = RUNS_OF_ONE * ++continued;
  }

  castSpell(spell: Spell): void {
    this.#spells.push(cast(this.fs, spell, this.#random));
  }

  /** How often its index was written to, or was to be. */
  get commits(): number {
    return this.#commits;
  }

  /** Commits fail, until {@link heal} or as often as it says. */
  failIndex(failure: IndexFailure): void {
    this.#indexFailure = failure;
  }

  /** All faults of the disk and the watcher end. */
  heal(): void {
    for (const end of this.#spells.splice(0)) end();
    this.#indexFailure = undefined;
    this.fs.setCapacity(Number.MAX_SAFE_INTEGER);
    this.watch?.setState({ kind: 'watching' });
  }

  /** The wall clock is set. */
  jump(byMs: number): void {
    this.#machine.offMs += byMs;
  }

  #makeTraffic(clock: ProcessClock): Traffic {
    const traffic = new Traffic(clock);
    const { rate = Infinity } = this.#options;
    traffic.configure({ all: { up: rate, down: rate, at: [] }, peers: new Map(), folders: new Map() });
    return traffic;
  }

  #letFail(index: FolderIndex): void {
    const commit = index.commit.bind(index);
    index.commit = (changes) => {
      this.#commits++;
      if (this.#failsNow()) throw new CodedError(this.#indexFailure?.code ?? 'E_IO', INJECTED);
      return commit(changes);
    };
  }

  #failsNow(): boolean {
    if (this.#indexFailure === undefined) return false;
    const { after = 0, times = Infinity } = this.#indexFailure;
    if (after > 0) this.#indexFailure = { ...this.#indexFailure, after: after - 1 };
    else if (times > 0) this.#indexFailure = { ...this.#indexFailure, times: times - 1 };
    return after === 0 && times > 0;
  }
}

/** The row is of this very file, with the bytes that it has, and says that no power loss can take them. */
function isClaimed(index: FolderIndex, path: RelativePath, file: FileInode): boolean {
  const row = index.row(path);
  const isOfIt = row?.seen?.ino === file.ino && row.seen.ctimeNs === file.ctimeNs && row.seen.size === file.size;
  return isOfIt && file.size > 0 && row.seq <= index.durableSeq;
}
