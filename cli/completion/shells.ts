/** Completion scripts of shells. Pure. */
import type { Level, Value } from './model.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function scriptOf(shell: Shell, levels: readonly Level[]): string {
  if (shell === 'fish') return fish(levels);
  return shell === 'bash' ? bash(levels) : `autoload -U +X bashcompinit && bashcompinit\n${bash(levels)}`;
}

/** Words of a level are told apart by what was typed before: `relay`, `config/show`. */
function bash(levels: readonly Level[]): string {
  const deeper = levels.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join('/')));
  const values = levels.flatMap(({ path, flags }) =>
    flags.flatMap(({ name, value }) =>
      value === null ? [] : [`    ${quoted(`${path.join('/')} ${name}`)}) ${bashValue(value)}; return ;;`],
    ),
  );
  const words = levels.map(({ path, commands, flags, argument }) => {
    const names = [...commands, ...flags].map(({ name }) => name).join(' ');
    const rest = argument === null ? '' : ` [[ $cur == -* ]] || { ${bashValue(argument)}; return; };`;
    return `    ${quoted(path.join('/'))})${rest} words=${quoted(names)} ;;`;
  });
  return `_cst() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path/}\${COMP_WORDS[i]}" in
      ${deeper.join('|')}) path=\${path:+$path/}\${COMP_WORDS[i]} ;;
    esac
  done
  case "$path $prev" in
${values.join('\n')}
  esac
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o filenames -F _cst cst
`;
}

function bashValue(value: Value): string {
  if (value === 'any') return ':';
  if (value === 'file') return 'COMPREPLY=($(compgen -f -- "$cur"))';
  if (value === 'folder') return 'COMPREPLY=($(compgen -d -- "$cur"))';
  return `COMPREPLY=($(compgen -W ${quoted(value.join(' '))} -- "$cur"))`;
}

function fish(levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, commands, flags }) => {
    const before = path.map((name) => `__fish_seen_subcommand_from ${name}`);
    const none =
      commands.length > 0
        ? `not __fish_seen_subcommand_from ${commands.map(({ name }) => name).join(' ')}`
        : '';
    const when = quoted([...before, none].filter((part) => part !== '').join('; and '));
    const begin = `complete -c cst -n ${when}`;
    return [
      ...commands.map(({ name, about }) => `${begin} -f -a ${name} -d ${quoted(about)}`),
      ...flags.map(
        ({ name, about, value }) => `${begin} -l ${name.slice(2)}${fishValue(value)} -d ${quoted(about)}`,
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function fishValue(value: Value | null): string {
  if (value === null) return '';
  if (value === 'file') return ' -r -F';
  if (value === 'folder') return " -x -a '(__fish_complete_directories)'";
  return value === 'any' ? ' -x' : ` -x -a ${quoted(value.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
