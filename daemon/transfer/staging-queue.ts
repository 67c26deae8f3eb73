// Contents on their way into staging: gathered while a worker is busy, so that many small files cost one job.
import type { RelativePath } from '../core/path.ts';
import type { FileEntry } from '../core/record.ts';
import { type Source, type StageItem, type Staged, stage } from '../disk/stage.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { Workers } from '../ports/workers.ts';

interface Item {
  readonly path: RelativePath;
  readonly entry: FileEntry;
  readonly staged: string;
}

export interface StagedItem {
  readonly item: Item;
  readonly result: Staged;
}

interface StagingContext {
  readonly workers: Workers;
  tree(): TreeRef;
  onFailure(error: unknown): void;
}

/** What one job writes. */
const JOB_ITEMS = 128;
const JOB_BYTES = 8 << 20;
/** Jobs at once: one writes while the next is handed over. */
const MAX_JOBS = 2;

export class StagingQueue {
  readonly #context: StagingContext;
  readonly #onStaged: (staged: StagedItem) => void;
  readonly #waiting: { readonly item: Item; readonly source: Source }[] = [];
  #running = 0;
  #scheduled = false;

  constructor(context: StagingContext, onStaged: (staged: StagedItem) => void) {
    this.#context = context;
    this.#onStaged = onStaged;
  }

  add(item: Item, source: Source): void {
    // Bytes are a view into a whole message: a copy of their own can be handed over, and does not keep the message.
    const own = source.kind === 'bytes' ? { ...source, bytes: source.bytes.slice() } : source;
    this.#waiting.push({ item, source: own });
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What comes in the same turn goes in one job.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    while (this.#running < MAX_JOBS && this.#waiting.length > 0) {
      const batch = this.#take();
      this.#running++;
      const items = batch.map(({ item, source }): StageItem => ({ staged: item.staged, entry: item.entry, source }));
      this.#context.workers
        .run(stage, { tree: this.#context.tree(), items })
        .then((results) => {
          this.#running--;
          this.#run();
          batch.forEach(({ item }, i) => {
            const result = results[i];
            if (result !== undefined) this.#onStaged({ item, result });
          });
        })
        .catch((error: unknown) => {
          this.#running--;
          for (const { item } of batch) this.#onStaged({ item, result: { kind: 'problem', code: 'E_INTERNAL' } });
          this.#context.onFailure(error);
        });
    }
  }

  #take(): { readonly item: Item; readonly source: Source }[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && count < JOB_ITEMS && bytes < JOB_BYTES) {
      const { item, source } = this.#waiting[count] as { item: Item; source: Source };
      // A copy of a large file is a job by itself: it takes as long as many small ones.
      if (source.kind !== 'bytes' && count > 0 && item.entry.size > JOB_BYTES) break;
      bytes += item.entry.size;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
