// Small secrets on disk: keys, invitations, what a device remembers of itself. All are 0600 in directories of 0700.

export interface PrivateFiles {
  /** Undefined when there is none. Throws a CodedError (E_HOME) when it cannot be read. */
  read(name: string): string | undefined;
  /**
   * Whole or not at all, also after a crash, and on disk when it returns. False, and nothing done, when the name is taken.
   * `name` may have one directory before it, which is made.
   */
  create(name: string, text: string): boolean;
  /** As `create`, in place of what was there. */
  replace(name: string, text: string): void;
  /** False when there was none: of two that remove, one is told true. */
  remove(name: string): boolean;
  /** Names in a directory; none when it does not exist. */
  list(directory: string): readonly string[];
}
