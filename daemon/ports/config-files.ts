// The few files that configuration is written in, as config/ sees them: small texts, read and replaced whole.

export interface ConfigFiles {
  /**
   * The file's text; undefined where there is none. Throws a FileSystemError: EFBIG beyond `maxBytes`, EILSEQ where it
   * is not UTF-8, EINVAL where it is no regular file, EPERM where others may write it, or what the disk says.
   */
  read(path: string, maxBytes: number): string | undefined;
  /** Names in a directory, sorted, without those that begin with a dot; none where there is no directory. */
  list(dir: string): string[];
  /**
   * Gives files new texts, and removes those without one, in this order: each in one step that survives a loss of power,
   * readers see the old or the new text. Where there is no room for one of them, none is changed; a death in between
   * leaves the first ones changed. Mode 0600; directories are made 0700.
   */
  change(texts: ReadonlyMap<string, string | undefined>): void;
}
