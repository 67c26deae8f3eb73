// docs/cli.md: the command table as a page.
import type { Command, OptionSpec } from '../../ctl/command.ts';
import { commands } from '../../ctl/commands/table.ts';
import { GLOBAL_OPTIONS } from '../../ctl/global-options.ts';
import { table } from './table.ts';

export function commandsPage(): string {
  return `# Commands

Made from the command table in \`ctl/commands/\` by \`node packaging/docs.ts\`. \`syncctl COMMAND --help\` says the same. What to do with them day by day is in [operate.md](operate.md), what a code means in [errors.md](errors.md).

\`\`\`
syncctl [--home DIR | --socket PATH] [--json | --csv] [--no-color] [--quiet] COMMAND …
\`\`\`

${table(
  ['command', ''],
  commands.map((command) => [`[\`${command.name}\`](#${command.name.replaceAll(' ', '-')})`, command.summary]),
)}

## Options of every command

They may stand before or after the command.

${optionsTable(GLOBAL_OPTIONS)}

\`SYNCD_HOME\` and \`SYNCD_SOCKET\` do the same as \`--home\` and \`--socket\`; an option wins. Without any of them syncctl speaks to your own daemon if there is one, else to the system's.

## Exit status

0 done · 1 failed · 2 wrong usage · 3 the daemon is not running or cannot be reached · 4 not in time · 5 needs attention · 130 ended by Ctrl-C. Any other status must be treated as a failure.

${commands.map(section).join('\n\n')}
`;
}

function section(command: Command): string {
  const words = (command.arguments ?? []).map(({ syntax }) => syntax);
  const usage = ['syncctl', command.name, ...(command.options === undefined ? [] : ['[options]']), ...words].join(' ');
  const parts = [
    `## ${command.name}`,
    `${sentence(command.summary)}${command.details === undefined ? '' : `\n\n${command.details}`}`,
    `\`\`\`\n${usage}\n\`\`\``,
  ];
  if (words.length > 0)
    parts.push(
      table(
        ['argument', ''],
        (command.arguments ?? []).map(({ syntax, tells }) => [`\`${syntax}\``, tells]),
      ),
    );
  if (command.options !== undefined) parts.push(optionsTable(command.options));
  for (const { line, tells } of command.examples) parts.push(`${sentence(tells)}\n\n\`\`\`\n$ ${line}\n\`\`\``);
  return parts.join('\n\n');
}

function optionsTable(options: readonly Pick<OptionSpec, 'flags' | 'tells'>[]): string {
  return table(
    ['option', ''],
    options.map(({ flags, tells }) => [`\`${flags}\``, tells]),
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
