// A daemon without folders on a disk or devices on a network: what the control API shows of it is set by the test, and
// what is asked of it is written down.
import type { FilterPlan } from '../../daemon/core/filter-plan.ts';
import type { Decision } from '../../daemon/core/filter.ts';
import type { PlannedGroup, SyncPlan } from '../../daemon/core/sync-plan.ts';
import { UNLIMITED } from '../../daemon/core/bandwidth.ts';
import { proposed } from '../../daemon/core/common-setting.ts';
import { CodedError } from '../../protocol/errors.ts';
import type {
  ControlledDaemon,
  ControlledPairing,
  Examination,
  TreeSurvey,
  FolderComparison,
  InviteRequest,
  JoinOffer,
  LogLevel,
  LogRecord,
  MachineLimits,
  NewFolder,
  PeerState,
  Problem,
  WaitingJoin,
  WantedComparison,
} from '../../daemon/control/daemon-port.ts';
import type { JoinPlace } from '../../daemon/control/join-places.ts';
import { type DeviceId, type FolderName, parseDeviceId, parseFolderName } from '../../daemon/core/ids.ts';
import { type RelativePath, parseRelativePath } from '../../daemon/core/path.ts';
import type { FolderSettings, Role } from '../../daemon/core/settings.ts';
import type {
  ConflictEntry,
  ControlledFolder,
  FolderExamination,
  FolderProgress,
  FolderSnapshot,
  HistoryEntry,
  Keep,
  KeptVersion,
  Resolved,
  RestoreRequest,
  UndoPlan,
  UndoRequest,
  VerifyItem,
  WaitResult,
} from '../../daemon/folder/view.ts';

export function deviceId(letters: string): DeviceId {
  const id = parseDeviceId(letters.padEnd(52, 'A'));
  if (id === undefined) throw new Error(`${letters} cannot begin a device ID`);
  return id;
}

export function named(text: string): FolderName {
  const name = parseFolderName(text);
  if (name === undefined) throw new Error(`${text} cannot be a folder's name`);
  return name;
}

export function path(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  if (!parsed.ok) throw new Error(`${text} is not a path`);
  return parsed.path;
}

export const HUB = deviceId('HUB');
export const LAPTOP = deviceId('LAPTOP');
export const NAS = deviceId('NAS');

export class FakeFolder implements ControlledFolder {
  readonly name: FolderName;
  readonly settings: FolderSettings;
  readonly agreed: ControlledFolder['agreed'];
  snapshotValue: FolderSnapshot;
  waitResult: WaitResult | 'never' = { kind: 'in sync' };
  startedWaits = 0;
  /** Waits that were told to end. */
  abortedWaits = 0;
  heldDeletions = 0;
  historyEntries: HistoryEntry[] = [];
  keptVersions: KeptVersion[] = [];
  conflictEntries: ConflictEntry[] = [];
  readonly calls: string[] = [];
  lastRestore: RestoreRequest | undefined;
  undoPlan: UndoPlan = { paths: [], knownSinceMs: undefined };
  readonly undone: UndoRequest[] = [];
  verified: VerifyItem[] = [];
  examination: FolderExamination;

  constructor(settings: FolderSettings, snapshot: Partial<FolderSnapshot> = {}) {
    this.name = settings.name;
    this.settings = settings;
    this.agreed = { now: proposed(settings, HUB) };
    this.examination = {
      name: settings.name,
      path: settings.path,
      space: { freeBytes: 50e9, totalBytes: 100e9 },
      code: undefined,
      directories: 3,
      openDatabases: [],
      fromTheFuture: [],
      damagedIndex: undefined,
      polledFor: undefined,
    };
    this.snapshotValue = {
      name: settings.name,
      path: settings.path,
      condition: { kind: 'idle' },
      files: 12,
      bytes: 3_456_789,
      pendingFiles: 0,
      pendingBytes: 0,
      conflicts: 0,
      lastSyncMs: Date.UTC(2026, 10, 21, 8, 0, 0),
      skipped: [],
      skippedCount: 0,
      peers: [...settings.peers.keys()].map((device) => ({ device, connected: true, inSync: true })),
      notes: [],
      warnings: [],
      ...snapshot,
    };
  }

