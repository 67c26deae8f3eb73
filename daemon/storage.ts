// `storage:` of a hub as it is on the disk. What is wrong with it is told in status; while it is wrong no folder is made in
// it, and those that are there go on as they can.
import { CodedError } from '../protocol/errors.ts';
import { lookAtStorage } from './disk/storage.ts';
import type { Clock, Timer } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Workers } from './ports/workers.ts';

/** How soon it is noticed that what was wrong is right: a disk that is mounted later. */
const LOOK_AGAIN_MS = 10_000;

export interface StorageEdges {
  readonly workers: Workers;
  readonly clock: Clock;
  readonly log: Log;
}

export class Storage {
  readonly #edges: StorageEdges;
  #path: string | undefined;
  #problem: CodedError | undefined;
  #again: Timer | undefined;

  constructor(edges: StorageEdges) {
    this.#edges = edges;
  }

  /** Why nothing can be made in it, as it was at the last look. */
  get problem(): CodedError | undefined {
    return this.#problem;
  }

  /** Takes the place that is configured now, and looks at it. */
  async update(path: string | undefined): Promise<void> {
    this.#path = path;
    await this.#look();
  }

  /** The directory, looked at now. E_STORAGE: there is none, or nothing can be made in it. */
  async usable(): Promise<string> {
    const path = this.#path;
    if (path === undefined)
      throw new CodedError('E_STORAGE', 'this device has no storage for folders that others bring');
    await this.#look();
    if (this.#problem !== undefined) throw this.#problem;
    return path;
  }

  /** For a configuration that is to be used: another storage must be right before. E_STORAGE. */
  async check(path: string | undefined): Promise<void> {
    const problem = path === undefined || path === this.#path ? undefined : await this.#problemOf(path);
    if (problem !== undefined) throw problem;
  }

  stop(): void {
    this.#again?.cancel();
    this.#path = undefined;
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#edges;
    const path = this.#path;
    this.#again?.cancel();
    const problem = path === undefined ? undefined : await this.#problemOf(path);
    if (path !== this.#path) return;
    if (problem !== undefined && problem.message !== this.#problem?.message)
      log.warn('folders that peers bring cannot be made', { code: problem.code, why: problem.message });
    if (problem === undefined && this.#problem !== undefined) log.info('the storage can be used again', { path });
    this.#problem = problem;
    if (problem === undefined) return;
    this.#again?.cancel();
    this.#again = clock.after(LOOK_AGAIN_MS, () => {
      this.#look().catch((error: unknown) => log.error('cannot look at the storage', { error }));
    });
  }

  async #problemOf(path: string): Promise<CodedError | undefined> {
    const why = await this.#edges.workers.run(lookAtStorage, { path });
    return why === undefined ? undefined : new CodedError('E_STORAGE', `storage: ${path} ${why}`);
  }
}
