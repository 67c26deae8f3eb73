// The jobs of one folder, wherever they run. When it is closed no more of them begin, and it can be told when the last has
// ended: until then it may write, and nobody else is to work in the same root.
import { CodedError } from '../../protocol/errors.ts';
import type { Job, Workers } from '../ports/workers.ts';

export class Jobs implements Workers {
  readonly #workers: Workers;
  readonly #ended = Promise.withResolvers<void>();
  #atWork = 0;
  #closed = false;

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  run<Input, Output>(job: Job<Input, Output>, input: Input): Promise<Output> {
    if (this.#closed) return Promise.reject(new CodedError('E_NOT_RUNNING', 'the folder is closed'));
    this.#atWork++;
    const running = this.#workers.run(job, input);
    const end = (): void => {
      this.#atWork--;
      this.#endIfLast();
    };
    running.then(end, end);
    return running;
  }

  /** Resolves when none is at work any more. */
  close(): Promise<void> {
    this.#closed = true;
    this.#endIfLast();
    return this.#ended.promise;
  }

  #endIfLast(): void {
    if (this.#closed && this.#atWork === 0) this.#ended.resolve();
  }
}
