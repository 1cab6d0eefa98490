/** What can be typed after each command: from the program itself. Pure. */
import type { Argument, Command, Option } from 'commander';
import { kindOf } from '../option-kinds.ts';

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
    path,
    commands,
    flags: [...flags, help],
    argument: argument === undefined ? null : acceptedBy(argument),
  };
  return [level, ...command.commands.flatMap((child) => levelsOf(child, [...path, child.name()]))];
}

/** Null: nothing follows it. */
function acceptedBy(word: Option | Argument): Value | null {
  const kind = kindOf(word);
  if (kind.type === 'flag') return null;
  if (kind.type === 'choice') return kind.choices;
  if (kind.type === 'settings' || kind.type === 'config') return 'file';
  if (kind.type === 'many') return kind.of === 'file' ? 'file' : 'any';
  return kind.type === 'file' || kind.type === 'folder' ? kind.type : 'any';
}
