// Jobs run in this thread over any file system, each in a turn of its own. Values are cloned and moved just as between
// threads, so that code which touches what it gave away fails here too.
import assert from 'node:assert/strict';
import type { FileSystem } from '../../daemon/ports/file-system.ts';
import type { Job, Workers } from '../../daemon/ports/workers.ts';
import { movable } from '../../daemon/system/movable.ts';
import { receiveError, sendError } from '../../daemon/system/worker-messages.ts';

/** As structuredClone(), which takes ten times as long for values without memory to move. */
function copied<T>(value: T): T {
  const transfer = movable(value);
  return transfer.length > 0 ? structuredClone(value, { transfer }) : (copy(value) as T);
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    assert(typeof value !== 'function' && typeof value !== 'symbol', 'it cannot go to another thread');
    return value;
  }
  if (Array.isArray(value)) return value.map(copy);
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  const made: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) made[name] = copy(one);
  return made;
}

export class InlineWorkers implements Workers {
  readonly #fs: FileSystem;
  readonly #schedule: (turn: () => void) => void;
  #closed = false;

  /** `schedule` says when a job's turn is; a simulator gives one that lets time pass. */
  constructor(fs: FileSystem, schedule: (turn: () => void) => void = queueMicrotask) {
    this.#fs = fs;
    this.#schedule = schedule;
  }

  run<Input, Output>(job: Job<Input, Output>, input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      const moved = copied(input);
      this.#schedule(() => {
        if (this.#closed) {
          reject(new Error('the workers are closed'));
          return;
        }
        try {
          const output = job.run(this.#fs, moved);
          resolve(copied(output));
        } catch (error) {
          reject(receiveError(sendError(error)));
        }
      });
    });
  }

  close(): void {
    this.#closed = true;
  }
}
