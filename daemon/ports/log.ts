// The daemon's log. One event, one line: what happened in the words of the docs, and its fields.

/** Values are escaped where they are printed; a bigint or an Error may be given as it is. */
export type LogFields = Readonly<Record<string, unknown>>;

/** info: a state changed. warn: the owner may want to act. error: something failed that should not. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields` too. */
  with(fields: LogFields): Log;
}
