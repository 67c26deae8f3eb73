// `syncctl completion`: what a shell needs to complete the command line. Needs no daemon.
import type { Command } from '../command.ts';
import { bashScript, zshScript } from '../completion/posix.ts';
import { fishScript } from '../completion/fish.ts';
import { commandLine } from '../completion/words.ts';
import { usage } from '../failure.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
const SHELLS = Object.keys(SCRIPTS);

/** `commands`: the table that this command is itself a row of. */
export const completion = (commands: () => readonly Command[]): Command => ({
  name: 'completion',
  summary: 'print a script with which the shell completes commands, options, folders and peers',
  arguments: [{ syntax: '<shell>', tells: 'bash, zsh or fish', completes: SHELLS }],
  examples: [
    { line: 'source <(syncctl completion bash)', tells: 'in this shell; in ~/.bashrc for all of them' },
    {
      line: 'syncctl completion fish > ~/.config/fish/completions/syncctl.fish',
      tells: 'for all shells to come',
    },
  ],
  // oxlint-disable-next-line require-await -- one shape for all commands
  async run({ out }, given) {
    const shell = given.argument('shell');
    const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
    if (script === undefined) throw usage(`${shell} is not one of ${SHELLS.join(', ')}`);
    const text = script(commandLine(commands(), GLOBAL_OPTIONS));
    if (out.json) out.value(text);
    else for (const line of text.trimEnd().split('\n')) out.line(line);
  },
});
