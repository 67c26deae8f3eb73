// Large files are worked on in many short jobs, and one file after the other: what is small waits for a job or two of them,
// however many large files there are.
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins when all that was given before has ended, however it ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done;
    return done;
  }
}
