// What a command is: a row of the one table that the program, its help and docs/cli.md are made from.
import type { Client } from './client.ts';
import type { Given } from './given.ts';
import type { Output } from './output/output.ts';
import type { Terminal } from './terminal.ts';

export interface Command {
  /** The verb; `config show` for a verb of a group. */
  readonly name: string;
  /** One line, as in the list of commands. */
  readonly summary: string;
  /** What else there is to know, for its own help. */
  readonly details?: string;
  /** `<name>` required, `[name]` optional, `...` inside for many. */
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** It prints a list, which `--csv` can have too. */
  readonly lists?: true;
  readonly examples: readonly { readonly line: string; readonly tells: string }[];
  /** Throws Failure. Answers with the exit status, where that is not 0. */
  run(context: Context, given: Given): Promise<number | void>;
}

/** What a shell offers for a word: these, or what it asks for then. */
export type Completes = readonly string[] | 'folder' | 'peer' | 'file' | 'directory';

export interface ArgumentSpec {
  readonly syntax: string;
  readonly tells: string;
  /** What it may be; `<folder>` and `<peer>` say so themselves. */
  readonly completes?: Completes;
}

export interface OptionSpec {
  /** As commander writes it: `-f, --follow`, `--limit <n>`. */
  readonly flags: string;
  readonly tells: string;
  /** What its value may be. */
  readonly completes?: Completes;
  /** May be given several times. */
  readonly many?: boolean;
}

/** What a command works with. */
export interface Context {
  readonly client: Client;
  readonly out: Output;
  readonly terminal: Terminal;
  /** No home or socket was named: the daemon is the one of the usual places. */
  readonly isUsual: boolean;
  /** Where the user stands, absolute; undefined: that directory is gone. */
  readonly cwd: string | undefined;
  /** The wall clock, ms. */
  nowMs(): number;
}

/** An option that several commands have. */
export const YES: OptionSpec = { flags: '-y, --yes', tells: 'do not ask' };
