// syncctl(1): the command table, from which --help and docs/cli.md are made too. Pure.
import type { Command, OptionSpec } from '../../ctl/command.ts';
import { GLOBAL_OPTIONS } from '../../ctl/global-options.ts';
import { inline } from './inline.ts';
import { bold, entry, escaped, manPage, paragraph, subsection } from './roff.ts';

export function syncctlPage(commands: readonly Command[], version: string, atS: number): string {
  return manPage({
    name: 'syncctl',
    section: 1,
    atS,
    version,
    sections: [
      ['NAME', 'syncctl \\- talk to syncd, which keeps folders the same on several machines'],
      [
        'SYNOPSIS',
        `${bold('syncctl')} ${escaped('[--home DIR | --socket PATH] [--json | --csv] [--no-color] [--quiet] COMMAND …')}`,
      ],
      [
        'DESCRIPTION',
        inline(
          'Adds folders to the daemon, pairs it with others, and shows how everything stands. Without an option it speaks to your own daemon if there is one, else to the one of the system, for which you must be in the group **syncd**. What is asked for goes to standard output, everything else to standard error.',
        ),
      ],
      ['OPTIONS', `They may stand before or after the command.\n${options(GLOBAL_OPTIONS)}`],
      ['COMMANDS', commands.map(command).join('\n')],
      [
        'EXIT STATUS',
        [
          ['0', 'done'],
          ['1', 'failed'],
          ['2', 'wrong usage'],
          ['3', 'the daemon is not running or cannot be reached'],
          ['4', 'not in time'],
          ['5', 'needs attention'],
          ['130', 'ended by Ctrl-C'],
        ]
          .map(([status = '', meaning = '']) => entry(bold(status), escaped(meaning)))
          .join('\n')
          .concat('\n.PP\nAny other status must be treated as a failure.'),
      ],
      [
        'ENVIRONMENT',
        [
          entry(bold('SYNCD_HOME'), inline('The same as `--home`; the option wins.')),
          entry(bold('SYNCD_SOCKET'), inline('The same as `--socket`; the option wins.')),
          entry(bold('NO_COLOR'), 'Print without colours.'),
        ].join('\n'),
      ],
      ['SEE ALSO', `${bold('syncd')}(8), ${bold('syncd.yaml')}(5)`],
    ],
  });
}

function command({ name, summary, details, arguments: given = [], options: own = [], examples }: Command): string {
  const usage = [name, ...(own.length > 0 ? ['[options]'] : []), ...given.map(({ syntax }) => syntax)].join(' ');
  return subsection(
    usage,
    [
      inline(sentence(summary)),
      ...(details === undefined
        ? []
        : details.split('\n\n').map((one) => paragraph(inline(one.replaceAll('\n', ' '))))),
      ...given.map(({ syntax, tells }) => entry(bold(syntax), inline(tells))),
      options(own),
      ...examples.map(
        ({ line, tells }) =>
          `${paragraph(inline(`${sentence(tells).slice(0, -1)}:`))}\n.RS 4\n.EX\n${escaped(line)}\n.EE\n.RE`,
      ),
    ]
      .filter((part) => part !== '')
      .join('\n'),
  );
}

function options(specs: readonly Pick<OptionSpec, 'flags' | 'tells'>[]): string {
  return specs.map(({ flags, tells }) => entry(bold(flags), inline(tells))).join('\n');
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
