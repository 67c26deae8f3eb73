// The composition root: what exists, in which order it starts and stops, and what the control API may ask of it.
import { type Assignment, parseAssignments } from './config/assignments.ts';
import type { Config, Locations } from './config/config.ts';
import { type ConfigContext, checkConfig, loadConfig } from './config/load.ts';
import { changesBesideFolders, differenceOf } from './config/reload.ts';
import { showConfig } from './config/show.ts';
import * as write from './config/write.ts';
import type {
  ControlledDaemon,
  Examination,
  LogMemory,
  NewFolder,
  PeerState,
  Problem,
  TreeSurvey,
} from './control/daemon-port.ts';
import { EventFeed } from './control/events.ts';
import { OPENING_MS, whenOpened } from './control/opening.ts';
import { ControlServer } from './control/server.ts';
import type { FilterPlan } from './core/filter-plan.ts';
import type { DeviceId, FolderName } from './core/ids.ts';
import type { FolderSettings } from './core/settings.ts';
import { examine } from './examine.ts';
import type { ControlledFolder } from './folder/view.ts';
import { Folders } from './folders.ts';
import type { Home } from './home.ts';
import { Hosting } from './hosting.ts';
import { inEffect } from './in-effect.ts';
import { Joining } from './joining.ts';
import { type LookAheadEdges, planSettings, surveyFolder } from './look-ahead.ts';
import { settingsOf } from './new-folder.ts';
import { Notices } from './notices.ts';
import { Peers } from './peer/peers.ts';
import type { PeersSettings } from './peer/trust.ts';
import { peersSettings } from './peers-settings.ts';
import { Storage } from './storage.ts';
import { bootId } from './system/boot-id.ts';
import { RefusedConfig } from './refused-config.ts';
import { RealClock } from './system/clock.ts';
import { configFiles } from './system/config-files.ts';
import { ControlSocketPlace } from './system/control-socket.ts';
import { RealFileSystem } from './system/file-system.ts';
import { InotifyWatch } from './system/inotify-watch.ts';
import { giveBack, whenAtRest } from './system/give-back.ts';
import { KeyFiles } from './system/key-files.ts';
import type { DaemonLog } from './system/log.ts';
import { TlsNetwork } from './system/network.ts';
import { RealPrograms } from './system/programs.ts';
import { RealRandom } from './system/random.ts';
import type { WorkerPool } from './system/worker-pool.ts';
import { checkCopy } from './unusable-root.ts';
import { PROGRAM, VERSION } from './version.ts';

export interface DaemonOptions {
  readonly locations: Locations;
  readonly hostName: string;
  readonly homeDir: string;
  readonly isSystem: boolean;
  /** A private key from outside, PEM. */
  readonly givenKey: string | undefined;
  readonly pid: number;
  readonly log: DaemonLog;
  /** What --log-level says lies over the configuration. */
  readonly fixedLogLevel: boolean;
  /** Ended with the daemon. */
  readonly workers: WorkerPool;
}

