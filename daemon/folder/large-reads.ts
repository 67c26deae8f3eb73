// Large files are read beside the folder's loop, so that nothing else waits for them. What was read counts for a file that
// still looks as it did then; one that has changed meanwhile is read again.
import { type Observation, type SeenStat, looksSame } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { observe } from '../disk/observe.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';

/** Read, or waiting for their turn; more are looked at again in a while. */
const MAX_READS = 64;
const AGAIN_MS = 1_000;

export class LargeReads {
  readonly #context: FolderContext;
  readonly #hints: Hints;
  readonly #reading = new Map<RelativePath, SeenStat>();
  readonly #read = new Map<RelativePath, Observation>();

  constructor(context: FolderContext, hints: Hints) {
    this.#context = context;
    this.#hints = hints;
  }

  /** What is in a large file that looks so; undefined until that is known: then the path is marked again. */
  take(path: RelativePath, seen: SeenStat, growing: boolean): Observation | undefined {
    const read = this.#read.get(path);
    this.#read.delete(path);
    if (read?.kind === 'changing' || read?.kind === 'unknown') return read;
    if (read?.kind === 'present' && looksSame(read.seen, seen)) return read;
    this.#begin(path, seen, growing);
    return undefined;
  }

  /** Whether one of the files that are being read satisfies this. */
  some(isSo: (seen: SeenStat) => boolean): boolean {
    for (const seen of this.#reading.values()) if (isSo(seen)) return true;
    return false;
  }

  #begin(path: RelativePath, seen: SeenStat, growing: boolean): void {
    if (this.#reading.has(path)) return;
    if (this.#reading.size >= MAX_READS) {
      this.#hints.addLater(path, this.#context.clock.monotonicMs() + AGAIN_MS);
      return;
    }
    this.#reading.set(path, seen);
    this.#hints.beginRead(path);
    this.#run(path, growing).catch((error: unknown) => {
      // Nothing is known of it; the next look begins anew, or shows why it cannot be.
      this.#context.log.debug('could not read a large file', { path, error });
      this.#end(path);
    });
  }

  async #run(path: RelativePath, growing: boolean): Promise<void> {
    const items = [{ path, growing }];
    const [found] = await this.#context.workers.run(observe, { tree: this.#context.tree(), items, long: true });
    if (found !== undefined) this.#read.set(path, found);
    this.#end(path);
  }

  #end(path: RelativePath): void {
    this.#reading.delete(path);
    this.#hints.endRead(path);
  }
}