  get progress(): FolderProgress {
    return this.snapshotValue;
  }
  snapshot(): FolderSnapshot {
    return this.snapshotValue;
  }
  reconfigure(): void {}
  async sync(): Promise<void> {
    this.calls.push('sync');
  }
  async wait(_timeoutMs: number, signal: AbortSignal): Promise<WaitResult> {
    this.startedWaits++;
    if (this.waitResult !== 'never') return this.waitResult;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.abortedWaits++;
        resolve({ kind: 'not in time', why: 'E_TIMEOUT', message: 'ended early' });
      });
    });
  }
  async examine(): Promise<FolderExamination> {
    return this.examination;
  }
  async *verify(repair: boolean): AsyncGenerator<VerifyItem> {
    this.calls.push(repair ? 'verify and repair' : 'verify');
    yield* this.verified;
  }
  planned: SyncPlan = NOTHING_PLANNED;
  async plan(): Promise<SyncPlan> {
    return this.planned;
  }
  async why(): Promise<Decision> {
    return { kind: 'included', why: undefined };
  }
  async undo(request: UndoRequest): Promise<UndoPlan> {
    this.undone.push(request);
    return this.undoPlan;
  }
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
  async approve(): Promise<number> {
    return this.#settle();
  }
  async reject(): Promise<number> {
    return this.#settle();
  }
  #settle(): number {
    if (this.heldDeletions === 0) throw new CodedError('E_NOT_HELD', `nothing is held in ${this.name}`);
    const settled = this.heldDeletions;
    this.heldDeletions = 0;
    return settled;
  }
  history(query: { path?: string; sinceMs?: number; limit: number }): readonly HistoryEntry[] {
    return this.historyEntries
      .filter((entry) => query.path === undefined || entry.path === query.path)
      .filter((entry) => entry.atMs >= (query.sinceMs ?? 0))
      .slice(0, query.limit);
  }
  versions(of: RelativePath): readonly KeptVersion[] {
    return this.keptVersions.filter((version) => version.path === of);
  }
  resolve(path: RelativePath, keep: Keep): Promise<Resolved> {
    this.calls.push(`resolve ${path} ${keep}`);
    return Promise.resolve({ path, keep, copies: [], changed: [] });
  }
  conflicts(): readonly ConflictEntry[] {
    return this.conflictEntries;
  }
  async restore(request: RestoreRequest): Promise<KeptVersion> {
    this.lastRestore = request;
    const found = this.keptVersions.find(({ id }) => request.version === undefined || id.startsWith(request.version));
    if (found === undefined) throw new CodedError('E_NO_SUCH_VERSION', `there is no version ${request.version}`);
    return found;
  }
  async stop(): Promise<void> {}
}

const NONE: PlannedGroup = { count: 0, bytes: 0, paths: [] };
const NOTHING_PLANNED: SyncPlan = { receive: NONE, delete: NONE, conflict: NONE, send: NONE, deleteThere: NONE };

export function settings(name: string, at: string, peers: readonly (readonly [DeviceId, Role])[] = []): FolderSettings {
  return {
    name: named(name),
    path: at,
    profile: undefined,
    notify: [],
    peers: new Map(peers),
    names: new Map(),
    owner: undefined,
    mode: 'two-way',
    enabled: true,
    intervalMs: 0,
    rescanMs: 600_000,
    schedule: undefined,
    permissions: true,
    filter: { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 },
    watch: 'auto',
    authority: HUB,
    conflict: 'newest',
    maxDelete: 0.5,
    priority: 'normal',
    compression: 'never',
    bandwidth: UNLIMITED,
    versions: { keepMs: 30 * 86_400_000, maxShare: 0.1 },
  };
}

export function peer(id: DeviceId, name: string, state: Partial<PeerState> = {}): PeerState {
  return {
    id,
    name,
    address: `${name}.example:9031`,
    connected: true,
    sinceMs: Date.UTC(2026, 10, 21, 6, 0, 0),
    rttMs: 8.2,
    bytesSent: 1234,
    bytesReceived: 5678,
    program: undefined,
    clockOffsetMs: undefined,
    problem: undefined,
    ...state,
  };
}

export class FakeDaemon implements ControlledDaemon, ControlledPairing {
  readonly pairing = this;
  readonly id = HUB;
  readonly version = '0.1.0';
  readonly pid = 4242;
  readonly startedMonotonicMs = 0;
  problemList: Problem[] = [];
  peerList: PeerState[] = [];
  readonly fakeFolders = new Map<FolderName, FakeFolder>();
  readonly disabled = new Map<FolderName, FolderSettings>();
  readonly asked: unknown[] = [];
  offer: JoinOffer = {
    id: NAS,
    name: 'nas',
    folders: [{ name: named('photos'), role: 'two-way', files: 7, bytes: 4096 }],
  };
  comparisons = new Map<FolderName, FolderComparison>();
  readonly comparisonsAsked: { readonly quick: boolean; readonly paths: readonly string[] }[] = [];
  config: unknown = { name: 'hub', folders: {} };
  configProblem: string | undefined;
  readonly logRecords: LogRecord[] = [];
  readonly logReaders = new Set<(record: LogRecord) => void>();

