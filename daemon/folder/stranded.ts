// What was taken out of its place, and could then neither be kept nor be put back: it lies in staging, where nobody finds
// it. It is filed as soon as the disk lets it be, without waiting for the next start.
import type { Operation } from '../core/plan.ts';
import { codeOf } from '../disk/errno.ts';
import type { FolderContext } from './context.ts';
import type { Recovery } from './recovery.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

export class Stranded {
  readonly #context: Pick<FolderContext, 'clock' | 'log'>;
  readonly #recovery: Pick<Recovery, 'run'>;
  /** The next try, monotonic; undefined: there is nothing. */
  #dueMs: number | undefined;
  /** Where in staging it lies; what lies in the version store has none. */
  readonly #names = new Set<string>();
  #pauseMs = FIRST_PAUSE_MS;

  constructor(context: Pick<FolderContext, 'clock' | 'log'>, recovery: Pick<Recovery, 'run'>) {
    this.#context = context;
    this.#recovery = recovery;
  }

  /** Something that this took out lies there now. */
  add(operation: Operation): void {
    if ('staged' in operation) this.#names.add(operation.staged);
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#dueMs = this.#context.clock.monotonicMs() + FIRST_PAUSE_MS;
  }

  /** Tries again when it is time. To be called at rest. */
  async file(): Promise<void> {
    const { clock, log } = this.#context;
    if (this.#dueMs === undefined || clock.monotonicMs() < this.#dueMs) return;
    try {
      await this.#recovery.run(this.#names);
      this.#dueMs = undefined;
      this.#names.clear();
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      this.#dueMs = clock.monotonicMs() + this.#pauseMs;
      log.warn('what was replaced cannot be kept yet; it stays in .syncd/staging, and is tried again', { code });
    }
  }
}
