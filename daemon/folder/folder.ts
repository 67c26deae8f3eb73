// One folder: THE flow. Everything that happens to it is marked, put into the inbox or queued as a task, and taken up by
// one loop, so that no two things change it at once:
//
//   local:   hint → dirty set → scan, observe → core/observation → index.commit → announce
//   remote:  inbox → core/reconcile → index.commit (wanted) → fetch → stage → apply (guarded) → index.commit → announce
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import type { FolderName } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { FolderSettings } from '../core/settings.ts';
import type { FolderDoor } from '../ports/peers.ts';
import type { Row } from '../index/file-state.ts';
import { type FetchContext, Fetcher } from '../transfer/fetch.ts';
import { Manifests } from '../transfer/manifests.ts';
import { Agreed } from './agreed.ts';
import { Asked } from './asked.ts';
import { Bell } from './bell.ts';
import { Boundaries } from './boundaries.ts';
import { CarryOut } from './carry-out.ts';
import type { FolderContext, FolderEdges } from './context.ts';
import { Deletions } from './deletions.ts';
import { end } from './ending.ts';
import { Failures } from './failures.ts';
import { Filtering } from './filtering.ts';
import { Health, LOOK_AT_ROOT_MS } from './health.ts';
import { Hints } from './hints.ts';
import { Jobs } from './jobs.ts';
import { KeptDirectories } from './kept-directories.ts';
import { conflictsOf, versionsOf } from './kept.ts';
import { Links } from './links.ts';
import { type Left, Litter } from './litter.ts';
import { LocalChanges } from './local.ts';
import { Merging } from './merging.ts';
import { Owed } from './owed.ts';
import { PowerLoss } from './power-loss.ts';
import { Recovery } from './recovery.ts';
import { Reported } from './reported.ts';
import { rescanIfDue } from './rescan.ts';
import { Retention } from './retention.ts';
import { Refused } from './refused.ts';
import { Retries } from './retries.ts';
import { Roles } from './roles.ts';
import { RootGuard } from './root-guard.ts';
import { SkippedPaths } from './skipped.ts';
import { FolderState } from './state.ts';
import { Stranded } from './stranded.ts';
import { Superseded } from './superseded.ts';
import { Talk } from './talk.ts';
import { Tasks } from './tasks.ts';
import { Timetable } from './timetable.ts';
import { Unsynced } from './unsynced.ts';
import { Upkeep } from './upkeep.ts';
import { VersionRoom } from './version-room.ts';
import type {
  ControlledFolder,
  FolderProgress,
  FolderSnapshot,
  HistoryEntry,
  Keep,
  RestoreRequest,
  UndoRequest,
  WaitResult,
} from './view.ts';
import { Waiters } from './waiters.ts';
import { notInTime } from './waiting.ts';
import { Watching } from './watching.ts';

