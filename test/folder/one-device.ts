// One device over a disk in memory, and a peer whose every word a test says itself. What the device says to it is kept.
import assert from 'node:assert/strict';
import { CodedError } from '../../protocol/errors.ts';
import { UNLIMITED } from '../../daemon/core/bandwidth.ts';
import type { DeviceId, Epoch, FolderName, Sequence, Sha256 } from '../../daemon/core/ids.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';
import type { FolderSettings } from '../../daemon/core/settings.ts';
import { encodeOutline, groupsOf } from '../../daemon/disk/outline.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { Folder } from '../../daemon/folder/folder.ts';
import type { WaitResult } from '../../daemon/folder/view.ts';
import type { Row } from '../../daemon/index/file-state.ts';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import type { FileLock } from '../../daemon/index/home-lock.ts';
import type { WantedRow } from '../../daemon/index/wanted.ts';
import type { Log } from '../../daemon/ports/log.ts';
import type {
  Acknowledgement,
  Announcement,
  ChunkAnswer,
  ChunkRequest,
  IndexOffer,
  PeerLink,
  RefusedAnnouncement,
} from '../../daemon/ports/peers.ts';
import type { Watch } from '../../daemon/ports/watch.ts';
import type { Workers } from '../../daemon/ports/workers.ts';
import { Traffic } from '../../daemon/transfer/traffic.ts';
import { newRun } from '../index/rows.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { InlineWorkers } from '../simulation/inline-workers.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { SeededRandom } from '../simulation/random.ts';
import { SimulatedWatch } from '../simulation/simulated-watch.ts';

export const ROOT = '/srv/docs';
export const SELF = 'A'.repeat(52) as DeviceId;
export const SELF_EPOCH = 'AAAAAAAAAAAAAAAA' as Epoch;
const STEP_MS = 50;
const OPEN: FolderSettings['filter'] = { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 };

const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, with: () => quiet };
function ignore(): void {
  // Nobody reads it.
}

export function file(content: string, mode = 0o644): Entry {
  const sha256: Sha256 = hashText(content);
  return { kind: 'file', size: Buffer.byteLength(content), sha256, mode, mtimeUs: 1_700_000_000_000_000n };
}

/** A peer at whose end the test sits. */
export class ScriptedPeer implements PeerLink {
  readonly device: DeviceId;
  readonly epoch: Epoch;
  readonly name: string;
  queuedBytes = 0;
  leastRttMs: number | undefined;
  readonly told: Announcement[] = [];
  readonly indexes: IndexOffer[] = [];
  readonly asked: ChunkRequest[] = [];
  readonly answered: ChunkAnswer[] = [];
  readonly refusals: RefusedAnnouncement[] = [];
  acknowledged: Acknowledgement | undefined;
  /** What it answers requests with, by path; nothing for others. */
  readonly contents = new Map<string, string>();
  readonly manifests = new Map<string, Uint8Array>();
  /** It answers with an outline where it is asked for one. */
  knowsOutlines = false;
  /** It answers at another time. */
  rests = false;
  /** It has nothing of what it announced. */
  isEmpty = false;
  readonly #device: OneDevice;
  readonly #said: Announcement[] = [];
  #received = 0;
  #seq = 1000;
  #count = 1;

  constructor(device: OneDevice, letter: string) {
    this.device = letter.repeat(52) as DeviceId;
    this.epoch = letter.repeat(16) as Epoch;
    this.name = `peer ${letter}`;
    this.#device = device;
  }

  /** Connects, and says that it has told nothing yet. */
  connect(offer: Partial<IndexOffer> = {}): void {
    const { door } = this.#device.folder;
    door.attach(this);
    door.onIndex(this, { epoch: this.epoch, seq: 0 as Sequence, entries: 1, have: undefined, ...offer });
  }

  disconnect(): void {
    this.#device.folder.door.detach(this);
  }

