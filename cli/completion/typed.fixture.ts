/** Someone at a terminal of a shell who types the beginning of a line and lets the shell complete its last word. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Shell } from './shells.ts';

export function isHere(shell: Shell): boolean {
  return spawnSync(shell, ['--version']).error === undefined;
}

/** All that a shell makes of the last word of each line, sorted; as a command is given it, so that quoting shows as well. */
export function offeredBy(shell: Shell, script: string, lines: readonly string[], cwd: string): string[][] {
  const offers = TYPISTS[shell](script, lines, cwd);
  return lines.map((_, i) => (offers[i] ?? []).toSorted());
}

type Typist = (script: string, lines: readonly string[], cwd: string) => string[][];

/** Inserts all that fits: M-* of readline, and of zsh what is bound to the same keys. */
const INSERT_ALL = '\u001b*';
/** In place of the program: writes down what it is given, one line a call, words apart by tabs. */
const CST = `cst() { printf '%s\\t' "$@" >> "$SEEN"; echo >> "$SEEN"; }`;
const ZSH_KEYS = `zle -C all-matches complete-word _generic
bindkey '${INSERT_ALL}' all-matches
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete`;
/** zsh completes at a terminal alone: this gives it one. */
const PTY = `zmodload zsh/zpty
zpty terminal zsh -f -i
while IFS= read -r line; do zpty -w terminal "$line"; done
while zpty -r terminal; do :; done`;

const TYPISTS: Record<Shell, Typist> = {
  bash: (script, lines, cwd) =>
    typed(
      ['bash', '--norc', '--noprofile', '-i'],
      script,
      ['bind \'"\\e*": insert-completions\''],
      lines,
      cwd,
    ),
  zsh: (script, lines, cwd) => typed(['zsh', '-fc', PTY], script, [ZSH_KEYS], lines, cwd),
  fish: (script, lines, cwd) => {
    const asks = lines.map((line) => `complete -C ${JSON.stringify(line)}; echo .`);
    const { stdout } = spawned(['fish', '--no-config', fileOf(script, ...asks)], '', cwd);
    const offers = stdout.split(/^\.\n/m).slice(0, -1);
    return offers.map((text) => [...text.matchAll(/^[^\t\n]+/gm)].map(([word]) => word));
  },
};

function typed(
  command: readonly string[],
  script: string,
  keys: readonly string[],
  lines: readonly string[],
  cwd: string,
): string[][] {
  const sourced = fileOf(script, ...keys, CST);
  const seen = `${sourced}.seen`;
  const input = [`. ${sourced}`, ...lines.map((line) => line + INSERT_ALL), 'exit', ''].join('\n');
  spawned(command, input, cwd, { SEEN: seen });
  const calls = readFileSync(seen, 'utf8').split('\n').slice(0, -1);
  // What was typed comes back before what was made of its last word.
  return calls.map((call, i) => call.split('\t').slice(lines[i]!.split(/(?<!\\) /).length - 2, -1));
}

function spawned([shell = '', ...words]: readonly string[], input: string, cwd: string, env = {}) {
  const terminal = { ...process.env, TERM: 'xterm', HISTFILE: '', INPUTRC: '/dev/null', ...env };
  return spawnSync(shell, words, { input, cwd, env: terminal, encoding: 'utf8', timeout: 60_000 });
}

/** Path of a file of these lines. */
export function fileOf(...lines: readonly string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'typed-')), 'script');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