export class Folder implements ControlledFolder {
  readonly name: FolderName;
  readonly agreed: Agreed;
  /** All that is here, by path; the folder may change between two of them. */
  readonly live: () => IterableIterator<Row>;
  readonly #context: FolderContext;
  readonly #jobs: Jobs;
  readonly #bell: Bell;
  readonly #hints: Hints;
  readonly #skipped = new SkippedPaths((path) => this.#retries.over(path));
  readonly #boundaries: Boundaries;
  readonly #health: Health;
  readonly #deletions: Deletions;
  readonly #litter: Litter;
  readonly #filtering: Filtering;
  readonly #local: LocalChanges;
  readonly #links = new Links();
  readonly #roles: Roles;
  readonly #unsynced: Unsynced;
  readonly #refused: Refused;
  readonly #watching: Watching;
  readonly #talk: Talk;
  readonly #fetcher: Fetcher;
  readonly #retries: Retries;
  readonly #carryOut: CarryOut;
  readonly #merging: Merging;
  readonly #timetable: Timetable;
  readonly #stranded: Stranded;
  readonly #upkeep: Upkeep;
  readonly #waiters: Waiters;
  readonly #tasks: Tasks;
  readonly #asked: Asked;
  readonly #owed: Owed;
  readonly #state: FolderState;
  readonly #failures = new Failures();
  #settings: FolderSettings;
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(edges: FolderEdges) {
    const { index, clock, name, backpressure, newEpoch } = edges;
    this.name = name;
    this.live = () => index.liveBelow('');
    this.#settings = edges.settings;
    this.#jobs = new Jobs(edges.workers);
    this.#context = {
      ...edges,
      workers: this.#jobs,
      settings: () => this.#settings,
      filter: () => this.#filtering.filter,
      agreed: () => this.agreed.now,
      tree: () => this.#health.tree(),
      manifests: new Manifests({ workers: this.#jobs, tree: () => this.#health.tree() }),
    };
    const context = this.#context;
    this.agreed = new Agreed(context, () => this.#bell.ring());
    const onFailure = (error: unknown): void => {
      // What is under way when the index is closed fails, and is done again at the next start.
      if (this.#stopping) return;
      this.#failures.beside(error);
      this.#bell.ring();
    };
    this.#timetable = new Timetable(context);
    this.#bell = new Bell(clock);
    const wake = (): void => this.#bell.ring();
    this.#hints = new Hints(wake);
    this.#boundaries = new Boundaries(context);
    this.#roles = new Roles(context);
    this.#unsynced = new Unsynced(context, this.#skipped, this.#roles, this.#hints);
    this.#refused = new Refused(context, this.#skipped, this.#roles);
    this.#watching = new Watching(context, edges.watch, this.#hints);
    this.#litter = new Litter(context, wake, (path) => this.#fetcher.drop(path), this.#skipped);
    const resting = { hints: this.#hints, reported: new Reported(clock, this.#hints, this.#watching, wake) };
    const deleting = { roles: this.#roles, unsynced: this.#unsynced, litter: this.#litter, ...resting };
    this.#deletions = new Deletions(context, deleting, () => void this.#talk.tell());
    const filtering = { deletions: this.#deletions, hints: this.#hints, litter: this.#litter, skipped: this.#skipped };
    this.#filtering = new Filtering(context, filtering);
    const local = {
      hints: this.#hints,
      links: this.#links,
      skipped: this.#skipped,
      deletions: this.#deletions,
      boundaries: this.#boundaries,
      filtering: this.#filtering,
      litter: this.#litter,
      keptDirectories: new KeptDirectories(context, this.#skipped),
      roles: this.#roles,
      watching: this.#watching,
      unsynced: this.#unsynced,
      refused: this.#refused,
      superseded: new Superseded(),
    };
    this.#local = new LocalChanges(context, local);
    const onProblem = (path: RelativePath, code: ErrorCode): void => {
      // Of what is not begun any more nothing is known.
      if (!this.#stopping) this.#retries.onProblem(path, code);
    };
    const onUnneeded = (left: Left): void => this.#litter.leave(left);
    const onNoSource: FetchContext['onNoSource'] = (wants) => this.#retries.onNoSource(wants);
    const isGone = (path: RelativePath): boolean => this.#deletions.isPending(path);
    const beingRead = (): Iterable<RelativePath> => this.#hints.beingRead;
    const told = { isGone, beingRead, onReady: wake, onProblem, onNoSource, onUnneeded, onFailure };
    this.#fetcher = new Fetcher({ ...context, ...told, mayAsk: () => this.#state.mayAct });
    this.#retries = new Retries(context, this.#fetcher, local);
    const recovery = new Recovery(context, this.#fetcher);
    this.#stranded = new Stranded(context, recovery);
    const retention = new Retention(context);
    const kept = { retention, fetcher: this.#fetcher, skipped: this.#skipped };
    const versionRoom = new VersionRoom(context, kept);
    const carried = { ...local, ...kept, versionRoom, stranded: this.#stranded };
    this.#carryOut = new CarryOut(context, { ...carried, receiveBeside: (busy) => this.#talk.receiveBeside(busy) });
    this.#merging = new Merging(context, carried);
    const isSilent = (): boolean => !this.#state.mayAct || this.#stopping || this.#health.isHalted;
    const talk = {
      ...local,
      agreed: this.agreed,
      fetcher: this.#fetcher,
      backpressure,
      newEpoch,
      isSilent,
      onStale: (path: RelativePath) => this.#hints.addStale(path),
      mayTell: () => this.#timetable.mayTell,
      onPeer: () => this.#retries.onPeer(),
      onRole: () => this.#unsynced.lookAgain(),
      wake,
      onFailure,
    };
    this.#talk = new Talk(context, talk);
    const powerLoss = new PowerLoss(context, this.#hints, this.#skipped, edges.bootId);
    this.#health = new Health(context, {
      guard: new RootGuard(context, this.#boundaries),
      hints: this.#hints,
      onGone: () => this.#watching.stop(),
      onLost: () => powerLoss.suspect(),
      onBack: async () => {
        this.#retries.now();
        await recovery.run();
        await powerLoss.verify();
        await this.#watching.restart();
      },
    });
    this.#owed = new Owed((before) => this.#talk.settingsChanged(before), onFailure);
    this.#tasks = new Tasks(wake);
    this.#asked = new Asked(context, { ...local, tasks: this.#tasks, fetcher: this.#fetcher });
    this.#upkeep = new Upkeep(context, retention, this.#watching.sweep, () => powerLoss.suspect());
    this.#waiters = new Waiters(clock, wake);
    this.#state = new FolderState(context, {
      ...carried,
      health: this.#health,
      local: this.#local,
      work: [this.#retries, this.#carryOut],
      talk: this.#talk,
      tasks: this.#tasks,
      timetable: this.#timetable,
      watching: this.#watching,
    });
    if (this.#state.scannedOnce) this.#talk.open();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      let worked = false;
      try {
        this.#state.noteTime();
        this.#failures.rethrow();
        worked = await this.#turn();
        if (this.#talk.tell()) this.#state.noteSync();
        this.#state.show();
        this.#waiters.check(() => this.#state.standing());
        this.#failures.forget();
      } catch (error) {
        this.#health.fail(error);
        this.#state.show();
        // What rings meanwhile is no reason to fail again at once.
        const { clock } = this.#context;
        const until = clock.monotonicMs() + this.#failures.pauseMs();
        while (!this.#stopping && clock.monotonicMs() < until) await this.#bell.heard(until - clock.monotonicMs());
      }
      if (!worked && !this.#stopping) await this.#bell.heard(this.#untilNextMs());
    }
  }

  /** One turn: a batch of each kind of work. False when there was nothing to do. */
  async #turn(): Promise<boolean> {
    this.#owed.pay();
    this.#unsynced.settle();
    if (!(await this.#health.check())) {
      this.#tasks.refuse(this.#health.refusal());
      // What peers announce concerns the index alone; unheard, it would stop their sessions, and other folders with them.
      return this.#talk.receive();
    }
    let worked = await this.#tasks.run();
    rescanIfDue(this.#context, this.#local, this.#hints);
    await this.#filtering.settle();
    await this.#watching.follow(this.#local.lastFullScanMs !== undefined);
    worked = (await this.#local.take()) || worked;
    if (!this.#local.scanning && !this.#hints.areListings) await this.#filtering.include();
    if (this.#state.noteFirstScan()) this.#talk.open();
    worked = (await this.#deletions.settle(this.#local.mayFindMoved)) || worked;
    worked = this.#talk.receive() || worked;
    if (this.#state.mayAct && this.#state.scannedOnce) {
      worked = this.#retries.tick() || worked;
      this.#fetcher.fill();
      worked = (await this.#carryOut.take()) || worked;
    }
    worked = (await this.#merging.take(this.#state.mayAct && this.#state.scannedOnce)) || worked;
    if (!worked) await this.#litter.clear();
    if (!worked) await this.#stranded.file();
    await this.#upkeep.run(!worked);
    return worked;
  }

  #untilNextMs(): number {
    const nowMs = this.#context.clock.monotonicMs();
    const dueMs = Math.min(this.#hints.nextDueMs ?? Infinity, this.#deletions.dueMs ?? Infinity);
    return Math.max(1, Math.min(LOOK_AT_ROOT_MS, dueMs - nowMs));
  }

  /** The side that peers' sessions see. */
  get door(): FolderDoor {
    return this.#talk;
  }

  get progress(): FolderProgress {
    return this.#state.progress;
  }

  snapshot(): FolderSnapshot {
    return this.#state.snapshot();
  }

  reconfigure(settings: FolderSettings): void {
    const [before, role] = [this.#settings, this.#roles.here];
    this.#settings = settings;
    if (this.#roles.here !== role) this.#unsynced.lookAgain();
    this.#owed.add(before);
    if (before.watch !== settings.watch) void this.#tasks.add(() => this.#watching.restart());
    this.#filtering.settingsChanged();
    this.#hints.add({ kind: 'everything', why: 'settings have changed' });
  }

  limitsChanged(): void {
    this.#bell.ring();
  }

  sync(): Promise<void> {
    this.#retries.now();
    this.#timetable.override();
    this.#hints.add({ kind: 'everything', why: 'asked for' });
    return Promise.resolve();
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<WaitResult> {
    this.#health.lookNow();
    const marked = this.#watching.marked().then(() => this.#retries.now());
    return this.#waiters.wait(marked, timeoutMs, signal, (isMarked) => {
      const standing = { isMarked, now: this.#state.standing() };
      return notInTime(standing, this.#links, this.#context.index, this.#timetable.tellsInMs);
    });
  }

  pause(): void {
    if (this.#state.setPaused(true)) this.#bell.ring();
  }

  resume(): void {
    if (this.#state.setPaused(false)) this.#bell.ring();
  }

  approve(): Promise<number> {
    return this.#asked.settleHold('approved');
  }

  reject(): Promise<number> {
    return this.#asked.settleHold('rejected');
  }

  history(query: { path?: string; sinceMs?: number; limit: number }): readonly HistoryEntry[] {
    return this.#context.index.history(query);
  }

  versions(path: RelativePath): ReturnType<typeof versionsOf> {
    return versionsOf(this.#context, path);
  }

  conflicts(): ReturnType<typeof conflictsOf> {
    return conflictsOf(this.#context);
  }

  resolve(path: RelativePath, keep: Keep): ReturnType<Asked['resolve']> {
    return this.#asked.resolve(path, keep);
  }

  restore(request: RestoreRequest): ReturnType<Asked['restore']> {
    return this.#asked.restore(request);
  }

  undo(request: UndoRequest): ReturnType<Asked['undo']> {
    return this.#asked.undo(request);
  }

  plan(): ReturnType<Asked['plan']> {
    return this.#asked.plan();
  }

  why(path: RelativePath): ReturnType<Asked['why']> {
    return this.#asked.why(path);
  }

  planFilter(settings: FolderSettings['filter']): ReturnType<Asked['planFilter']> {
    return this.#asked.planFilter(settings);
  }

  examine(): ReturnType<Asked['examine']> {
    return this.#asked.examine(this.#watching.polledFor);
  }

  verify(repair: boolean, signal: AbortSignal): ReturnType<Asked['verify']> {
    return this.#asked.verify(repair, signal);
  }

  /** Its root is free then, or as soon as its last job has ended; `jobsToo`: see ending.ts. */
  stop({ jobsToo }: { readonly jobsToo: boolean } = { jobsToo: false }): Promise<void> {
    this.#stopping = true;
    this.#tasks.refuse(new CodedError('E_NOT_RUNNING', 'the daemon stops'));
    this.#bell.ring();
    const parts = { jobs: this.#jobs, watching: this.#watching, upkeep: this.#upkeep, health: this.#health };
    return end(this.#context, parts, this.#running ?? Promise.resolve(), jobsToo);
  }
}
