// syncd(8): the usage text that --help prints, with what surrounds it. Pure.
import { inline } from './inline.ts';
import { bold, entry, escaped, manPage, paragraph } from './roff.ts';

/** `usage`: its first line the synopsis, then paragraphs and a list of options. */
export function syncdPage(usage: string, version: string, atS: number): string {
  const [synopsis = '', ...parts] = usage.trim().split('\n\n');
  const isOptions = (part: string): boolean => /^ {2}--/.test(part);
  const text = parts.filter((part) => !isOptions(part));
  const options = parts.filter(isOptions).flatMap((part) => part.split('\n'));
  return manPage({
    name: 'syncd',
    section: 8,
    atS,
    version,
    sections: [
      ['NAME', 'syncd \\- keep folders the same on several machines'],
      ['SYNOPSIS', escaped(synopsis.replace(/^Usage: /, ''))],
      ['DESCRIPTION', text.map((part) => paragraph(inline(part.replaceAll('\n', ' ')))).join('\n')],
      ['OPTIONS', options.map(option).join('\n')],
      [
        'SERVICES',
        [
          entry(bold('syncd.service'), `Of the system: a hub, or folders that belong to the user ${bold('syncd')}.`),
          entry(bold('syncd@USER.service'), 'Of the system: the files of one user, from boot on.'),
          entry(
            bold('systemctl --user … syncd.service'),
            'Of a user: while that user is logged in, or always with lingering.',
          ),
        ].join('\n'),
      ],
      [
        'FILES',
        [
          entry(bold('/etc/syncd/config.yaml'), `The configuration of the service: ${bold('syncd.yaml')}(5).`),
          entry(bold('/var/lib/syncd/'), 'What the service keeps: keys, indexes, and what commands have configured.'),
          entry(bold('/run/syncd/syncd.sock'), `Where ${bold('syncctl')}(1) speaks to it.`),
          entry(
            `${bold('~/.config/syncd/')}, ${bold('~/.local/state/syncd/')}, ${bold('$XDG_RUNTIME_DIR/syncd/')}`,
            'The same for a daemon of your own.',
          ),
          entry(bold('.syncd/'), 'In each folder: older contents, and what is arriving. It is never synced.'),
        ].join('\n'),
      ],
      [
        'EXIT STATUS',
        '0 after SIGTERM or SIGINT; 2 if it was called or configured wrongly, and systemd does not start it again; 1 for any other failure.',
      ],
      ['SEE ALSO', `${bold('syncctl')}(1), ${bold('syncd.yaml')}(5)`],
    ],
  });
}

function option(line: string): string {
  const [flags = '', tells = ''] = line.trim().split(/ {2,}/);
  return entry(bold(flags), inline(tells));
}
