// What people ask a folder to do: run between two turns of the loop, so that nothing is half done then.

interface Task {
  run(): Promise<void>;
  refuse(reason: Error): void;
}

export class Tasks {
  readonly #wake: () => void;
  #waiting: Task[] = [];

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves, or rejects, with what the task does. */
  add<T>(task: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.#waiting.push({ run, refuse: reject });
      this.#wake();
    });
  }

  /** Runs all that wait. False when there was nothing to do. */
  async run(): Promise<boolean> {
    const tasks = this.#waiting;
    this.#waiting = [];
    for (const task of tasks) await task.run();
    return tasks.length > 0;
  }

  /** The folder cannot do anything now. */
  refuse(reason: Error): void {
    for (const task of this.#waiting.splice(0)) task.refuse(reason);
  }
}