export class Daemon implements ControlledDaemon {
  readonly id: DeviceId;
  readonly version = VERSION;
  readonly checkCopy = checkCopy;
  readonly pid: number;
  readonly startedMonotonicMs: number;
  readonly logs: LogMemory;
  readonly pairing: Joining;
  readonly #options: DaemonOptions;
  readonly #home: Home;
  readonly #context: write.WriteContext;
  readonly #clock = new RealClock();
  readonly #watch: InotifyWatch;
  readonly #feed: EventFeed;
  readonly #folders: Folders;
  readonly #peers: Peers;
  readonly #notices: Notices;
  readonly #storage: Storage;
  readonly #refused = new RefusedConfig();
  readonly #server: ControlServer;
  #config: Config;
  #opened: Promise<void> = Promise.resolve();
  readonly #endRest = whenAtRest(() => void this.#options.workers.rest().then(giveBack, () => undefined));
  /** Changes of the configuration come one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: DaemonOptions, home: Home) {
    const { locations, hostName, homeDir, log: daemonLog, workers } = options;
    const { log } = daemonLog;
    const { identity } = home;
    this.#options = options;
    this.#home = home;
    this.id = identity.device;
    this.pid = options.pid;
    this.logs = daemonLog;
    this.#context = { files: configFiles, locations, self: identity.device, hostName, home: homeDir };
    this.#config = loadConfig(this.#context);
    const clock = this.#clock;
    const random = new RealRandom();
    const files = new KeyFiles(locations.stateDir);
    this.startedMonotonicMs = clock.monotonicMs();
    this.#watch = new InotifyWatch(clock, log);
    this.#feed = new EventFeed(clock.nowMs());
    this.#folders = new Folders({
      self: identity.device,
      stateDir: locations.stateDir,
      ownDirs: [locations.stateDir, ...locations.folderDirs, ...locations.peerDirs],
      configured: () => this.#config,
      clock,
      random,
      log,
      workers,
      watch: this.#watch,
      fs: new RealFileSystem(),
      bootId: bootId(),
      backpressure: (folder) => this.#peers.backpressure(folder),
      deviceName: (device) => this.#deviceName(device),
      emit: (event) => this.#feed.add(event),
      change: (open) => this.#change(() => open().then(() => this.#peers.update(this.#peersSettings()))),
    });
    this.#storage = new Storage({ workers, clock, log });
    const changes = {
      context: this.#context,
      workers,
      log,
      config: () => this.#config,
      folders: () => this.#folders.running,
      change: <T>(change: () => Promise<T>) => this.#change(change),
      apply: (config: Config) => this.#apply(config),
      addFolder: (name: FolderName, settings: readonly Assignment[]) => this.#addPrepared(name, settings),
    };
    const hosting = new Hosting({
      ...changes,
      self: identity.device,
      storage: this.#storage,
      removeFolder: (name) => this.#remove(name),
    });
    this.#peers = new Peers(
      {
        clock,
        random,
        log,
        network: new TlsNetwork(),
        files,
        identity,
        program: PROGRAM,
        host: hosting,
        changed: () => this.#notices.look(),
      },
      this.#peersSettings(),
    );
    this.pairing = new Joining({ ...changes, clock, files, hosting, peers: () => this.#peers });
    this.#notices = new Notices({
      self: identity.device,
      clock,
      log,
      programs: new RealPrograms(clock),
      deviceName: (device) => this.#deviceName(device),
      folders: () => this.#config.folders.values(),
      peers: () => this.#peers.list(),
    });
    this.#feed.subscribe((event) => this.#notices.happened(event));
    const place = new ControlSocketPlace(locations.socket, options.isSystem);
    this.#server = new ControlServer({ daemon: this, feed: this.#feed, clock, log, place });
  }

  async start(): Promise<void> {
    const { log } = this.#options.log;
    // Whoever asks hears soon which folders there are, also when a disk does not answer. Where nobody can ask, none is begun
    // that would have to be ended.
    const started = this.#server.start().then(() => this.#connect());
    this.#opened = started.catch(() => undefined);
    // A folder that is being opened must not be opened a second time.
    this.#changing = whenOpened(this.#opened, this.#clock, OPENING_MS);
    await started;
    this.pairing.start();
    this.#notices.look();
    log.info('started', {
      device: this.id,
      name: this.#config.name,
      folders: this.#config.folders.size,
      version: VERSION,
    });
  }

  /** Folders first: a session is about those that run. */
  async #connect(): Promise<void> {
    await Promise.all([...this.#config.folders.values()].map((settings) => this.#folders.open(settings)));
    await this.#storage.update(this.#config.storage);
    await this.#peers.update(this.#peersSettings());
  }

  /** Within 5 s. */
  async stop(): Promise<void> {
    this.#endRest();
    await this.#server.close();
    this.#notices.stop();
    await this.#peers.stop();
    this.#storage.stop();
    await this.#folders.closeAll();
    await this.#options.workers.close();
    this.#home.lock.release();
    this.#options.log.log.info('stopped');
  }

  name(): string {
    return this.#config.name;
  }

  #deviceName(device: DeviceId): string {
    if (device === this.id) return this.#config.name;
    return this.#config.peers.get(device)?.name ?? device.slice(0, 7);
  }

  listening(): string | undefined {
    return this.#peers.listening();
  }

  problems(): readonly Problem[] {
    return [
      ...this.#folders.problems,
      ...this.#notices.problems,
      ...[this.#peers.problem, this.#storage.problem, this.#refused.problem].flatMap((one) =>
        one === undefined ? [] : [{ code: one.code, message: one.message }],
      ),
    ];
  }

  folders(): ReadonlyMap<FolderName, ControlledFolder> {
    return this.#folders.running;
  }

  opened(): Promise<void> {
    return this.#opened;
  }

  folderSettings(): ReadonlyMap<FolderName, FolderSettings> {
    return this.#config.folders;
  }

  peers(): readonly PeerState[] {
    return this.#peers.list().map(({ lastError, ...state }) => ({ ...state, problem: lastError }));
  }

  addFolder(folder: NewFolder): Promise<void> {
    return this.#change(() => this.#addPrepared(folder.name, settingsOf(folder, this.id)));
  }

  surveyFolder(folder: NewFolder, how: { quick: boolean; signal: AbortSignal }): Promise<TreeSurvey> {
    return this.#change(() => surveyFolder(this.#lookAhead(), folder, how));
  }

