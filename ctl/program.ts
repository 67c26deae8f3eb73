// The command table as a commander program: options, help with examples, suggestions for what is mistyped.
import { Argument, Command as Program, CommanderError, Option } from 'commander';
import type { Command } from './command.ts';
import { usage } from './failure.ts';
import { Given } from './given.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

/** Global options are accepted before and after the command. */
export interface GlobalGiven {
  readonly home: string | undefined;
  readonly socket: string | undefined;
  readonly json: boolean;
  readonly csv: boolean;
  readonly color: boolean;
  readonly quiet: boolean;
}

export type Chosen =
  /** A command, with what it was given. */
  | { readonly kind: 'command'; readonly command: Command; readonly given: Given; readonly global: GlobalGiven }
  /** Help was asked for and has been printed. */
  | { readonly kind: 'helped' };

/** What a command line asks for. Wrong usage throws Failure. `print` gets help. */
export function parse(
  commands: readonly Command[],
  version: string,
  words: readonly string[],
  print: (text: string) => void,
): Chosen {
  let chosen: Chosen = { kind: 'helped' };
  const program = build(commands, version, print, (choice) => {
    chosen = choice;
  });
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (isVersionAsked(error)) {
      print(`syncctl ${version}\n`);
      return { kind: 'helped' };
    }
    if (error.exitCode !== 0) throw wrongUsage(error, words, commands);
    return { kind: 'helped' };
  }
  return chosen;
}

/** Where no option of that name is known: commander's own would be taken from `restore --version ID` too. */
function isVersionAsked({ code, message }: CommanderError): boolean {
  return code === 'commander.unknownOption' && /^error: unknown option '(?:--version|-V)'/.test(message);
}

function build(
  commands: readonly Command[],
  version: string,
  print: (text: string) => void,
  choose: (chosen: Chosen) => void,
): Program {
  const program = new Program('syncctl')
    .description('Talks to syncd, which keeps folders the same on several machines.')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\nsyncctl COMMAND --help shows an example of each. This is syncctl ${version}.`);
  for (const { flags, tells } of GLOBAL_OPTIONS) program.addOption(new Option(flags, tells));
  const groups = new Map<string, Program>();
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    const parent = second === undefined ? program : (groups.get(first) ?? addGroup(program, groups, first, commands));
    addCommand(parent, second ?? first, command, choose);
  }
  return program;
}

function addGroup(program: Program, groups: Map<string, Program>, name: string, commands: readonly Command[]): Program {
  const members = commands.filter((command) => command.name.startsWith(`${name} `));
  const group = program
    .command(name)
    .description(members.map((one) => one.name.slice(name.length + 1)).join(' or '))
    .addHelpText('after', exampleText(members.flatMap(({ examples }) => examples)));
  groups.set(name, group);
  return group;
}

function addCommand(parent: Program, verb: string, command: Command, choose: (chosen: Chosen) => void): void {
  const built = parent.command(verb).summary(command.summary).description(describe(command));
  for (const { syntax, tells } of command.arguments ?? []) built.addArgument(new Argument(syntax, tells));
  for (const spec of command.options ?? []) {
    const option = new Option(spec.flags, spec.tells);
    if (spec.many === true)
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    built.addOption(option);
  }
  built.addHelpText('after', exampleText(command.examples));
  built.action(() => {
    const values: Readonly<Record<string, unknown>> = built.optsWithGlobals();
    const given: readonly unknown[] = built.processedArgs;
    choose({
      kind: 'command',
      command,
      given: new Given(
        new Map(built.registeredArguments.map((argument, i) => [argument.name(), given[i]])),
        new Map(built.options.map((option) => [option.name(), values[option.attributeName()]])),
      ),
      global: {
        home: asText(values['home']),
        socket: asText(values['socket']),
        json: values['json'] === true,
        csv: values['csv'] === true,
        color: values['color'] !== false,
        quiet: values['quiet'] === true,
      },
    });
  });
}

const describe = (command: Command): string =>
  command.details === undefined ? command.summary : `${command.summary}\n\n${command.details}`;

function exampleText(examples: Command['examples']): string {
  const lines = examples.map(({ line, tells }) => `  $ ${line}\n      ${tells}`);
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.join('\n')}`;
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Commander's sentence, with its suggestion as the hint. */
function wrongUsage(error: CommanderError, words: readonly string[], commands: readonly Command[]): Error {
  // Options may stand before the command.
  const known = commands.find(({ name }) => ` ${words.join(' ')} `.includes(` ${name} `));
  const help = known === undefined ? 'See syncctl --help.' : `See syncctl ${known.name} --help.`;
  if (error.code === 'commander.help') return usage('a command is missing', help);
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  return usage(first, suggestion === undefined ? help : `${suggestion.replace(/^\(|\)$/g, '')} ${help}`);
}
