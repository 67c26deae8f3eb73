// What a change of the settings asks of the index. It may not be written just then, and is still to be done.
import type { FolderSettings } from '../core/settings.ts';

export class Owed {
  readonly #pay: (before: FolderSettings) => void;
  readonly #onFailure: (error: unknown) => void;
  /** The settings before each change of which not all has been done. */
  #left: readonly FolderSettings[] = [];

  constructor(pay: (before: FolderSettings) => void, onFailure: (error: unknown) => void) {
    this.#pay = pay;
    this.#onFailure = onFailure;
  }

  /** At once, if that is possible. */
  add(before: FolderSettings): void {
    this.#left = [...this.#left, before];
    try {
      this.pay();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** To be called in each turn. @throws when it still cannot be done */
  pay(): void {
    for (const before of this.#left) {
      this.#pay(before);
      this.#left = this.#left.filter((one) => one !== before);
    }
  }
}
