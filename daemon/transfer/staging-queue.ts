// Contents on their way into staging: gathered while a worker is busy, so that many small files cost one job.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { FileEntry } from '../core/record.ts';
import { rootCode } from '../disk/errno.ts';
import { type Source, type StageItem, type Staged, stage } from '../disk/stage.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { Workers } from '../ports/workers.ts';
import type { AtWork, Staging } from './at-work.ts';

interface Item extends Staging {
  readonly entry: FileEntry;
}

interface Waiting {
  readonly item: Item;
  readonly source: Source;
}

export interface StagedItem {
  readonly item: Item;
  readonly result: Staged;
}

interface StagingContext {
  readonly workers: Workers;
  /** Told of each item, until it is staged. */
  readonly atWork: AtWork;
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
  #waiting: Waiting[] = [];
  /** Names that are being written: two jobs at one of them would take each other's unfinished file. */
  readonly #inWork = new Set<string>();
  #running = 0;
  #bytes = 0;
  #scheduled = false;

  constructor(context: StagingContext, onStaged: (staged: StagedItem) => void) {
    this.#context = context;
    this.#onStaged = onStaged;
  }

  /** Bytes in memory that wait for the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  add(item: Item, source: Source): void {
    this.#bytes += sizeInMemory(source);
    this.#waiting.push({ item, source });
    this.#context.atWork.begin(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What comes in the same turn goes in one job.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    while (this.#running < MAX_JOBS) {
      const batch = this.#take();
      if (batch.length === 0) return;
      this.#running++;
      void this.#stage(batch);
    }
  }

  async #stage(batch: readonly Waiting[]): Promise<void> {
    // Counted before the job: then they are the worker's.
    const bytes = batch.reduce((sum, { source }) => sum + sizeInMemory(source), 0);
    const items = batch.map(({ item, source }): StageItem => ({ staged: item.staged, entry: item.entry, source }));
    let results: readonly Staged[] = [];
    // Where the job failed there is no result: each is then a problem of its own.
    let code: ErrorCode = 'E_INTERNAL';
    const failures: unknown[] = [];
    try {
      results = await this.#context.workers.run(stage, { tree: this.#context.tree(), items });
    } catch (error) {
      code = rootCode(error) ?? code;
      failures.push(error);
    }
    this.#running--;
    this.#bytes -= bytes;
    for (const { item } of batch) {
      this.#inWork.delete(item.staged);
      this.#context.atWork.end(item);
    }
    this.#run();
    for (const [i, { item }] of batch.entries())
      try {
        this.#onStaged({ item, result: results[i] ?? { kind: 'problem', code } });
      } catch (error) {
        // A full disk is full for the index too. The others are to be told all the same: who is not waits for ever.
        failures.push(error);
      }
    if (failures.length > 0) this.#context.onFailure(failures[0]);
  }

  #take(): Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    let bytes = 0;
    let isFull = false;
    for (const one of this.#waiting) {
      const { item, source } = one;
      // A copy of a large file is a job by itself: it takes as long as many small ones.
      const isLong = source.kind !== 'bytes' && item.entry.size > JOB_BYTES;
      isFull ||= taken.length >= JOB_ITEMS || bytes >= JOB_BYTES || (isLong && taken.length > 0);
      if (isFull || this.#inWork.has(item.staged)) {
        left.push(one);
        continue;
      }
      taken.push(one);
      bytes += item.entry.size;
    }
    for (const { item } of taken) this.#inWork.add(item.staged);
    this.#waiting = left;
    return taken;
  }
}

function sizeInMemory(source: Source): number {
  return source.kind === 'bytes' ? source.bytes.length : 0;
}
