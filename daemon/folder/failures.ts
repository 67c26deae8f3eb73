// What fails in a folder's turns, or beside them: a turn ends with it, and the next one comes after a pause.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

export class Failures {
  /** Turns in a row that have failed. */
  #count = 0;
  #beside: { readonly error: unknown } | undefined;

  /** Beside the turns: the next one is to fail with it, or what failed would be tried again at once, and again. */
  beside(error: unknown): void {
    this.#beside ??= { error };
  }

  /** @throws what has failed beside the turns */
  rethrow(): void {
    const beside = this.#beside;
    this.#beside = undefined;
    if (beside !== undefined) throw beside.error;
  }

  /** A turn has failed. Answers with how long nothing is to be tried: ms, longer each time. */
  pauseMs(): number {
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#count++);
  }

  /** A turn went well. */
  forget(): void {
    this.#count = 0;
  }
}
