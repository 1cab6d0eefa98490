/** Kinds of options that several commands have. */
import { type Command, Option } from 'commander';
import type { Layer } from './config/layers.ts';

/** Of a command that reads a config file. */
export interface ConfigFlags {
  readonly config?: readonly string[];
  /** Of files and environment, the strongest last: put there before the command runs, and no flag. */
  readonly layers?: readonly Layer[];
}

/** One that may be given several times. */
export function listOption(flags: string, description: string): Option {
  const add = (word: string, words: readonly string[] | undefined) => [...(words ?? []), word];
  return new Option(flags, description).argParser<readonly string[] | undefined>(add);
}

/** One of some words, for help and completion; what reads the flag says what was meant by another. */
export function choiceOption(
  flags: string,
  description: string,
  choices: readonly string[],
  fallback?: string,
): Option {
  const option = new Option(flags, description);
  option.argChoices = [...choices];
  return fallback === undefined ? option : option.default(fallback);
}

/** Makes a command read settings before it runs. */
export function addConfigOption(command: Command): Command {
  return command.addOption(
    listOption('--config <file>', 'JSON with settings (cst config); may be repeated, - is stdin'),
  );
}

/** Commands that read a config file. */
export function configured(program: Command): Command[] {
  return program.commands.filter((command) => command.options.some(readsSettings));
}

/** `cst cost` has a flag of that name, too: a file of Pulumi's. */
function readsSettings({ long, parseArg }: Option): boolean {
  return long === '--config' && parseArg !== undefined;
}
