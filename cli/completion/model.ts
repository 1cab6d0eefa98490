/** What can be typed after each command: from the program itself. Pure. */
import type { Command, Option } from 'commander';

export interface Word {
  /** With its dashes. */
  readonly name: string;
  readonly about: string;
  /** Null: the flag stands alone. */
  readonly value: null | Value;
}

export type Value = 'file' | 'folder' | 'any' | readonly string[];

export interface Level {
  /** Names of commands, from the first on; empty: the program. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly Word[];
  readonly argument: Value | null;
}

export function levelsOf(command: Command, path: readonly string[] = []): Level[] {
  const commands = command.commands.map((child) => ({
    name: child.name(),
    about: child.summary() || child.description(),
  }));
  const flags = command.options.flatMap((option) =>
    option.long ? [{ name: option.long, about: option.description, value: acceptedBy(option) }] : [],
  );
  const help = { name: '--help', about: 'display help for command', value: null };
  const [argument] = command.registeredArguments;
  const level: Level = {
    ...{ path, commands, flags: [...flags, help] },
    argument: argument === undefined ? null : (argument.argChoices ?? kindOf(argument.name())),
  };
  return [level, ...command.commands.flatMap((child) => levelsOf(child, [...path, child.name()]))];
}

function acceptedBy({ required, optional, argChoices, description, flags }: Option): Value | null {
  if (!required && !optional) return null;
  // Where they are told, they end the description: `exchange: bybit, kraken`.
  const [, told] = /: ([\w.-]+(?:, [\w.-]+)+)$/.exec(description) ?? [];
  return argChoices ?? told?.split(', ') ?? kindOf(flags);
}

function kindOf(text: string): Value {
  if (/\bfile\b|=/i.test(text)) return 'file';
  return /\b(dir|path|place)\b/i.test(text) ? 'folder' : 'any';
}
