// The script for fish, which has a line for each thing that can be offered.
import type { CommandLine, CompletedCommand, CompletedOption, Offer } from './words.ts';

const ASKS = { folder: '(syncctl -q folders 2>/dev/null)', peer: '(syncctl -q peers 2>/dev/null)' } as const;

/** For `syncctl completion fish | source`, or as syncctl.fish in a directory of completions. */
export function fishScript({ commands, groups, globals }: CommandLine): string {
  const firsts = new Map(
    commands.map(({ name, summary }) => {
      const [first = name] = name.split(' ');
      return [first, groups.get(first)?.join(' or ') ?? summary] as const;
    }),
  );
  return [
    '# fish completion of syncctl: syncctl completion fish | source',
    'complete -c syncctl -f',
    ...globals.map((option) => optionLine('', option)),
    ...[...firsts].map(([name, summary]) => complete('__fish_use_subcommand', `-a ${quoted(name)}`, summary)),
    ...[...groups].flatMap(([first, seconds]) =>
      seconds.map((second) => {
        const summary = commands.find(({ name }) => name === `${first} ${second}`)?.summary ?? '';
        const isOpen = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${seconds.join(' ')}`;
        return complete(isOpen, `-a ${quoted(second)}`, summary);
      }),
    ),
    ...commands.flatMap(linesOf),
    '',
  ].join('\n');
}

function linesOf(command: CompletedCommand): string[] {
  const seen = command.name
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
  // fish does not count arguments: what one of them is, is offered for each.
  const offers = new Set(command.arguments.map(offered).filter((one) => one !== ''));
  return [
    ...command.options.map((option) => optionLine(seen, option)),
    ...[...offers].map((offer) => complete(seen, offer, '')),
  ];
}

function optionLine(when: string, { names, tells, takesValue, offer }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = takesValue ? ['-r', offered(offer)] : [];
  return complete(when, [...flags, ...value].filter((part) => part !== '').join(' '), tells);
}

function offered(offer: Offer): string {
  if (offer === undefined) return '';
  if (typeof offer === 'object') return `-a ${quoted(offer.join(' '))}`;
  if (offer === 'file') return '-F';
  return offer === 'directory' ? `-a ${quoted('(__fish_complete_directories)')}` : `-a ${quoted(ASKS[offer])}`;
}

function complete(when: string, what: string, tells: string): string {
  const condition = when === '' ? '' : ` -n ${quoted(when)}`;
  return `complete -c syncctl${condition} ${what}${tells === '' ? '' : ` -d ${quoted(tells)}`}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`;
}
