// Contents in staging that nobody wants any more: another version was wanted before they took their place, or the disk had
// them already. They are removed at rest. What is forgotten, by a stop or beyond the bound, the next start finds.
import type { FileEntry, FileRecord } from '../core/record.ts';
import type { RelativePath } from '../core/path.ts';
import { stagedName, unstage } from '../disk/stage.ts';
import type { FolderContext } from './context.ts';
import type { SkippedPaths } from './skipped.ts';

const MAX_REMEMBERED = 10_000;
/** Files of one job. */
const AT_ONCE = 256;

export type Left = Pick<FileRecord, 'path' | 'entry'>;

export class Litter {
  readonly #context: Pick<FolderContext, 'index' | 'workers' | 'tree'>;
  readonly #left = new Map<string, { readonly path: RelativePath; readonly entry: FileEntry }>();

  readonly #wake: () => void;
  readonly #stopFetching: (path: RelativePath) => void;
  readonly #skipped: SkippedPaths;

  constructor(
    context: Pick<FolderContext, 'index' | 'workers' | 'tree'>,
    wake: () => void,
    stopFetching: (path: RelativePath) => void,
    skipped: SkippedPaths,
  ) {
    this.#context = context;
    this.#wake = wake;
    this.#stopFetching = stopFetching;
    this.#skipped = skipped;
  }

  /** It is wanted no more: it is not fetched any further either. */
  drop(left: Left): void {
    this.#stopFetching(left.path);
    this.add(left);
  }

  /** This version's content may lie in staging, and is not to take its place. */
  add({ path, entry }: Left): void {
    // Why it could not be had or carried out says nothing any more.
    this.#skipped.clear(path);
    if (entry.kind !== 'file' || this.#left.size >= MAX_REMEMBERED) return;
    this.#left.set(stagedName(path, entry.sha256), { path, entry });
    this.#wake();
  }

  /** Removes what is still not wanted. To be called at rest. */
  async clear(): Promise<void> {
    while (this.#left.size > 0) {
      const batch = [...this.#left].slice(0, AT_ONCE);
      for (const [staged] of batch) this.#left.delete(staged);
      const items = batch
        .filter(([, { path, entry }]) => !this.#isWanted(path, entry))
        .map(([staged, { entry }]) => ({ staged, entry }));
      if (items.length > 0) await this.#context.workers.run(unstage, { tree: this.#context.tree(), items });
    }
  }

  #isWanted(path: RelativePath, { sha256 }: FileEntry): boolean {
    const wanted = this.#context.index.wanted(path)?.record.entry;
    return wanted?.kind === 'file' && wanted.sha256 === sha256;
  }
}
