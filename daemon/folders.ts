// The folders that run: opened, changed and closed as the configuration says. One that cannot be opened is told of and
// stops none of the others.
import { CodedError, type ErrorCode } from '../protocol/errors.ts';
import { encodeBase32 } from './core/base32.ts';
import type { Config } from './config/config.ts';
import type { DeviceId, Epoch, FolderName, Run } from './core/ids.ts';
import type { FolderSettings } from './core/settings.ts';
import { prepareRoot } from './disk/root.ts';
import { hashText } from './disk/versions.ts';
import { Folder } from './folder/folder.ts';
import { newVersionId } from './folder/context.ts';
import { rootCode } from './disk/errno.ts';
import type { FolderEvent } from './folder/view.ts';
import { FolderIndex } from './index/folder-index.ts';
import { Places } from './places.ts';
import type { Clock, Timer } from './ports/clock.ts';
import type { FileSystem } from './ports/file-system.ts';
import type { Log } from './ports/log.ts';
import type { Backpressure } from './ports/peers.ts';
import type { Random } from './ports/random.ts';
import type { Watch } from './ports/watch.ts';
import type { Workers } from './ports/workers.ts';
import { isRootLocked, lockRoot } from './system/root-lock.ts';
import { ownerOf, surroundingsOf } from './system/surroundings.ts';
import { trafficSettings } from './traffic-settings.ts';
import { Traffic } from './transfer/traffic.ts';
import { refusalOf, refusePrivate } from './unusable-root.ts';

/** Between two tries to open what could not be opened: a disk that is full or read-only may not be so any more. */
const OPEN_AGAIN_MS = 5_000;

export interface FoldersEdges {
  readonly self: DeviceId;
  readonly stateDir: string;
  /** The daemon's own directories, which no folder may hold or lie in. */
  readonly ownDirs: readonly string[];
  /** All that it names is configured, running or not. */
  configured(): Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly workers: Workers;
  readonly watch: Watch;
  readonly fs: FileSystem;
  readonly bootId: string | undefined;
  backpressure(folder: FolderName): Backpressure;
  /** What a device is called here. */
  deviceName(device: DeviceId): string;
  emit(event: FolderEvent): void;
  /** Runs it as a change of the configuration is put into effect: after all that is under way, and peers hear of what runs since. */
  change(open: () => Promise<void>): Promise<void>;
}

export interface FolderProblem {
  readonly folder: FolderName;
  readonly code: ErrorCode;
  readonly message: string;
}

export class Folders {
  readonly #edges: FoldersEdges;
  readonly #running = new Map<FolderName, Folder>();
  readonly #problems = new Map<FolderName, FolderProblem>();
  readonly #places: Places;
  readonly #traffic: Traffic;
  #again: Timer | undefined;

  constructor(edges: FoldersEdges) {
    this.#edges = edges;
    this.#places = new Places(edges);
    this.#traffic = new Traffic(edges.clock);
    this.limit();
  }

  /** Limits and priorities are as they are configured now. */
  limit(): void {
    this.#traffic.configure(trafficSettings(this.#edges.configured()));
    for (const folder of this.#running.values()) folder.limitsChanged();
  }

  get running(): ReadonlyMap<FolderName, Folder> {
    return this.#running;
  }

  get problems(): readonly FolderProblem[] {
    return [...this.#problems.values()];
  }

  /** Opens and starts one; what goes wrong is a problem that is told, not thrown. */
  async open(settings: FolderSettings): Promise<void> {
    const { name } = settings;
    if (!settings.enabled || this.#running.has(name)) {
      this.#problems.delete(name);
      return;
    }
    try {
      await this.#take(settings);
      if (!this.#indexes().includes(baseOf(this.#indexFile(settings)))) await this.#places.refuseAround(settings.path);
      this.#forgetOtherPaths(name);
      const folder = this.#make(settings);
      this.#running.set(name, folder);
      this.#problems.delete(name);
      folder.start();
    } catch (error) {
      const code = rootCode(error) ?? 'E_INTERNAL';
      const message = `folder ${name}: ${error instanceof Error ? error.message : String(error)}`;
      const isNew = this.#problems.get(name)?.message !== message;
      this.#problems.set(name, { folder: name, code, message });
      if (isNew) this.#emitProblem(name, code, message);
      if (isNew) this.#edges.log.error('cannot open the folder', { folder: name, code, message, error });
      this.#openLater();
    }
  }

  /** What stood in the way may go away without a word to us. */
  #openLater(): void {
    const { change, clock, configured, log } = this.#edges;
    this.#again ??= clock.after(OPEN_AGAIN_MS, () => {
      this.#again = undefined;
      const open = async (): Promise<void> => {
        for (const name of [...this.#problems.keys()]) {
          const settings = configured().folders.get(name);
          if (settings !== undefined) await this.open(settings);
        }
      };
      change(open).catch((error: unknown) => log.error('cannot open folders again', { error }));
    });
  }

  #emitProblem(folder: FolderName, code: ErrorCode, what: string): void {
    const { emit, clock } = this.#edges;
    const nothing = { path: undefined, device: undefined, direction: undefined, sizeBytes: undefined };
    emit({ atMs: clock.nowMs(), folder, kind: 'warning', what, code, ...nothing });
  }

  /** What stands against a folder there, before anything is made. E_FOLDER_PATH, E_FOLDER_NESTED, E_FOLDER_LOCKED. */
  async check(settings: FolderSettings): Promise<void> {
    try {
      await this.#takeNew(settings);
    } finally {
      this.#places.leave(settings.name);
    }
  }