  /** Written first, because that checks it; taken back when the directory cannot be used. */
  async #addPrepared(name: FolderName, settings: readonly Assignment[]): Promise<void> {
    const config = write.addFolder(this.#context, name, settings);
    const added = config.folders.get(name);
    try {
      if (added !== undefined) await this.#folders.prepare(added);
    } catch (error) {
      write.removeFolder(this.#context, name);
      throw error;
    }
    await this.#apply(config);
  }

  editFolder(name: FolderName, set: readonly string[]): Promise<void> {
    return this.#change(async () => {
      const assignments = parseAssignments(set);
      const wanted = write.editFolder(write.withoutWriting(this.#context), name, assignments).folders.get(name);
      if (wanted !== undefined && wanted.path !== this.#config.folders.get(name)?.path)
        await this.#folders.checkMove(wanted);
      await this.#apply(write.editFolder(this.#context, name, assignments));
      // What is set to what the file said already is no difference, but may be one to what is in effect.
      const insisted = new Set(assignments.flatMap(({ keys: [key] }) => key ?? []));
      this.#folders.running.get(name)?.agreed.takeProposal(insisted);
    });
  }

  planSettings(name: FolderName, set: readonly string[], signal: AbortSignal): Promise<FilterPlan> {
    return planSettings(this.#lookAhead(), name, set, signal);
  }

  #lookAhead(): LookAheadEdges {
    return {
      self: this.id,
      context: this.#context,
      folders: this.#folders,
      workers: this.#options.workers,
      clock: this.#clock,
    };
  }

  removeFolder(name: FolderName): Promise<void> {
    return this.#change(() => this.#remove(name));
  }

  async #remove(name: FolderName): Promise<void> {
    const settings = this.#config.folders.get(name);
    await this.#apply(write.removeFolder(this.#context, name));
    if (settings !== undefined) this.#folders.forget(settings);
    this.pairing.forget(name);
  }

  removePeer(id: DeviceId): Promise<void> {
    return this.#change(async () => {
      await this.#apply(write.removePeer(this.#context, id));
      this.pairing.forget(id);
    });
  }

  examine(): Promise<Examination> {
    return examine(PROGRAM, this.#options.locations.stateDir, this.#config.folders, this.#lookAhead());
  }

  wakePeers(): void {
    this.#peers.wake();
  }

  reload(): Promise<readonly string[]> {
    return this.#change(async () => {
      const config = await this.#refused.reading(async () => {
        const read = loadConfig(this.#context);
        await this.#storage.check(read.storage);
        return read;
      });
      return this.#apply(config);
    });
  }

  async checkConfig(given: { readonly text: string; readonly file: string } | undefined): Promise<string> {
    const context: ConfigContext = this.#context;
    const config = given === undefined ? loadConfig(context) : checkConfig(context, given);
    await this.#storage.check(config.storage);
    return given?.file ?? this.#options.locations.configFile;
  }

  effectiveConfig(): unknown {
    return showConfig(inEffect(this.#config, this.#folders.running), this.id);
  }

  /** Gets from the present configuration to this one. What changed, a sentence each. */
  async #apply(config: Config): Promise<readonly string[]> {
    const before = this.#config;
    this.#refused.taken();
    const difference = differenceOf(before, config);
    this.#config = config;
    this.#folders.limit();
    const done: string[] = [];
    const closed = [...difference.foldersRemoved, ...difference.foldersMoved.map(({ name }) => name)];
    for (const settings of difference.foldersChanged) {
      this.#folders.running.get(settings.name)?.reconfigure(settings);
      if (!settings.enabled) closed.push(settings.name);
      done.push(`folder ${settings.name}: settings changed`);
    }
    // First no session leads to a folder any more, then it stops.
    const leaving = new Map(closed.map((name) => [name, this.#folders.running.get(name)]));
    const listening = this.#peers.update(this.#peersSettings(new Set(leaving.keys())));
    for (const name of closed) {
      await this.#folders.close(name);
      done.push(`folder ${name}: stopped`);
    }
    for (const settings of config.folders.values()) {
      if (this.#folders.running.has(settings.name)) continue;
      await this.#folders.open(settings);
      if (settings.enabled) done.push(`folder ${settings.name}: started`);
    }
    await listening;
    if (difference.storageChanged) await this.#storage.update(config.storage);
    await this.#peers.update(this.#peersSettings());
    this.#notices.look();
    this.#tellDifference(difference, config, done);
    return done;
  }

  #tellDifference(difference: ReturnType<typeof differenceOf>, config: Config, done: string[]): void {
    done.push(...changesBesideFolders(difference, config));
    const { log: daemonLog, fixedLogLevel } = this.#options;
    if (difference.logChanged && !fixedLogLevel) daemonLog.setLevel(config.log.level);
    daemonLog.setFile(config.log.file);
    for (const what of done) this.#options.log.log.info(what);
  }

  #peersSettings(without: ReadonlySet<FolderName> = new Set()): PeersSettings {
    return peersSettings(this.#config, this.#folders.running, { without, clock: this.#clock });
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(change, change);
    this.#changing = changed.catch(() => undefined);
    return changed;
  }
}