  add(folder: FakeFolder): FakeFolder {
    this.fakeFolders.set(folder.name, folder);
    return folder;
  }
  name(): string {
    return 'hub';
  }
  listening(): string | undefined {
    return '[::]:9031';
  }
  problems(): readonly Problem[] {
    return this.problemList;
  }
  folders(): ReadonlyMap<FolderName, ControlledFolder> {
    return this.fakeFolders;
  }
  opening: Promise<void> = Promise.resolve();
  opened(): Promise<void> {
    return this.opening;
  }
  folderSettings(): ReadonlyMap<FolderName, FolderSettings> {
    const running = [...this.fakeFolders.values()].map((folder) => [folder.name, folder.settings] as const);
    return new Map([...running, ...this.disabled]);
  }
  peers(): readonly PeerState[] {
    return this.peerList;
  }
  async addFolder(folder: NewFolder): Promise<void> {
    this.asked.push({ addFolder: folder });
    if (this.fakeFolders.has(folder.name))
      throw new CodedError('E_FOLDER_EXISTS', `folder ${folder.name} exists already`);
    this.add(
      new FakeFolder(settings(folder.name, folder.path), { condition: { kind: 'scanning' }, files: 0, bytes: 0 }),
    );
  }
  async editFolder(name: FolderName, set: readonly string[]): Promise<void> {
    this.asked.push({ editFolder: name, set });
  }
  checkCopy(): void {}
  async removeFolder(name: FolderName): Promise<void> {
    this.fakeFolders.delete(name);
  }
  async removePeer(id: DeviceId): Promise<void> {
    this.peerList = this.peerList.filter((one) => one.id !== id);
  }
  async invite(request: InviteRequest): Promise<{ readonly text: string; readonly expiresAtMs: number }> {
    this.asked.push({ invite: request });
    if (request.private) throw new CodedError('E_STORAGE', 'this device has no storage');
    return { text: 'syncd:v1:hub.example:9031:HUBAAAA:SECRET', expiresAtMs: Date.UTC(2026, 10, 21, 9, 0, 0) };
  }
  async previewJoin(invitation: string): Promise<JoinOffer> {
    if (!invitation.startsWith('syncd:v1:')) throw new CodedError('E_INVITATION', `${invitation} is not an invitation`);
    return this.offer;
  }
  async compareJoin(wanted: WantedComparison): Promise<ReadonlyMap<FolderName, FolderComparison>> {
    this.comparisonsAsked.push({ quick: wanted.quick, paths: wanted.places.map((place) => place.path) });
    return this.comparisons;
  }
  async join(invitation: string, places: readonly JoinPlace[]): Promise<JoinOffer> {
    this.asked.push({ join: invitation, places });
    return this.offer;
  }
  waitingJoins: WaitingJoin[] = [];
  unfinished(): readonly WaitingJoin[] {
    return this.waitingJoins;
  }
  forget(folder: FolderName): void {
    this.waitingJoins = this.waitingJoins.filter(({ places }) => places.every(({ name }) => name !== folder));
  }
  limits: MachineLimits = { inotifyWatches: 65_536, inotifyInstances: 128, openFiles: 1_048_576 };
  state = { path: '/var/lib/syncd', mode: 0o700, freeBytes: 50e9, totalBytes: 100e9 };
  async examine(): Promise<Examination> {
    const noAccess = { count: 0, paths: [] };
    const folders = await Promise.all(
      [...this.fakeFolders.values()].map(async (folder) => ({ ...(await folder.examine()), noAccess })),
    );
    return { program: 'syncd 0.1.0', limits: this.limits, state: this.state, folders };
  }
  async planSettings(): Promise<FilterPlan> {
    const nothing = { count: 0, bytes: 0, paths: [] };
    return { withdraw: nothing, receive: nothing, include: nothing, more: false };
  }
  survey: TreeSurvey = {
    exists: true,
    files: 0,
    bytes: 0,
    directories: 0,
    ignored: { count: 0, paths: [] },
    noAccess: { count: 0, paths: [] },
    skipped: { count: 0, paths: [] },
    mounts: { count: 0, paths: [] },
    more: false,
  };
  async surveyFolder(): Promise<TreeSurvey> {
    return this.survey;
  }
  wakePeers(): void {
    this.asked.push('wakePeers');
  }
  async reload(): Promise<readonly string[]> {
    return ['Folder docs: rescan is 5m'];
  }
  async checkConfig(given: { readonly text: string; readonly file: string } | undefined): Promise<string> {
    this.asked.push({ checkConfig: given });
    if (this.configProblem !== undefined) throw new CodedError('E_CONFIG', this.configProblem);
    return given?.file ?? '/etc/syncd/config.yaml';
  }
  effectiveConfig(): unknown {
    return this.config;
  }
  log(record: LogRecord): void {
    this.logRecords.push(record);
    for (const receive of this.logReaders) receive(record);
  }
  readonly logs = {
    recent: (level: LogLevel): readonly LogRecord[] => {
      const order = ['debug', 'info', 'warn', 'error'];
      return this.logRecords.filter((record) => order.indexOf(record.level) >= order.indexOf(level));
    },
    subscribe: (receive: (record: LogRecord) => void): (() => void) => {
      this.logReaders.add(receive);
      return () => this.logReaders.delete(receive);
    },
  };
}
