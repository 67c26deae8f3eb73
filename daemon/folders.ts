// The folders that run: opened, changed and closed as the configuration says. One that cannot be opened is told of and
// stops none of the others.
import { CodedError, type ErrorCode } from '../protocol/errors.ts';
import { encodeBase32 } from './core/base32.ts';
import type { DeviceId, Epoch, FolderName } from './core/ids.ts';
import type { FolderSettings } from './core/settings.ts';
import { type RootChain, prepareRoot, rootChain } from './disk/root.ts';
import { hashText } from './disk/versions.ts';
import { Folder } from './folder/folder.ts';
import { newVersionId } from './folder/context.ts';
import { lockOf, rootCode } from './folder/root-guard.ts';
import type { FolderEvent } from './folder/view.ts';
import { FolderIndex } from './index/folder-index.ts';
import { lockFile } from './index/home-lock.ts';
import type { Clock } from './ports/clock.ts';
import type { FileSystem } from './ports/file-system.ts';
import type { Log } from './ports/log.ts';
import type { Backpressure } from './ports/peers.ts';
import type { Random } from './ports/random.ts';
import type { Watch } from './ports/watch.ts';
import type { Workers } from './ports/workers.ts';

export interface FoldersEdges {
  readonly self: DeviceId;
  readonly stateDir: string;
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
}

export interface FolderProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

export class Folders {
  readonly #edges: FoldersEdges;
  readonly #running = new Map<FolderName, Folder>();
  readonly #problems = new Map<FolderName, FolderProblem>();
  /** Where each root lies. */
  readonly #chains = new Map<FolderName, RootChain>();

  constructor(edges: FoldersEdges) {
    this.#edges = edges;
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
    this.#problems.delete(name);
    if (!settings.enabled || this.#running.has(name)) return;
    try {
      await this.#refuseNested(settings);
      const folder = this.#make(settings);
      this.#running.set(name, folder);
      folder.start();
    } catch (error) {
      const code = rootCode(error) ?? 'E_INTERNAL';
      const message = `folder ${name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#problems.set(name, { code, message });
      this.#edges.log.error('cannot open the folder', { folder: name, code, message, error });
    }
  }

  /**
   * Makes the directory of a new folder, or says why it cannot be one, and then has made nothing in another's.
   * E_FOLDER_PATH, E_FOLDER_NESTED, E_FOLDER_LOCKED.
   */
  async prepare(settings: FolderSettings): Promise<void> {
    const { workers } = this.#edges;
    const { path, name } = settings;
    try {
      const chain = await this.#refuseNested(settings);
      for (const root of chain.roots)
        if (isLocked(root))
          throw new CodedError('E_FOLDER_NESTED', `${path} lies in a folder that another daemon keeps`);
      if (chain.own !== undefined && isLocked(path))
        throw new CodedError('E_FOLDER_LOCKED', `${path} is kept by another daemon`);
      await workers.run(prepareRoot, { root: path, marker: newVersionId(this.#edges) });
    } catch (error) {
      if (error instanceof CodedError) throw error;
      const code = rootCode(error);
      if (code === undefined) throw error;
      throw new CodedError('E_FOLDER_PATH', `${path} cannot be the directory of ${name}: ${reason(error)}`);
    }
    await this.#refuseNested(settings);
  }

  async #refuseNested({ name, path }: FolderSettings): Promise<RootChain> {
    const chain = await this.#chainOf(path);
    for (const [other, { own, above }] of this.#chains) {
      if (other === name || own === undefined) continue;
      const isAround = chain.own !== undefined && (above.includes(chain.own) || own === chain.own);
      if (isAround || chain.above.includes(own))
        throw new CodedError('E_FOLDER_NESTED', `${path} is, holds or lies in the directory of ${other}`);
    }
    // What is not there, or cannot be read, is held against nobody: the folder halts and says so itself.
    if (chain.own !== undefined) this.#chains.set(name, chain);
    return chain;
  }

  async #chainOf(path: string): Promise<RootChain> {
    try {
      return await this.#edges.workers.run(rootChain, { root: path });
    } catch (error) {
      if (rootCode(error) === undefined) throw error;
      return { own: undefined, above: [], roots: [] };
    }
  }

  #make(settings: FolderSettings): Folder {
    const { self, clock, random, workers, watch, fs, emit, backpressure, deviceName } = this.#edges;
    const { name } = settings;
    const log = this.#edges.log.with({ folder: name });
    const newEpoch = (): Epoch => encodeBase32(random.bytes(10)) as Epoch;
    const index = FolderIndex.open(this.#indexFile(settings), { newEpoch, fs });
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
      backpressure: backpressure(name),
      newEpoch,
      bootId: this.#edges.bootId,
      lockRoot: (file) => lockFile(file, 'E_FOLDER_LOCKED'),
      deviceName,
      emit: (event) => emit({ ...event, folder: name, atMs: clock.nowMs() }),
    });
  }

  /** Another path is another tree: it has an index of its own, so that what is not in it was never deleted. */
  #indexFile({ name, path }: FolderSettings): string {
    const tail = hashText(`${name}\0${path}`).slice(0, 16);
    return `${this.#edges.stateDir}/folders/${name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 40)}-${tail}.db`;
  }

  async close(name: FolderName): Promise<void> {
    const folder = this.#running.get(name);
    this.#running.delete(name);
    this.#problems.delete(name);
    this.#chains.delete(name);
    await folder?.stop();
  }

  /** After close: forgets what was known of it. Its files stay. */
  forget(settings: FolderSettings): void {
    const { fs, stateDir } = this.#edges;
    const file = this.#indexFile(settings);
    const base = file.slice(file.lastIndexOf('/') + 1);
    const dir = fs.openRoot(`${stateDir}/folders`);
    try {
      for (const { name } of dir.list()) if (name === base || name.startsWith(`${base}-`)) dir.remove(name, 'file');
    } finally {
      dir.close();
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.close(name)));
  }
}

/** By another daemon: what is kept by this one has been refused before. */
function isLocked(root: string): boolean {
  try {
    lockFile(lockOf(root), 'E_FOLDER_LOCKED').release();
    return false;
  } catch (error) {
    // Where there is no lock file, or none of ours, nobody that we know of keeps it.
    return rootCode(error) === 'E_FOLDER_LOCKED';
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
