/** Completion scripts of shells. Pure. */
import type { Level, Value } from './model.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function scriptOf(shell: Shell, levels: readonly Level[]): string {
  return shell === 'fish' ? fish(levels) : `${offer(levels)}${shell === 'bash' ? BASH : ZSH}`;
}

/** Line by line: names of files may have spaces and stars in them. */
const BASH = `_cst_take() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}
_cst_words() { _cst_take < <(compgen -W "$1" -- "$cur"); }
_cst_files() { compopt -o filenames 2> /dev/null; _cst_take < <(compgen -f -- "$cur"); }
_cst_folders() { compopt -o filenames 2> /dev/null; _cst_take < <(compgen -d -- "$cur"); }
_cst() {
  COMPREPLY=()
  local cur=\${COMP_WORDS[COMP_CWORD]}
  # Of --flag=value, "=" is a word of its own.
  [[ $cur != = ]] || cur=
  _cst_offer "$cur" "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
}
complete -F _cst cst
`;

const ZSH = `_cst_words() { compadd -- \${=1}; }
_cst_files() { _files; }
_cst_folders() { _files -/; }
_cst() {
  local cur=\${words[CURRENT]}
  local -a before=("\${(@)words[2,CURRENT-1]}")
  if compset -P 1 '*='; then
    before+=("\${cur%%=*}")
    cur=\${cur#*=}
  fi
  _cst_offer "$cur" "\${before[@]}"
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _cst cst
`;

/**
 * What bash and zsh have in common: given the word that is being typed and those before it, which kind is completed. Words
 * of a level are told apart by what was typed before: `relay`, `config/show`.
 */
function offer(levels: readonly Level[]): string {
  const deeper = levels.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join('/')));
  const values = levels.flatMap(({ path, flags }) =>
    flags.flatMap(({ name, value }) =>
      value === null ? [] : [`    ${quoted(`${path.join('/')} ${name}`)}) ${offered(value)}; return ;;`],
    ),
  );
  const words = levels.map(({ path, commands, flags, argument }) => {
    const names = [...commands, ...flags].map(({ name }) => name);
    const rest = argument === null ? '' : ` [[ $1 == -* ]] || { ${offered(argument)}; return; };`;
    return `    ${quoted(path.join('/'))})${rest} ${offered(names)} ;;`;
  });
  return `_cst_offer() {
  local at= prev= word
  for word in "\${@:2}"; do
    [[ $word == = ]] || prev=$word
    case "\${at:+$at/}$word" in
      ${deeper.join('|')}) at=\${at:+$at/}$word ;;
    esac
  done
  case "$at $prev" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
}
`;
}

function offered(value: Value): string {
  if (value === 'any') return ':';
  if (value === 'file') return '_cst_files';
  return value === 'folder' ? '_cst_folders' : `_cst_words ${quoted(value.join(' '))}`;
}

/** Files are offered where they are asked for, and nowhere else. */
function fish(levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, commands, flags, argument }) => {
    const before = path.map((name) => `__fish_seen_subcommand_from ${name}`);
    const none =
      commands.length > 0
        ? `not __fish_seen_subcommand_from ${commands.map(({ name }) => name).join(' ')}`
        : '';
    const when = quoted([...before, none].filter((part) => part !== '').join('; and '));
    const begin = `complete -c cst -n ${when}`;
    return [
      ...commands.map(({ name, about }) => `${begin} -a ${name} -d ${quoted(about)}`),
      ...(argument === null || argument === 'any' ? [] : [`${begin}${fishWords(argument)}`]),
      ...flags.map(
        ({ name, about, value }) => `${begin} -l ${name.slice(2)}${fishValue(value)} -d ${quoted(about)}`,
      ),
    ];
  });
  return `complete -c cst -f\n${lines.join('\n')}\n`;
}

function fishValue(value: Value | null): string {
  if (value === null) return '';
  if (value === 'file') return ' -r -F';
  return value === 'any' ? ' -x' : ` -x${fishWords(value)}`;
}

function fishWords(value: Exclude<Value, 'any'>): string {
  if (value === 'file') return ' -F';
  return ` -a ${quoted(value === 'folder' ? '(__fish_complete_directories)' : value.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