  /** A version that the peer makes over what the device has, or over `over`, or over nothing (null). */
  version(path: string, entry: Entry, over?: FileRecord | null): FileRecord {
    const base = over === null ? undefined : (over ?? this.#device.row(path)?.record);
    const mine = [this.epoch, this.#device.clock.nowMs() + this.#count++] as const;
    const vector = [...(base?.vector ?? []).filter(([epoch]) => epoch !== this.epoch), mine];
    return {
      path: path as RelativePath,
      entry,
      vector: vector.toSorted(([a], [b]) => (a < b ? -1 : 1)),
      origin: this.device,
      maker: this.epoch,
      stamp: Math.max((base?.stamp ?? 0) + 1, this.#device.clock.nowMs()),
      mark: false,
      lost: [],
    };
  }

  tell(record: FileRecord, content?: string): void {
    const seq = ++this.#seq as Sequence;
    const bytes = content === undefined ? {} : { content: new TextEncoder().encode(content) };
    this.#said.push({ seq, record, ...bytes });
    this.#device.folder.door.onAnnounce(this, this.#said.slice(-1));
  }

  /** What the old path's tombstone and the new path's record say together. */
  tellMove(gone: FileRecord, there: FileRecord): void {
    const [from, to] = [++this.#seq as Sequence, ++this.#seq as Sequence];
    const announcements = [
      { seq: from, record: gone },
      { seq: to, record: there, movedFrom: gone.path },
    ];
    this.#said.push(...announcements);
    this.#device.folder.door.onAnnounce(this, announcements);
  }

  /** All that it has told, as it was told first. */
  tellAgain(): void {
    this.#device.folder.door.onAnnounce(this, this.#said);
  }

  /** The content goes along, packed. */
  tellPacked(record: FileRecord, content: Uint8Array): void {
    const seq = ++this.#seq as Sequence;
    this.#device.folder.door.onAnnounce(this, [{ seq, record, content, packed: true }]);
  }

  /** The sequence of what was told last. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** What the device has told of a path last. */
  lastTold(path: string): FileRecord | undefined {
    return this.told.findLast(({ record }) => record.path === path)?.record;
  }

  sendIndex(offer: IndexOffer): void {
    this.#received = 0;
    this.indexes.push(offer);
  }

  announce(announcements: readonly Announcement[]): void {
    this.told.push(...announcements);
    const received = announcements.at(-1)?.seq;
    if (received !== undefined) this.#takesIn(received);
  }

  acknowledge(ack: Acknowledgement): void {
    this.acknowledged = ack;
    // What it need not be told counts as told.
    this.#takesIn(ack.announced);
  }

  /** All that it hears. */
  #takesIn(received: Sequence): void {
    if (received <= this.#received) return;
    this.#received = received;
    const announced = this.#seq as Sequence;
    const { epoch } = this.#device.index;
    this.#device.clock.after(1, () =>
      this.#device.folder.door.onAcknowledge(this, { epoch, received, held: received, skipped: 0, announced }),
    );
  }

  request(request: ChunkRequest): void {
    this.asked.push(request);
    for (const answer of this.#answers(request))
      this.#device.clock.after(1, () => this.#device.folder.door.onAnswer(this, answer));
  }

  #answers({ request, path, want }: ChunkRequest): ChunkAnswer[] {
    if (this.rests) return [{ request, kind: 'later' }];
    if (this.isEmpty) return [{ request, kind: 'gone' }];
    const manifest = this.manifests.get(path);
    if (want.kind === 'manifest') {
      if (manifest === undefined) return [];
      if (!this.knowsOutlines) return [{ request, kind: 'manifest', payload: manifest }];
      if (want.outline === true)
        return [{ request, kind: 'manifest', payload: encodeOutline(manifest), outline: true }];
      const groups = groupsOf(manifest);
      const wanted = want.groups?.flatMap(({ first, count }) => groups.slice(first, first + count)) ?? groups;
      return [{ request, kind: 'manifest', payload: Buffer.concat(wanted) }];
    }
    const content = this.contents.get(path);
    if (content === undefined) return [];
    return want.ranges.map(({ offset, length }) => {
      return { request, kind: 'bytes', offset, payload: Buffer.from(content).subarray(offset, offset + length) };
    });
  }

  answer(answer: ChunkAnswer): void {
    this.answered.push(answer);
  }

  refuse(refused: readonly RefusedAnnouncement[]): void {
    this.refusals.push(...refused);
  }

  /** It has forgotten nothing of what it has told: it tells it again, if it is asked to. */
  reopen(): void {
    this.disconnect();
    this.connect();
  }
}

export class OneDevice {
  readonly clock = new SimulatedClock();
  readonly fs = new MemoryFileSystem(this.clock);
  readonly traffic = new Traffic(this.clock);
  readonly user = this.fs.user;
  /** Jobs that have been given to workers. */
  jobs = 0;
  /** Of some kinds of them: whether each was a long one. */
  readonly given = new Map<string, boolean[]>([['observe', []]]);
  /** How long each of them takes. */
  jobMs = 1;
  readonly slowJobs = new Map<string, number>();
  /** Instead of one that tells all. */
  watch: Watch | undefined;
  /** Peers that are not read now. */
  readonly unread = new Set<DeviceId>();
  readonly #locks = new Set<string>();
  #settings: FolderSettings;
  readonly #peers: readonly ScriptedPeer[];
  #index: FolderIndex;
  #folder: Folder;

  constructor(settings: Partial<FolderSettings> = {}) {
    this.#peers = ['P', 'Q'].map((letter) => new ScriptedPeer(this, letter));
    this.user.mkdir(ROOT);
    this.#settings = {
      name: 'docs' as FolderName,
      path: ROOT,
      profile: undefined,
      notify: [],
      peers: new Map(this.#peers.map(({ device }) => [device, 'two-way'])),
      names: new Map(),
      owner: undefined,
      mode: 'two-way',
      enabled: true,
      intervalMs: 0,
      rescanMs: 600_000,
      schedule: undefined,
      permissions: true,
      filter: OPEN,
      watch: 'auto',
      authority: undefined,
      conflict: 'newest',
      maxDelete: 1,
      priority: 'normal',
      compression: 'never',
      bandwidth: UNLIMITED,
      versions: { keepMs: 365 * 24 * 60 * 60 * 1000, maxShare: 1 },
      ...settings,
    };
    this.#index = FolderIndex.open(':memory:', { newEpoch: () => SELF_EPOCH, newRun });
    this.#folder = this.#make();
  }

  #make(): Folder {
    const { clock, fs } = this;
    const random = new SeededRandom(7);
    let next = '';
    const inline = new InlineWorkers(fs, (job) => clock.after(this.slowJobs.get(next) ?? this.jobMs, job));
    const workers: Workers = {
      run: (job, input) => {
        this.jobs++;
        this.given.get(job.name)?.push(job.isLong?.(input) === true);
        next = job.name;
        return inline.run(job, input);
      },
    };
    const simulated = new SimulatedWatch(fs, clock, random);
    return new Folder({
      name: 'docs' as FolderName,
      self: SELF,
      index: this.#index,
      workers,
      clock,
      random,
      log: quiet,
      settings: this.#settings,
      traffic: this.traffic,
      watch: { subscribe: (...given) => (this.watch ?? simulated).subscribe(...given) },
      backpressure: { setReading: (device, on) => void (on ? this.unread.delete(device) : this.unread.add(device)) },
      newEpoch: () => 'BBBBBBBBBBBBBBBB' as Epoch,
      lockRoot: (root) => this.#lock(root),
      deviceName: (device) => device.slice(0, 1),
      emit: ignore,
    });
  }

  get folder(): Folder {
    return this.#folder;
  }

  get index(): FolderIndex {
    return this.#index;
  }

  get peer(): ScriptedPeer {
    return this.#peer(0);
  }

  get other(): ScriptedPeer {
    return this.#peer(1);
  }

  #peer(n: number): ScriptedPeer {
    const peer = this.#peers[n];
    assert(peer !== undefined);
    return peer;
  }

  row(path: string): Row | undefined {
    return this.#index.row(path as RelativePath);
  }

  wanted(path: string): WantedRow | undefined {
    return this.#index.wanted(path as RelativePath);
  }

  exists(path: string): boolean {
    return this.user.exists(`${ROOT}/${path}`);
  }

  read(path: string): string {
    return this.user.read(`${ROOT}/${path}`);
  }

  write(path: string, content: string): void {
    this.user.write(`${ROOT}/${path}`, content);
  }

  remove(path: string): void {
    this.user.remove(`${ROOT}/${path}`);
  }

  /** Contents in the version store. */
  kept(): string[] {
    const names = [...this.user.tree(`${ROOT}/.syncd/versions`, []).entries()];
    return names
      .filter(([, what]) => what.startsWith('file'))
      .map(([name]) => this.user.read(`${ROOT}/.syncd/versions/${name}`));
  }

  /** As `edit-folder`. */
  reconfigure(settings: Partial<FolderSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#folder.reconfigure(this.#settings);
  }

  /** Starts with these files, scanned; the peer is connected. */
  async start(files: Readonly<Record<string, string>> = {}): Promise<this> {
    for (const [path, content] of Object.entries(files)) this.write(path, content);
    this.#folder.start();
    await this.until(() => this.#folder.progress.condition.kind === 'idle', 'the first scan');
    this.peer.connect();
    await this.clock.advance(500);
    return this;
  }

  /** As SIGKILL between two jobs, and a start. Nobody is connected. */
  async crash(): Promise<void> {
    const saved = this.#index.serialise();
    const dead = this.#folder;
    this.#index = FolderIndex.open(saved, { newEpoch: () => SELF_EPOCH, newRun });
    const stopping = dead.stop().catch(ignore);
    await this.clock.advance(5_000);
    await stopping;
    this.#locks.clear();
    this.#folder = this.#make();
  }

  /** Closed, and opened again on the same root by the same process. Nobody is connected. Answers how long closing took. */
  async reopen(): Promise<number> {
    const [index, closing, began] = [this.#index, this.#folder, this.clock.monotonicMs()];
    const close = index.close.bind(index);
    let saved: Buffer | undefined;
    index.close = (isClean) => {
      saved = index.serialise();
      close(isClean);
    };
    void closing.stop({ jobsToo: true });
    await this.until(() => saved !== undefined, 'it to be closed');
    const tookMs = this.clock.monotonicMs() - began;
    this.#index = FolderIndex.open(saved ?? '', { newEpoch: () => SELF_EPOCH, newRun });
    this.#folder = this.#make();
    this.#folder.start();
    return tookMs;
  }

  /** The kernel's, of this process as well. */
  #lock(root: string): FileLock {
    if (this.#locks.has(root)) throw new CodedError('E_FOLDER_LOCKED', `${root} is kept`);
    this.#locks.add(root);
    return { release: () => void this.#locks.delete(root) };
  }

  /** Sets the filter alone: what is not named is not set. */
  filter(filter: Partial<FolderSettings['filter']> = {}): void {
    this.reconfigure({ filter: { ...OPEN, ...filter } });
  }

  async until(isSo: () => boolean, what: string, limitMs = 60_000): Promise<void> {
    for (let waited = 0; !isSo(); waited += STEP_MS) {
      assert(waited < limitMs, `waited in vain for ${what}`);
      await this.clock.advance(STEP_MS);
    }
  }

  /** How many jobs were started in this time. */
  async jobsIn(ms: number): Promise<number> {
    const before = this.jobs;
    await this.clock.advance(ms);
    return this.jobs - before;
  }

  async wait(timeoutMs = 5_000): Promise<WaitResult> {
    let answer: WaitResult | undefined;
    void this.#folder.wait(timeoutMs, new AbortController().signal).then((result) => {
      answer = result;
    });
    await this.until(() => answer !== undefined, 'wait to answer', timeoutMs + 1_000);
    assert(answer !== undefined);
    return answer;
  }

  async stop(): Promise<void> {
    const stopping = this.#folder.stop();
    await this.clock.advance(5_000);
    await stopping;
  }
}
