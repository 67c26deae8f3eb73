// What can stand where on a command line of syncctl: the command table, as the scripts of the shells need it. Pure.
import type { Command, Completes, OptionSpec } from '../command.ts';

/** Undefined: nobody knows what it may be. */
export type Offer = Completes | undefined;

export interface CompletedOption {
  /** `--follow`, `-f`. */
  readonly names: readonly string[];
  readonly tells: string;
  readonly takesValue: boolean;
  readonly offer: Offer;
}

export interface CompletedCommand {
  /** `status`; `config show`. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** One for each argument; the last stands for all that follow where there may be many. */
  readonly arguments: readonly Offer[];
  readonly many: boolean;
}

export interface CommandLine {
  readonly commands: readonly CompletedCommand[];
  /** First words of several commands, with the second ones. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly globals: readonly CompletedOption[];
}

export function commandLine(commands: readonly Command[], globals: readonly OptionSpec[]): CommandLine {
  const groups = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second]);
  }
  return {
    commands: commands.map((command) => ({
      name: command.name,
      summary: command.summary,
      options: (command.options ?? []).map(completedOption),
      arguments: (command.arguments ?? []).map(({ syntax, completes }) => completes ?? usual(syntax)),
      many: command.arguments?.at(-1)?.syntax.includes('...') === true,
    })),
    groups,
    globals: globals.map(completedOption),
  };
}

function completedOption({ flags, tells, completes }: OptionSpec): CompletedOption {
  const takesValue = /[<[]/.test(flags);
  return { names: flags.match(/--?[a-z][a-z-]*/g) ?? [], tells, takesValue, offer: completes };
}

/** What an argument of this name is, wherever it stands. */
function usual(syntax: string): Offer {
  const name = syntax.replaceAll(/[^a-z]/g, '');
  return name === 'folder' || name === 'peer' ? name : undefined;
}
