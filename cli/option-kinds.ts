/** Options that say what their value is: parsing, help, completion and the schema of config files derive from it. */
import { Argument, type Command, Option } from 'commander';
import type { Layer } from './config/layers.ts';
import { type NumberRange, numberOf, oneOf, pathOf, symbolsOf } from './flags.ts';

/** Where a file of settings belongs; `stack`: it has sections of its own, those of stack-config.ts. */
export type SettingsSection = 'signals' | 'desk' | 'macro' | 'assumptions' | 'stack';

export type Kind =
  /** It stands alone. */
  | { readonly type: 'flag' }
  | { readonly type: 'text' | 'file' | 'folder' }
  | ({ readonly type: 'number' } & NumberRange)
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  /** Names separated by commas, in upper case. */
  | { readonly type: 'symbols' }
  /** It may be given several times. */
  | { readonly type: 'many'; readonly of: 'text' | 'file' }
  /** A file of settings that the command reads over all others. */
  | { readonly type: 'settings'; readonly section: SettingsSection }
  /** Config files, of commands that read settings before they run. */
  | { readonly type: 'config' };

/** Of a command that reads a config file. */
export interface ConfigFlags {
  readonly config?: readonly string[];
  /** Of files and environment, the strongest last: put there before the command runs, and no flag. */
  readonly layers?: readonly Layer[];
}

class KindOption extends Option {
  readonly kind: Kind;
  /** Of one call alone, and no setting. */
  isOnce = false;

  constructor(flags: string, description: string, kind: Kind) {
    super(flags, description);
    this.kind = kind;
    const read = readerOf(kind, this.long ?? flags);
    if (read) this.argParser(read);
  }
}

/** What may be typed where a command takes words. */
class KindArgument extends Argument {
  readonly kind: Kind;

  constructor(name: string, description: string, kind: Kind) {
    super(name, description);
    this.kind = kind;
  }
}

export function kindOf(word: Option | Argument): Kind {
  if (word instanceof KindOption || word instanceof KindArgument) return word.kind;
  const isText = word instanceof Argument || word.required || word.optional;
  return { type: isText ? 'text' : 'flag' };
}

/** From a word that was typed; undefined: the word itself. Its result throws ConfigError naming the flag. */
function readerOf(kind: Kind, flag: string): ((word: string, before: unknown) => unknown) | undefined {
  if (kind.type === 'number') return (word) => numberOf(word, flag, kind);
  if (kind.type === 'choice') return (word) => oneOf(word, kind.choices, flag);
  if (kind.type === 'symbols') return (word) => symbolsOf(word, flag);
  if (kind.type === 'file' || kind.type === 'folder') return (word) => pathOf(word, flag);
  if (kind.type !== 'many' && kind.type !== 'config') return undefined;
  return (word, before) => [...((before as readonly string[] | undefined) ?? []), word];
}

/** A number within bounds. */
export function numberOption(
  flags: string,
  description: string,
  range: NumberRange,
  fallback?: number,
): Option {
  return withDefault(new KindOption(flags, description, { type: 'number', ...range }), fallback);
}

/** One of some words. */
export function choiceOption(
  flags: string,
  description: string,
  choices: readonly string[],
  fallback?: string,
): Option {
  return withDefault(new KindOption(flags, description, { type: 'choice', choices }), fallback);
}

export function fileOption(flags: string, description: string): Option {
  return new KindOption(flags, description, { type: 'file' });
}

export function folderOption(flags: string, description: string, fallback?: string): Option {
  return withDefault(new KindOption(flags, description, { type: 'folder' }), fallback);
}

export function symbolsOption(flags: string, description: string): Option {
  return new KindOption(flags, description, { type: 'symbols' });
}

export function listOption(flags: string, description: string, of: 'text' | 'file' = 'text'): Option {
  return new KindOption(flags, `${description}; may be repeated`, { type: 'many', of });
}

export function settingsOption(flags: string, description: string, section: SettingsSection): Option {
  return new KindOption(flags, description, { type: 'settings', section });
}

export function textOption(flags: string, description: string, fallback?: string): Option {
  return withDefault(new KindOption(flags, description, { type: 'text' }), fallback);
}

/** Needed only where it is of one call alone; else `command.option` says the same. */
export function flagOption(flags: string, description: string): Option {
  return new KindOption(flags, description, { type: 'flag' });
}

/** Of one call alone, and no setting of a config file. */
export function once(option: Option): Option {
  if (option instanceof KindOption) option.isOnce = true;
  return option;
}

export function choiceArgument(name: string, description: string, choices: readonly string[]): Argument {
  return new KindArgument(name, description, { type: 'choice', choices });
}

export function pathArgument(name: string, description: string, type: 'file' | 'folder'): Argument {
  return new KindArgument(name, description, { type });
}

function withDefault(option: Option, fallback: unknown): Option {
  return fallback === undefined ? option : option.default(fallback);
}

/** Whether a config file may have it in the flag's stead. */
export function isSettable(option: Option): boolean {
  if (option.attributeName() === 'json' || (option instanceof KindOption && option.isOnce)) return false;
  const { type } = kindOf(option);
  return type !== 'settings' && type !== 'config';
}

/** For help and documents: what it is for, and what it may be. */
export function meaningOf(word: Option | Argument): string {
  const kind = kindOf(word);
  if (kind.type === 'choice') return `${word.description}: ${kind.choices.join(', ')}`;
  if (kind.type !== 'number' || kind.max > MOST_TOLD) return word.description;
  return `${word.description} (${kind.min} to ${kind.max})`;
}

/** Bounds that few people come near are not worth a word. */
const MOST_TOLD = 1_000;

/** Makes a command read settings before it runs. */
export function addConfigOption(command: Command): Command {
  return command.addOption(configOption('config'));
}

/** Of files that hold settings. @param type `config`: they are read before the command runs. */
export function configOption(type: 'config' | 'many' = 'many'): Option {
  const about = 'JSON with settings (cst config); may be repeated, - is stdin';
  return new KindOption('--config <file>', about, type === 'config' ? { type } : { type, of: 'file' });
}

/** Commands that read a config file, whatever group they are in. */
export function configured(program: Command): Command[] {
  return program.commands.flatMap((command) => [
    ...(command.options.some((option) => kindOf(option).type === 'config') ? [command] : []),
    ...configured(command),
  ]);
}

/** Words that call it, without the program's: `deploy dataflow`. */
export function verbOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${verbOf(parent)} ${command.name()}` : command.name();
}
