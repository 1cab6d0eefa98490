/** `cst help`: the same as --help, of a command that there is. */
import type { Command } from 'commander';
import { ConfigError } from '../../schemas/errors.ts';
import { didYouMean } from '../did-you-mean.ts';

const HELP = `
Examples:
  cst help
  cst help config show
`;

export function addHelp(program: Command): void {
  // Commander's own shows all commands, and ends well, where there is none of that name.
  program.helpCommand(false);
  program
    .command('help')
    .summary('the same as --help')
    .description('Shows what a command does, its flags and examples.')
    .argument('[command...]', 'e.g. start, or config show')
    .addHelpText('after', HELP)
    .action((words: readonly string[]) => commandOf(program, words).help());
}

/** @throws ConfigError with what was meant. */
function commandOf(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const found = command.commands.find((child) => child.name() === word);
    if (found) return found;
    const names = command.commands.map((child) => child.name());
    const near = didYouMean(word, names) || ' cst help lists them.';
    throw new ConfigError(`Expected a command, got "${words.join(' ')}".${near}`);
  }, program);
}
