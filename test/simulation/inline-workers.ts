// Jobs run in this thread over any file system, each in a turn of its own. Values are cloned and moved just as between
// threads, so that code which touches what it gave away fails here too.
import type { FileSystem } from '../../daemon/ports/file-system.ts';
import type { Job, Workers } from '../../daemon/ports/workers.ts';
import { receiveError, sendError } from '../../daemon/system/worker-messages.ts';
import { moved } from './copied.ts';

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
      const received = moved(input);
      this.#schedule(() => {
        if (this.#closed) {
          reject(new Error('the workers are closed'));
          return;
        }
        try {
          const output = job.run(this.#fs, received);
          resolve(moved(output));
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
