/** A command as somebody would type it: the settings that its flags are. */
import type { Command, Option } from 'commander';
import { ConfigError } from '../../schemas/errors.ts';
import { didYouMean } from '../did-you-mean.ts';
import { type ConfigFlags, configured, kindOf, verbOf } from '../option-kinds.ts';
import { settableBy } from './apply.ts';
import { settingsLayer } from './files.ts';
import type { Layer } from './layers.ts';

export interface Typed {
  readonly verb: string;
  /** Config files that it names. */
  readonly config: readonly string[] | undefined;
  /** Of files that it names, and of its flags. */
  readonly layers: readonly Layer[];
}

/** @throws ConfigError where it is no command that reads settings, or has a flag that is none. */
export function typedCommand(program: Command, words: readonly string[]): Typed {
  const command = commandOf(program, words);
  const verb = verbOf(command);
  const { operands, unknown } = command.parseOptions(words.slice(verb.split(' ').length));
  const surplus = command.registeredArguments.length === 0 ? operands[0] : undefined;
  const wrong = unknown[0] ?? surplus;
  if (wrong !== undefined) throw new ConfigError(`Expected flags of cst ${verb}, got "${wrong}".`);
  const layers = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .flatMap((option) => layersOfFlag(command, option));
  return { verb, config: command.opts<ConfigFlags>().config, layers };
}

function commandOf(program: Command, words: readonly string[]): Command {
  const commands = configured(program);
  const found = commands.find((each) =>
    verbOf(each)
      .split(' ')
      .every((word, i) => words[i] === word),
  );
  if (found) return found;
  const known = commands.map(verbOf);
  const near = didYouMean(words[0] ?? '', known) || ` Known: ${known.join(', ')}.`;
  throw new ConfigError(`Expected a command that reads settings, got "${words[0]}".${near}`);
}

function layersOfFlag(command: Command, option: Option): Layer[] {
  const value: unknown = command.getOptionValue(option.attributeName());
  const origin = option.long ?? option.flags;
  const kind = kindOf(option);
  if (kind.type === 'config') return [];
  if (kind.type === 'settings') return settingsLayer(String(value), kind.section);
  const { own, dashboard } = settableBy(command);
  const settable = [...own, ...dashboard].find((each) => each.option === option);
  if (settable === undefined)
    throw new ConfigError(`Expected flags that are settings, got ${origin}. Leave it out.`);
  const [section = '', key = ''] = settable.path;
  return [{ origin, values: { [section]: { [key]: value } } }];
}
