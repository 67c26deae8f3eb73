// The scripts for bash and zsh. Both look up what can stand at the cursor in the same three functions; they differ in how
// the words come to them, and how the offers go back.
import type { CommandLine, CompletedOption, Offer } from './words.ts';

/** Complete -F for `source <(syncctl completion bash)`, or as a file in bash-completion's directory. */
export function bashScript(line: CommandLine): string {
  return `# bash completion of syncctl: source <(syncctl completion bash)
${lookUps(line)}
_syncctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} count=$COMP_CWORD first=1
  local -a typed=("\${COMP_WORDS[@]}") daemon=()
  [ "$cur" = = ] && cur=
${position('typed[i]')}
  COMPREPLY=()
  case $offer in
    folder) mapfile -t COMPREPLY < <(compgen -W "$(syncctl "\${daemon[@]}" -q folders 2>/dev/null)" -- "$cur") ;;
    peer) mapfile -t COMPREPLY < <(compgen -W "$(syncctl "\${daemon[@]}" -q peers 2>/dev/null)" -- "$cur") ;;
    file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    'words '*) mapfile -t COMPREPLY < <(compgen -W "\${offer#words }" -- "$cur") ;;
  esac
}
complete -F _syncctl syncctl
`;
}

/** For `source <(syncctl completion zsh)`, or as the file _syncctl in a directory of $fpath. */
export function zshScript(line: CommandLine): string {
  return `#compdef syncctl
# zsh completion of syncctl: source <(syncctl completion zsh)
${lookUps(line)}
_syncctl() {
  local cur=\${words[CURRENT]}
  local -i count=CURRENT first=2
  local -a daemon=()
${position('words[i]')}
  case $offer in
    folder) compadd -- \${(f)"$(syncctl $daemon -q folders 2>/dev/null)"} ;;
    peer) compadd -- \${(f)"$(syncctl $daemon -q peers 2>/dev/null)"} ;;
    file) _files ;;
    directory) _files -/ ;;
    'words '*) compadd -- \${=offer#words } ;;
  esac
}
if [ "\${funcstack[1]}" = _syncctl ]; then _syncctl "$@"; else compdef _syncctl syncctl; fi
`;
}

/** Sets \`offer\` for the word at the cursor from those before it. */
function position(word: string): string {
  return `  local command= option= offer= word=
  local -i i argument=1
  for ((i = first; i < count; i++)); do
    word=\${${word}}
    if [ "$word" = = ]; then continue; fi
    if [ -n "$option" ]; then
      case $option in --home | --socket) daemon+=("$option" "$word") ;; esac
      option=
      continue
    fi
    case $word in
      -*) [ -n "$(_syncctl_value "$command" "$word")" ] && option=$word ;;
      *)
        if [ -z "$command" ]; then
          command=$word
        elif [ -n "$(_syncctl_group "$command")" ]; then
          command="$command $word"
        else
          argument+=1
        fi
        ;;
    esac
  done
  if [ -n "$option" ]; then
    offer=$(_syncctl_value "$command" "$option")
  elif [ "\${cur#-}" != "$cur" ]; then
    offer="words $(_syncctl_options "$command")"
  elif [ -n "$(_syncctl_group "$command")" ]; then
    offer="words $(_syncctl_group "$command")"
  else
    offer=$(_syncctl_argument "$command" $argument)
  fi`;
}

function lookUps(line: CommandLine): string {
  const { commands, groups, globals } = line;
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
  const own = (options: readonly CompletedOption[]): string => options.flatMap(({ names }) => names).join(' ');
  return [
    '# What follows these words; nothing where a command is whole.',
    cases('_syncctl_group', '"$1"', [
      ["''", firsts.join(' ')],
      ...[...groups].map(([first, seconds]) => [`'${first}'`, seconds.join(' ')] as const),
    ]),
    cases('_syncctl_options', '"$1"', [
      ...commands
        .filter(({ options }) => options.length > 0)
        .map(({ name, options }) => [`'${name}'`, `${own(options)} ${own(globals)} --help`] as const),
      ['*', `${own(globals)} --help`],
    ]),
    '# What an option takes: nothing for one without a value.',
    cases('_syncctl_value', '"$1 $2"', [
      ...commands.flatMap(({ name, options }) => valuesOf(`'${name} `, options)),
      ...valuesOf("*' ", globals),
    ]),
    cases(
      '_syncctl_argument',
      '"$1 $2"',
      commands.flatMap(({ name, arguments: offers, many }) =>
        offers.flatMap((offer, i) => {
          const at = many && i === offers.length - 1 ? `'${name} '*` : `'${name} ${i + 1}'`;
          return offer === undefined ? [] : [[at, told(offer)] as const];
        }),
      ),
    ),
  ].join('\n');
}

function valuesOf(before: string, options: readonly CompletedOption[]): (readonly [string, string])[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ names, offer }) => [names.map((name) => `${before}${name}'`).join(' | '), told(offer)] as const);
}

/** `any` where nobody knows what it may be: it is a value, and nothing is offered. */
function told(offer: Offer): string {
  return offer === undefined ? 'any' : typeof offer === 'string' ? offer : `words ${offer.join(' ')}`;
}

function cases(name: string, of: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([pattern, answer]) => `    ${pattern}) echo '${answer}' ;;`);
  return `${name}() {\n  case ${of} in\n${lines.join('\n')}\n  esac\n}`;
}
