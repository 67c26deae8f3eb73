// Where folders really lie, whatever links their paths go through: no two on one tree, none on what another daemon keeps,
// and none around or in what this daemon, or another one, keeps for itself. A peer that shares a folder may write to all that is in it.
import { CodedError } from '../protocol/errors.ts';
import type { DirPath, RelativePath } from './core/path.ts';
import type { FolderName } from './core/ids.ts';
import type { FolderSettings } from './core/settings.ts';
import { type RootChain, rootChain } from './disk/root.ts';
import { listUnclaimed } from './disk/unclaimed.ts';
import { rootCode } from './disk/errno.ts';
import type { Clock } from './ports/clock.ts';
import type { Workers } from './ports/workers.ts';
import { isRootLocked } from './system/root-lock.ts';

/** How far a new folder is looked through for roots of other daemons. Beyond: it is taken as it is. */
const MAX_ENTRIES = 200_000;
const MAX_LOOK_MS = 5_000;
const DIRS_A_JOB = 64;

export interface PlacesEdges {
  readonly workers: Workers;
  readonly clock: Clock;
  /** The daemon's own directories: keys, indexes, and what commands write of the configuration. */
  readonly ownDirs: readonly string[];
}

const NOWHERE: RootChain = { own: undefined, above: [], roots: [], homes: [] };

export class Places {
  readonly #edges: PlacesEdges;
  /** Where each root lies. */
  readonly #chains = new Map<FolderName, RootChain>();

  constructor(edges: PlacesEdges) {
    this.#edges = edges;
  }

  /** Notes where it lies. E_FOLDER_PATH; E_FOLDER_NESTED, also for what lies in a root that another daemon keeps. */
  async take(settings: FolderSettings): Promise<void> {
    const chain = await this.#unclaimed(settings);
    // What is not there, or cannot be read, is held against nobody: the folder halts and says so itself.
    if (chain.own !== undefined) this.#chains.set(settings.name, chain);
  }

  /** For a folder that may get another path: refuses as `take`, notes nothing. Also E_FOLDER_LOCKED. */
  async checkMove(settings: FolderSettings): Promise<void> {
    const { name, path } = settings;
    const { own } = await this.#unclaimed(settings);
    // The directory that it has already, moved or reached in another way: the lock there is its own.
    if (own !== undefined && own === this.#chains.get(name)?.own) return;
    if (isRootLocked(path)) throw new CodedError('E_FOLDER_LOCKED', `${path} is kept by another daemon`);
    await this.refuseAround(path);
  }

  async #unclaimed({ name, path }: FolderSettings): Promise<RootChain> {
    const chain = await this.#chainOf(path);
    const ownHomes = new Set<string>();
    for (const dir of this.#edges.ownDirs) {
      const own = await this.#chainOf(dir);
      if (overlap(chain, own))
        throw new CodedError('E_FOLDER_PATH', `${path} holds or lies in the daemon's own ${dir}`);
      if (own.own !== undefined) ownHomes.add(own.own);
    }
    if (chain.homes.some((home) => !ownHomes.has(home)))
      throw new CodedError(
        'E_FOLDER_PATH',
        `${path} is, holds or lies in the home of another daemon, where its key is`,
        'Choose a path outside of it.',
      );
    for (const [other, taken] of this.#chains)
      if (other !== name && overlap(chain, taken))
        throw new CodedError('E_FOLDER_NESTED', `${path} is, holds or lies in the directory of ${other}`);
    for (const root of chain.roots)
      if (isRootLocked(root))
        throw new CodedError('E_FOLDER_NESTED', `${path} lies in a folder that another daemon keeps`);
    return chain;
  }

  leave(name: FolderName): void {
    this.#chains.delete(name);
  }

  /** For what was no folder until now, taken: a folder that is one already is not looked through. E_FOLDER_NESTED. */
  async refuseAround(path: string): Promise<void> {
    const { own } = await this.#chainOf(path);
    const below = own === undefined ? undefined : await this.#lockedBelow(path);
    if (below !== undefined)
      throw new CodedError('E_FOLDER_NESTED', `${path} holds ${below}, a folder that another daemon keeps`);
  }

  async #chainOf(path: string): Promise<RootChain> {
    try {
      return await this.#edges.workers.run(rootChain, { root: path });
    } catch (error) {
      if (rootCode(error) === undefined) throw error;
      return NOWHERE;
    }
  }

  async #lockedBelow(root: string): Promise<RelativePath | undefined> {
    const { workers, clock } = this.#edges;
    const untilMs = clock.monotonicMs() + MAX_LOOK_MS;
    const boundaries: RelativePath[] = [];
    const waiting: DirPath[] = [''];
    let left = MAX_ENTRIES;
    while (waiting.length > 0 && clock.monotonicMs() < untilMs) {
      const asked = { tree: { root, boundaries }, dirs: waiting.splice(0, DIRS_A_JOB), maxEntries: left };
      const listings = await workers.run(listUnclaimed, asked);
      if (listings === undefined) return undefined;
      for (const listing of listings) {
        if (listing.kind !== 'whole') continue;
        left -= listing.entries.length;
        for (const { path, seen, boundary } of listing.entries) {
          if (boundary) boundaries.push(path);
          if (seen.kind !== 'dir') continue;
          const parent = path.slice(0, -'/.syncd'.length) as RelativePath;
          if (path.endsWith('/.syncd') && isRootLocked(`${root}/${parent}`)) return parent;
          waiting.push(path);
        }
      }
    }
    return undefined;
  }
}

/** One is the other, or above it. */
function overlap(a: RootChain, b: RootChain): boolean {
  return isAround(a, b) || isAround(b, a);
}

function isAround(outer: RootChain, inner: RootChain): boolean {
  return outer.own !== undefined && (outer.own === inner.own || inner.above.includes(outer.own));
}