  /** What stands against another path of a folder. E_FOLDER_PATH, E_FOLDER_NESTED, E_FOLDER_LOCKED. */
  async checkMove(settings: FolderSettings): Promise<void> {
    const { path } = settings;
    refusePrivate(path, 'folder', surroundingsOf(path));
    await this.#places.checkMove(settings);
  }

  /**
   * Makes the directory of a new folder, or says why it cannot be one, and then has made nothing in another's.
   * E_FOLDER_PATH, E_FOLDER_NESTED, E_FOLDER_LOCKED.
   */
  async prepare(settings: FolderSettings): Promise<void> {
    const { workers } = this.#edges;
    const { path, name, owner } = settings;
    try {
      await this.#takeNew(settings);
      const mode = owner === undefined ? 0o755 : 0o700;
      await workers.run(prepareRoot, { root: path, marker: newVersionId(this.#edges), mode });
      // It may be the second time, and a kill have kept the first removal from its end: nothing of then counts.
      this.forget(settings);
      await this.#places.take(settings);
    } catch (error) {
      this.#places.leave(name);
      throw refusalOf(path, name, error, { ...surroundingsOf(path), owner: await ownerOf(path) }) ?? error;
    }
  }

  /** E_FOLDER_PATH, E_FOLDER_NESTED. */
  async #take(settings: FolderSettings): Promise<void> {
    refusePrivate(settings.path, 'folder', surroundingsOf(settings.path));
    await this.#places.take(settings);
  }

  /** The same where there is no folder yet; also E_FOLDER_LOCKED. */
  async #takeNew(settings: FolderSettings): Promise<void> {
    const { path } = settings;
    await this.#take(settings);
    if (isRootLocked(path)) throw new CodedError('E_FOLDER_LOCKED', `${path} is kept by another daemon`);
    await this.#places.refuseAround(path);
  }

  #make(settings: FolderSettings): Folder {
    const { self, clock, random, workers, watch, fs, emit, backpressure, deviceName } = this.#edges;
    const { name } = settings;
    const log = this.#edges.log.with({ folder: name });
    const newEpoch = (): Epoch => encodeBase32(random.bytes(10)) as Epoch;
    const newRun = (): Run => encodeBase32(random.bytes(10)) as Run;
    const index = FolderIndex.open(this.#indexFile(settings), { newEpoch, newRun, fs });
    if (typeof index.opened === 'object')
      log.error('the index was damaged; it was set aside and is made anew', {
        code: 'E_INDEX',
        kept: index.opened.damaged,
      });
    return new Folder({
      name,
      self,
      index,
      workers,
      clock,
      random,
      log,
      settings,
      watch,
      traffic: this.#traffic,
      backpressure: backpressure(name),
      newEpoch,
      bootId: this.#edges.bootId,
      lockRoot,
      deviceName,
      emit: (event) => emit({ ...event, folder: name, atMs: clock.nowMs() }),
    });
  }

  /** Another path is another tree: it has an index of its own, so that what is not in it was never deleted. */
  #indexFile({ name, path }: FolderSettings): string {
    return `${this.#edges.stateDir}/folders/${indexName(name)}-${hashText(`${name}\0${path}`).slice(0, 16)}.db`;
  }

  /** A path that a folder has left is nobody's: what is deleted there meanwhile must not be one day's deletion. */
  #forgetOtherPaths(name: FolderName): void {
    const kept = new Set([...this.#edges.configured().folders.values()].map((one) => baseOf(this.#indexFile(one))));
    const ofName = new RegExp(`^(${indexName(name)}-[0-9a-f]{16}\\.db)(-|$)`);
    this.#removeIndexes((file) => {
      const base = ofName.exec(file)?.[1];
      return base !== undefined && !kept.has(base);
    });
  }

  /** This one alone; it may be opened again at once. */
  async close(name: FolderName): Promise<void> {
    await this.#takeAway(name)?.stop({ jobsToo: true });
  }

  #takeAway(name: FolderName): Folder | undefined {
    const folder = this.#running.get(name);
    this.#running.delete(name);
    this.#problems.delete(name);
    this.#places.leave(name);
    return folder;
  }

  /** After close: forgets what was known of it. Its files stay. */
  forget(settings: FolderSettings): void {
    const base = baseOf(this.#indexFile(settings));
    this.#removeIndexes((file) => file === base || file.startsWith(`${base}-`));
  }

  #indexes(): readonly string[] {
    const dir = this.#edges.fs.openRoot(`${this.#edges.stateDir}/folders`);
    try {
      return dir.list().map(({ name }) => name);
    } finally {
      dir.close();
    }
  }

  #removeIndexes(isGone: (file: string) => boolean): void {
    const { fs, stateDir } = this.#edges;
    const dir = fs.openRoot(`${stateDir}/folders`);
    try {
      for (const { name } of dir.list()) if (isGone(name)) dir.remove(name, 'file');
    } finally {
      dir.close();
    }
  }

  /** For a process that ends. */
  async closeAll(): Promise<void> {
    this.#again?.cancel();
    const folders = [...this.#running.keys()].flatMap((name) => this.#takeAway(name) ?? []);
    await Promise.all(folders.map((folder) => folder.stop()));
  }
}

/** How the names of a folder's indexes begin; of other folders too, whose names differ in other signs only. */
const indexName = (name: FolderName): string => name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 40);
const baseOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
