// Contents in staging that nobody wants any more: another version was wanted before they took their place, or the disk had
// them already. They are removed at rest. What is forgotten, by a stop or beyond the bound, the next start finds.
import type { FileEntry, FileRecord } from '../core/record.ts';
import type { RelativePath } from '../core/path.ts';
import { codeOf } from '../disk/errno.ts';
import { stagedName, unstage } from '../disk/stage.ts';
import type { FolderContext } from './context.ts';
import type { SkippedPaths } from './skipped.ts';

const MAX_REMEMBERED = 10_000;
/** Files of one job. */
const AT_ONCE = 256;
const SAYS_SO_WITHIN_MS = 1_500;
const AGAIN_MS = 1_000;

export type Left = Pick<FileRecord, 'path' | 'entry'>;

type LitterContext = Pick<FolderContext, 'index' | 'workers' | 'tree' | 'clock'>;

interface Remembered {
  readonly path: RelativePath;
  readonly entry: FileEntry;
  /** Not removed before: monotonic. */
  readonly dueMs: number;
}

export class Litter {
  readonly #context: LitterContext;
  readonly #left = new Map<string, Remembered>();
  readonly #wake: () => void;
  readonly #stopFetching: (path: RelativePath) => void;
  readonly #skipped: SkippedPaths;

  constructor(
    context: LitterContext,
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
  add(left: Left): void {
    this.#add(left, 0);
  }

  /** It lost against what is here, but may live on all the same: whoever holds it says so in a moment. */
  addLater(left: Left): void {
    this.#add(left, SAYS_SO_WITHIN_MS);
  }

  /** A job of what was given up may have left this there. It may be wanted still, and be named for what kept it from coming. */
  leave(left: Left): void {
    this.#remember(left, 0);
  }

  #add(left: Left, restMs: number): void {
    // Why it could not be had or carried out says nothing any more.
    this.#skipped.clear(left.path);
    this.#remember(left, restMs);
  }

  #remember({ path, entry }: Left, restMs: number): void {
    if (entry.kind !== 'file' || this.#left.size >= MAX_REMEMBERED) return;
    const dueMs = this.#context.clock.monotonicMs() + restMs;
    this.#left.set(stagedName(path, entry.sha256), { path, entry, dueMs });
    this.#wake();
  }

  /** Removes what is still not wanted. To be called at rest. */
  async clear(): Promise<void> {
    if (this.#left.size === 0) return;
    const nowMs = this.#context.clock.monotonicMs();
    for (;;) {
      const batch = [...this.#left].filter(([, { dueMs }]) => dueMs <= nowMs).slice(0, AT_ONCE);
      if (batch.length === 0) return;
      for (const [staged] of batch) this.#left.delete(staged);
      const unwanted = batch.filter(([, { path, entry }]) => !this.#isWanted(path, entry));
      if (unwanted.length > 0) await this.#unstage(unwanted, nowMs);
    }
  }

  async #unstage(unwanted: readonly (readonly [staged: string, one: Remembered])[], nowMs: number): Promise<void> {
    const { workers, tree } = this.#context;
    const items = unwanted.map(([staged, { entry }]) => ({ staged, entry }));
    try {
      await workers.run(unstage, { tree: tree(), items });
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      // The disk does not let them go now.
      for (const [staged, one] of unwanted) this.#left.set(staged, { ...one, dueMs: nowMs + AGAIN_MS });
    }
  }

  #isWanted(path: RelativePath, { sha256 }: FileEntry): boolean {
    const want = this.#context.index.wanted(path);
    // What is ignored may be so for ever.
    if (want === undefined || want.why === 'ignored') return false;
    const { entry } = want.record;
    return entry.kind === 'file' && entry.sha256 === sha256;
  }
}
